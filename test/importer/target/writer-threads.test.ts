// Threads shared by many disks: what goes wrong with one of them, or is given up, is nothing to the others.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import type { Placed } from "../../../provider/importer/contract.js";
import { createRawFile, type RawFile } from "../../../provider/importer/target/raw-file.js";
import { makeDisk } from "../../images/disk.js";
import { Workspace } from "../workspace.js";

const cluster = 65_536;

describe("the threads that write disks", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    const pathOf = (index: number): string => join(space.path, `disk-${index}`);
    const diskOf = (index: number): Buffer => makeDisk(60 * cluster, { seed: 100 + index });

    /** Writes the clusters of a disk, every other one compressed, from one to another. */
    async function write(target: RawFile, disk: Uint8Array, from: number, to: number): Promise<void> {
        for (let index = from; index < to; index += 1) {
            const part = disk.subarray(index * cluster, (index + 1) * cluster);
            const encoding: Placed["encoding"] = index % 2 === 0 ? "zlib" : "plain";
            const bytes = encoding === "zlib" ? deflateRawSync(part) : part;
            const buffer = await target.buffer(bytes.length);
            buffer.set(bytes);
            const guest = { guestOffset: index * cluster, guestLength: cluster, decodedLength: cluster };
            await target.place(buffer, [{ at: 0, sourceLength: bytes.length, encoding, ...guest }]);
        }
    }

    it("keep the disks apart, also where one cannot be decoded and one is given up", async () => {
        for (let round = 0; round < 3; round += 1) {
            const targets = await Promise.all(
                Array.from({ length: 8 }, (_, index) => createRawFile(pathOf(index), { keepZeros: false })),
            );
            const ends = await Promise.allSettled(
                targets.map(async (target, index) => {
                    const disk = diskOf(index);
                    await write(target, disk, 0, 40);
                    if (index === 3) {
                        await target.abort();
                        return;
                    }
                    if (index === 5) {
                        const buffer = await target.buffer(cluster);
                        buffer.fill(0xff);
                        const lengths = { sourceLength: 100, guestLength: cluster, decodedLength: cluster };
                        await target.place(buffer, [{ at: 0, guestOffset: 0, encoding: "zlib", ...lengths }]);
                    }
                    await write(target, disk, 40, 60);
                    await target.finish(disk.length);
                }),
            );
            for (const [index, end] of ends.entries()) {
                if (index === 5) {
                    assert.equal(end.status, "rejected");
                    assert.match(String(end.reason), /cannot decompress the cluster at guest offset 0/);
                    await targets[index]?.abort();
                    assert.ok(!existsSync(pathOf(index)));
                    continue;
                }
                assert.equal(end.status, "fulfilled", end.status === "rejected" ? String(end.reason) : "");
                if (index === 3) assert.ok(!existsSync(pathOf(index)));
                else assert.ok(readFileSync(pathOf(index)).equals(diskOf(index)), `disk ${index} of round ${round}`);
            }
            // The threads end with the last disk, and begin again with the next.
            space.remove();
            space = new Workspace();
        }
    });
});
