// A layer as it is read: no faster than its reader, closed when its reader leaves, and the same each time.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { findDisk } from "../../../../provider/importer/sources/registry/find-disk.js";
import type { Beginnings } from "../../../../provider/importer/sources/registry/layer.js";
import type { ImageStore } from "../../../../provider/importer/sources/registry/store.js";
import { makeBlob } from "../../../images/containerdisk.js";
import { makeDisk } from "../../../images/disk.js";
import { makeTar } from "../../../images/tar.js";

const mebibyte = 2 ** 20;

/** Lets everything happen that can happen while nobody asks for more. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100));

describe("a layer", () => {
    const disk = makeDisk(24 * mebibyte, { seed: 95, unit: 200_000 });
    const archive = makeTar([{ path: "disk/disk.img", bytes: disk }]);
    const { signal } = new AbortController();

    /** A store of one layer that gives other bytes each time it is asked, and what became of them. */
    function storeOf(...givings: readonly Buffer[]) {
        const seen = { taken: 0, ended: 0 };
        const layer = makeBlob("any", givings[0] ?? Buffer.alloc(0));
        let asked = 0;
        const store: ImageStore = {
            name: "the-image",
            manifest: () => Promise.reject(new Error("nobody asks for that")),
            blob: async () => {
                const bytes = givings[Math.min(asked++, givings.length - 1)] ?? Buffer.alloc(0);
                return (async function* () {
                    try {
                        for (let at = 0; at < bytes.length; at += 65_536) {
                            const chunk = bytes.subarray(at, at + 65_536);
                            seen.taken += chunk.length;
                            yield chunk;
                            await Promise.resolve();
                        }
                    } finally {
                        seen.ended += 1;
                    }
                })();
            },
        };
        const descriptor = { ...layer, size: layer.bytes.length };
        const beginnings: Beginnings = new Map();
        const open = async () => (await findDisk(store, [descriptor], beginnings, signal)).bytes;
        const read = async (atMost: number): Promise<number> => {
            let count = 0;
            for await (const chunk of await open()) {
                count += chunk.length;
                if (count >= atMost) break;
            }
            return count;
        };
        return { seen, open, read };
    }

    it("is taken no faster than its reader wants, and closed when the reader leaves", async () => {
        for (const bytes of [archive, gzipSync(archive, { level: 1 })]) {
            const { seen, open } = storeOf(bytes);
            const iterator = (await open())[Symbol.asyncIterator]();
            await iterator.next();
            await pause();
            assert.ok(seen.taken <= 2 * mebibyte, `${seen.taken} bytes were taken for one chunk`);
            await iterator.return?.();
            while (seen.ended === 0) await pause();
        }
    });

    it("may be read again, whether it was read to its end before or not", async () => {
        const { read } = storeOf(archive);
        for (const atMost of [mebibyte, 5 * mebibyte, mebibyte, Infinity, Infinity]) {
            assert.ok((await read(atMost)) >= Math.min(atMost, disk.length));
        }
    });

    it("must begin the same when it is read again: tables and data come out of one image, or none", async () => {
        const other = Buffer.from(archive);
        other[700_000] = (other[700_000] ?? 0) ^ 1;
        for (const pack of [(bytes: Buffer) => bytes, (bytes: Buffer) => gzipSync(bytes, { level: 1 })]) {
            // First a layer of the registry's invention, of which the beginning alone is read; then the one that the manifest names.
            const { read } = storeOf(pack(archive), pack(other), pack(archive));
            await read(mebibyte);
            await assert.rejects(read(Infinity), { code: "inconsistent-source" });
        }
        const { read } = storeOf(archive, other);
        await read(1);
        await assert.rejects(read(Infinity), { code: "checksum-mismatch" });
    });
});
