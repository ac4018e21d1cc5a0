// The checks that an xz block may end with: none, CRC32, CRC64 or SHA-256.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Lzma } from "./lzma.js";

/** A check being computed. */
export interface Check {
    /** Bytes that it takes in the file. */
    readonly length: number;
    update(bytes: Uint8Array): void;
    digest(): Uint8Array;
}

/** A check of what lies in a decoder's window, by its id; undefined where the format gives the id no meaning. */
export function makeCheck(id: number, lzma: Lzma): Check | undefined {
    switch (id) {
        case 0:
            return { length: 0, update: () => undefined, digest: () => new Uint8Array(0) };
        case 1:
            return crc32Check();
        case 4:
            return crc64Check(lzma);
        case 10: {
            const hash = createHash("sha256");
            return { length: 32, update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
        }
        default:
            return undefined;
    }
}

function crc32Check(): Check {
    let sum = 0;
    return {
        length: 4,
        update: (bytes) => {
            sum = crc32(bytes, sum);
        },
        digest: () => {
            const bytes = Buffer.alloc(4);
            bytes.writeUInt32LE(sum);
            return bytes;
        },
    };
}

function crc64Check(lzma: Lzma): Check {
    lzma.beginSum();
    return {
        length: 8,
        update: (bytes) => {
            lzma.addToSum(bytes);
        },
        digest: () => lzma.endSum(),
    };
}
