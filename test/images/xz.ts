// Writes xz files for tests, from the format's specification alone: chunks of bytes as they are, and every kind of check.
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

/** What a file should look like. */
export interface XzOptions {
    /** The id of the check: 0 none, 1 CRC32, 4 CRC64, 10 SHA-256. */
    readonly check?: number;
    /** Bytes in a block; each block says its sizes. */
    readonly blockBytes?: number;
    /** What stands for the bytes of a block, in place of chunks of bytes as they are. */
    readonly lzma2?: (bytes: Uint8Array) => Buffer;
    /** Added to the size that each block says of itself. */
    readonly lie?: number;
    /** The byte for the dictionary's size. */
    readonly dictionary?: number;
    /** The filter that blocks name; 0x21 is LZMA2. */
    readonly filter?: number;
}

const streamMagic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]);

/** One stream. */
export function makeXz(bytes: Uint8Array, options: XzOptions = {}): Buffer {
    const { check = 4, blockBytes = Infinity } = options;
    const flags = Buffer.of(0, check);
    const blocks: { block: Buffer; unpadded: number; size: number }[] = [];
    for (let at = 0; at < bytes.length; at += blockBytes) {
        blocks.push(makeBlock(bytes.subarray(at, Math.min(bytes.length, at + blockBytes)), check, options));
    }
    const records = blocks.flatMap(({ unpadded, size }) => [...number(unpadded), ...number(size)]);
    const index = padded(Buffer.from([0, ...number(blocks.length), ...records]));
    const wholeIndex = Buffer.concat([index, sum(index)]);
    const backward = Buffer.alloc(4);
    backward.writeUInt32LE(wholeIndex.length / 4 - 1);
    const footer = Buffer.concat([backward, flags]);
    return Buffer.concat([
        streamMagic,
        flags,
        sum(flags),
        ...blocks.map(({ block }) => block),
        wholeIndex,
        sum(footer),
        footer,
        Buffer.from("YZ"),
    ]);
}

function makeBlock(
    bytes: Uint8Array,
    check: number,
    { dictionary = 8, filter = 0x21, lie = 0, lzma2: pack = lzma2 }: XzOptions,
): { block: Buffer; unpadded: number; size: number } {
    const data = pack(bytes);
    const fields = [0, 0xc0, ...number(data.length), ...number(bytes.length + lie), ...number(filter), 1, dictionary];
    const padding = (4 - ((fields.length + 4) % 4)) % 4;
    const header = Buffer.concat([Buffer.from(fields), Buffer.alloc(padding)]);
    header[0] = (header.length + 4) / 4 - 1;
    const wholeHeader = Buffer.concat([header, sum(header)]);
    const digest = checkOf(bytes, check);
    const block = Buffer.concat([wholeHeader, padded(data), digest]);
    return { block, unpadded: wholeHeader.length + data.length + digest.length, size: bytes.length };
}

/** Chunks of at most 64 KiB, the first of which begins a new dictionary. */
function lzma2(bytes: Uint8Array): Buffer {
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += 65536) {
        const chunk = bytes.subarray(at, at + 65536);
        chunks.push(Buffer.of(at === 0 ? 1 : 2, (chunk.length - 1) >> 8, (chunk.length - 1) & 0xff), chunk);
    }
    return Buffer.concat([...chunks, Buffer.of(0)]);
}

function checkOf(bytes: Uint8Array, check: number): Buffer {
    if (check === 0) return Buffer.alloc(0);
    if (check === 1) return sum(bytes);
    if (check === 10) return createHash("sha256").update(bytes).digest();
    if (check !== 4) return Buffer.alloc([0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64][check] ?? 0);
    let value = 0xffffffffffffffffn;
    for (const byte of bytes) {
        value ^= BigInt(byte);
        for (let bit = 0; bit < 8; bit += 1) {
            value = (value & 1n) === 1n ? (value >> 1n) ^ 0xc96c5795d7870f42n : value >> 1n;
        }
    }
    const digest = Buffer.alloc(8);
    digest.writeBigUInt64LE(value ^ 0xffffffffffffffffn);
    return digest;
}

function number(value: number): number[] {
    const bytes: number[] = [];
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
    return [...bytes, left];
}

function padded(bytes: Buffer): Buffer {
    return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function sum(bytes: Uint8Array): Buffer {
    const digest = Buffer.alloc(4);
    digest.writeUInt32LE(crc32(bytes));
    return digest;
}
