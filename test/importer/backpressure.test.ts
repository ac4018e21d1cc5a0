// What holds a fast source back: the bytes in flight between source and disk are bounded, however slow the disk is. Counted,
// not measured: the memory of a process depends on when its garbage is collected, this does not.
import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { gzip } from "../../provider/importer/codecs/gzip.js";
import type { Bytes, Layout, Target } from "../../provider/importer/contract.js";
import { createRawFile } from "../../provider/importer/target/raw-file.js";
import { transfer } from "../../provider/importer/transfer.js";
import { makeDisk } from "../images/disk.js";
import { Workspace } from "./workspace.js";

const mebibyte = 2 ** 20;
const whole = Infinity;
const piece = { sourceOffset: 0, sourceLength: whole, guestOffset: 0, guestLength: whole, decodedLength: whole };
const raw: Layout = { virtualSize: undefined, pieces: [{ ...piece, encoding: "plain" }], allocated: undefined };

/** Lets everything happen that can happen while nobody comes to help. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("bytes in flight", () => {
    /** An endless stream of gzip members, and the bytes that were taken from it. */
    function endless(): { bytes: Bytes; taken: () => number } {
        const member = gzipSync(makeDisk(8 * mebibyte, { unit: 100_000 }), { level: 1 });
        let taken = 0;
        async function* bytes(): Bytes {
            for (;;) {
                for (let at = 0; at < member.length; at += 65_536) {
                    await Promise.resolve();
                    const chunk = member.subarray(at, at + 65_536);
                    taken += chunk.length;
                    yield chunk;
                }
            }
        }
        return { bytes: bytes(), taken: () => taken };
    }

    it("are bounded behind a target that stands still: source and codec stand still with it", async () => {
        const source = endless();
        let decoded = 0;
        async function* counted(): Bytes {
            for await (const chunk of gzip.decode(source.bytes, "endless")) {
                decoded += chunk.length;
                yield chunk;
            }
        }
        let given = 0;
        let release = (): void => undefined;
        const stands = new Promise<never>((_, reject) => {
            release = () => {
                reject(new Error("given up"));
            };
        });
        const target: Target = {
            buffer: (minimum) => (given++ < 3 ? Promise.resolve(new Uint8Array(Math.max(minimum, mebibyte))) : stands),
            place: () => Promise.resolve(),
            finish: () => Promise.resolve(),
            abort: () => Promise.resolve(),
        };
        const moving = transfer(counted(), raw, target, { name: "endless", room: undefined, limit: Infinity });
        moving.catch(() => undefined);
        while (given < 4) await pause();
        await pause();
        assert.ok(decoded <= 4 * mebibyte, `${decoded} bytes were decoded for three buffers of 1 MiB`);
        assert.ok(source.taken() <= 4 * mebibyte, `${source.taken()} bytes were taken`);
        release();
        await assert.rejects(moving, /given up/);
    });

    it("are bounded in the raw file: it has so many buffers and no more, and takes each back when it is written", async () => {
        const space = new Workspace();
        const target = await createRawFile(join(space.path, "disk"), { keepZeros: true });
        try {
            const most = 2 * Math.min(availableParallelism(), 4) + 1;
            const held: Uint8Array[] = [];
            for (let index = 0; index < most; index += 1) held.push(await target.buffer(1));
            assert.equal(
                held.reduce((sum, one) => sum + one.length, 0),
                most * mebibyte,
            );
            let more = 0;
            const waiting = target.buffer(1).then(() => (more += 1));
            await pause();
            assert.equal(more, 0);
            const [first] = held;
            assert.ok(first !== undefined);
            const lengths = { sourceLength: 1, guestLength: 1, decodedLength: 1 };
            await target.place(first, [{ at: 0, guestOffset: 0, encoding: "plain", ...lengths }]);
            await waiting;
            assert.equal(more, 1);
        } finally {
            await target.abort();
            space.remove();
        }
    });
});
