// The conformance suite of targets: every target's test calls it.
import assert from "node:assert/strict";
import { deflateRawSync, zstdCompressSync } from "node:zlib";
import type { Placed, Target } from "../../../provider/importer/contract.js";
import { makeDisk } from "../../images/disk.js";

/** What a target's test brings. */
export interface TargetStage {
    readonly target: Target;
    /** The bytes that the finished target holds. */
    readonly read: () => Buffer;
    /** Whether anything is there. */
    readonly exists: () => boolean;
}

const cluster = 65_536;

/** Runs the suite. */
export function describeTarget(name: string, open: () => Promise<TargetStage>): void {
    describe(`target ${name}`, () => {
        const disk = makeDisk(6_000_000, { seed: 71 });

        /** Writes parts of the disk in the order given, each encoded in its own way. */
        async function write(
            target: Target,
            order: readonly number[],
            encodings: readonly Placed["encoding"][],
        ): Promise<void> {
            for (const index of order) {
                const guestOffset = index * cluster;
                const part = disk.subarray(guestOffset, guestOffset + cluster);
                const whole = Buffer.concat([part, Buffer.alloc(cluster - part.length)]);
                const encoding = encodings[index % encodings.length] ?? "plain";
                const bytes =
                    encoding === "plain" ? part : encoding === "zlib" ? deflateRawSync(whole) : zstdCompressSync(whole);
                const buffer = await target.buffer(bytes.length + 100);
                buffer.set(bytes, 100);
                const decodedLength = encoding === "plain" ? part.length : cluster;
                const placed = {
                    at: 100,
                    sourceLength: bytes.length,
                    guestOffset,
                    guestLength: part.length,
                    decodedLength,
                    encoding,
                };
                await target.place(buffer, [placed]);
            }
        }
        const forward = Array.from({ length: Math.ceil(disk.length / cluster) }, (_, index) => index);

        it("holds what was written, in whatever order, grown to its size", async () => {
            for (const order of [forward, [...forward].reverse()]) {
                const { target, read } = await open();
                await write(target, order, ["plain", "zlib", "zstd"]);
                await target.finish(disk.length + 5000);
                assert.ok(read().equals(Buffer.concat([disk, Buffer.alloc(5000)])));
            }
        });

        it("reads as zeros where nothing was written", async () => {
            const { target, read } = await open();
            await target.finish(100_000);
            assert.ok(read().equals(Buffer.alloc(100_000)));
        });

        it("reports what cannot be decoded, at the end at the latest, and leaves nothing when it is given up", async () => {
            const { target, exists } = await open();
            const wrong = async (): Promise<void> => {
                await write(target, forward, ["plain"]);
                const buffer = await target.buffer(100);
                buffer.fill(0xff);
                const piece = {
                    at: 0,
                    sourceLength: 100,
                    guestOffset: 0,
                    guestLength: cluster,
                    decodedLength: cluster,
                };
                await target.place(buffer, [{ ...piece, encoding: "zlib" }]);
                await target.finish(disk.length);
            };
            await assert.rejects(wrong(), { code: "corrupt-image" });
            await target.abort();
            assert.equal(exists(), false);
        });

        it("refuses more and fewer bytes than a piece should have: neither a bomb nor a gap", async () => {
            for (const length of [cluster + 1, cluster - 1, 40 * cluster]) {
                const { target } = await open();
                const bytes = deflateRawSync(Buffer.alloc(length, 1));
                const buffer = await target.buffer(bytes.length);
                buffer.set(bytes);
                const piece = {
                    at: 0,
                    sourceLength: bytes.length,
                    guestOffset: 0,
                    guestLength: cluster,
                    decodedLength: cluster,
                };
                const placing = async (): Promise<void> => {
                    await target.place(buffer, [{ ...piece, encoding: "zlib" }]);
                    await target.finish(cluster);
                };
                await assert.rejects(placing(), { code: "corrupt-image" }, `${length} bytes`);
                await target.abort();
            }
        });

        it("can be given up at any time", async () => {
            const { target, exists } = await open();
            await write(target, forward, ["zlib"]);
            await target.abort();
            assert.equal(exists(), false);
        });
    });
}
