// A qcow2 inside a compression is written in the one pass that finds its tables, where each lies before the data that it maps.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Feed } from "../../provider/importer/feed.js";
import type { Piece, PieceRun } from "../../provider/importer/contract.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";
import { Workspace, sha256 } from "./workspace.js";

/** More than is kept of a beginning, in many tables: 2 MiB of the disk each, with clusters of 4 KiB. */
const disk = makeDisk(40 << 20, { seed: 81 });
for (let at = 0, random = seededRandom(9); at < disk.length; at += 1) if ((at >> 14) % 3 === 0) disk[at] = random();

describe("an image in a compression", () => {
    let server: ImageServer;
    let space: Workspace;
    let counted = 0;
    beforeEach(async () => {
        server = await startImageServer();
        counted = 0;
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });
    const passes = async (bytes: Uint8Array): Promise<number> => {
        const url = server.serve("/image.gz", { bytes: gzipSync(bytes, { level: 1 }), etag: '"one"', ranges: false });
        const imported = await space.import({ source: { kind: "http", url } });
        assert.equal(sha256(space.target), sha256(disk));
        assert.equal(imported.virtualSize, disk.length);
        const before = counted;
        counted = server.count("GET", "/image.gz");
        return counted - before;
    };

    for (const options of ["cluster_size=4096", "cluster_size=4096,compression_type=zstd", "cluster_size=65536"]) {
        for (const compressed of [true, false]) {
            it(`comes in one pass as qemu-img writes it: ${options}${compressed ? ", compressed" : ""}`, async function () {
                const qemuImg = requireTool(this, "qemu-img");
                const [raw, image] = [space.write("raw", disk), join(space.path, "image.qcow2")];
                const how = compressed ? ["-c"] : [];
                execFileSync(qemuImg, ["convert", "-O", "qcow2", ...how, "-o", options, raw, image]);
                assert.equal(await passes(readFileSync(image)), 1);
            });
        }
    }

    it("comes in one pass where qemu-img fills up an old cluster, far before the table that names what it put there", async function () {
        const qemuImg = requireTool(this, "qemu-img");
        // Text, then 24 MiB that no compression helps, then text again: under another table, in the cluster of the first.
        const sparse = Buffer.alloc(530 << 20);
        sparse.fill("what compresses well; ", 0, 100_000);
        const random = seededRandom(5);
        for (let at = 1 << 20; at < 25 << 20; at += 4) sparse.writeUInt32LE(random(), at);
        sparse.fill("and what else does; ", 520 << 20, (520 << 20) + 100_000);
        const [raw, image] = [space.write("raw", sparse), join(space.path, "image.qcow2")];
        execFileSync(qemuImg, ["convert", "-c", "-m", "1", "-O", "qcow2", raw, image]);
        const url = server.serve("/image.gz", { bytes: gzipSync(readFileSync(image), { level: 1 }), ranges: false });
        await space.import({ source: { kind: "http", url } });
        assert.equal(sha256(space.target), sha256(sparse));
        assert.equal(server.count("GET", "/image.gz"), 1);
    });

    it("comes in two passes where a table lies behind its data, and is the same [C5]", async () => {
        assert.equal(await passes(makeQcow2(disk, { clusterBits: 12, lateTables: true })), 2);
    });

    it("leaves nothing where a later table is damaged, although its data was written already", async () => {
        const spoil = (image: Buffer, { l1Offset }: { l1Offset: number }): Buffer => {
            const last = Number(image.readBigUInt64BE(l1Offset + 19 * 8) & 0x00fffffffffffe00n);
            image.writeBigUInt64BE((1n << 63n) | BigInt(image.length + (1 << 30)), last + 8);
            return image;
        };
        const bytes = gzipSync(makeQcow2(disk, { clusterBits: 12, spoil }), { level: 1 });
        const url = server.serve("/bad.gz", { bytes, etag: '"two"' });
        const error = await space.refused({ source: { kind: "http", url } });
        assert.ok(["corrupt-image", "truncated"].includes(error.code), error.message);
    });
});

describe("a feed of pieces", () => {
    it("gives them by source offset, from however many runs, also from those that come late", () => {
        const random = seededRandom(3);
        const runOf = (from: number): PieceRun => {
            const offsets = Array.from({ length: random() % 50 }, () => from + (random() % 10_000)).sort(
                (a, b) => a - b,
            );
            return {
                length: offsets.length,
                sourceOffset: (index) => offsets[index] ?? 0,
                piece: (index) => ({ sourceOffset: offsets[index] ?? 0 }) as Piece,
            };
        };
        const feed = new Feed();
        let [expected, given] = [0, 0];
        let last = 0;
        for (let round = 0; round < 200; round += 1) {
            const run = runOf(last);
            expected += run.length;
            feed.learn(run);
            for (let count = random() % 30; count > 0 && feed.peek() !== undefined; count -= 1) {
                const offset = feed.peek()?.sourceOffset ?? 0;
                assert.ok(offset >= last);
                last = offset;
                feed.take();
                given += 1;
            }
        }
        while (feed.peek() !== undefined) {
            feed.take();
            given += 1;
        }
        assert.equal(given, expected);
    });
});
