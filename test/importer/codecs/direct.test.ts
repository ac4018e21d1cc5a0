// Decompressing within the thread: others still have their turn, and what comes out is lent, not copied.
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { gzip } from "../../../provider/importer/codecs/gzip.js";
import { zstd } from "../../../provider/importer/codecs/zstd.js";
import type { Bytes, Codec } from "../../../provider/importer/contract.js";
import { giveBack, keep, lentMemory } from "../../../provider/importer/lent.js";
import { makeDisk } from "../../images/disk.js";

const ways: readonly { readonly codec: Codec; readonly encode: (bytes: Uint8Array) => Buffer }[] = [
    { codec: gzip, encode: (bytes) => gzipSync(bytes) },
    { codec: zstd, encode: (bytes) => zstdCompressSync(bytes) },
];

describe("decompressing within the thread", () => {
    for (const { codec, encode } of ways) {
        it(`lets timers and signals have their turn, however much comes out of one chunk (${codec.name})`, async () => {
            const encoded = encode(Buffer.alloc(64 * 2 ** 20));
            let turns = 0;
            let next = setImmediate(function turn() {
                turns += 1;
                next = setImmediate(turn);
            });
            let length = 0;
            try {
                for await (const chunk of codec.decode(once(encoded), "the-image")) length += chunk.length;
            } finally {
                clearImmediate(next);
            }
            assert.equal(length, 64 * 2 ** 20);
            // One per 8 MiB; a few are a matter of when the first one was.
            assert.ok(turns >= 4, `${turns} turns`);
        });

        it(`gives memory that is lent, so that who keeps a chunk need not copy it (${codec.name})`, async () => {
            const disk = makeDisk(3_000_000, { seed: 5 });
            const kept: Uint8Array[] = [];
            for await (const chunk of codec.decode(once(encode(disk)), "the-image")) {
                assert.notEqual(lentMemory(chunk), undefined);
                kept.push(keep(chunk));
            }
            assert.ok(Buffer.concat(kept).equals(disk), "what is kept stays as it was");
            kept.forEach(giveBack);
        });
    }
});

async function* once(bytes: Uint8Array): Bytes {
    await Promise.resolve();
    yield bytes;
}
