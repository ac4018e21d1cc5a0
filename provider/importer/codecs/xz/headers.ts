// The container around LZMA2 (The .xz File Format, version 1.2): headers, index and footer, each with a sum of its own.
import { crc32 } from "node:zlib";
import { Damaged } from "./lzma.js";

/** The first bytes of a stream. */
export const magic: readonly number[] = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
/** A stream's header, and its footer. */
export const streamHeaderBytes = 12;

/** What a block says of itself before its data. */
export interface BlockHeader {
    readonly compressedSize: number | undefined;
    readonly size: number | undefined;
    readonly dictionarySize: number;
}

/** A block, as the index repeats it. */
export interface BlockRecord {
    /** Header, data and check, without padding. */
    readonly unpaddedSize: number;
    readonly size: number;
}

/** What the format allows and this reader does not know; the message says what. */
export class Unsupported extends Error {}

/** The id of the check that every block of the stream ends with. */
export function readStreamHeader(bytes: Uint8Array): number {
    if (!magic.every((byte, index) => bytes[index] === byte)) throw new Damaged("a stream of it does not begin as one");
    requireSum(bytes.subarray(6, 8), bytes.subarray(8, 12), "the header of a stream");
    return readFlags(bytes[6], bytes[7]);
}

/** Checks a footer against the header's check id and the index before it. */
export function checkStreamFooter(bytes: Uint8Array, check: number, indexBytes: number): void {
    if (bytes[10] !== 0x59 || bytes[11] !== 0x5a) throw new Damaged("a stream of it does not end as one");
    requireSum(bytes.subarray(4, 10), bytes.subarray(0, 4), "the footer of a stream");
    if (readFlags(bytes[8], bytes[9]) !== check) throw new Damaged("a stream of it ends as another one");
    const backward = (view(bytes).getUint32(4, true) + 1) * 4;
    if (backward !== indexBytes) throw new Damaged("its index has another size than its footer says");
}

function readFlags(first: number | undefined, second: number | undefined): number {
    if (first !== 0 || (second ?? 0) > 15) throw new Unsupported("its stream has flags that are not known");
    return second ?? 0;
}

/** Reads a block's header, its size byte and its sum included. */
export function readBlockHeader(bytes: Uint8Array): BlockHeader {
    const end = bytes.length - 4;
    requireSum(bytes.subarray(0, end), bytes.subarray(end), "the header of a block");
    const flags = bytes[1] ?? 0;
    if ((flags & 0x3c) !== 0) throw new Unsupported("a block of it has flags that are not known");
    const reader = new Numbers(bytes.subarray(0, end), 2);
    const compressedSize = (flags & 0x40) === 0 ? undefined : reader.next();
    const size = (flags & 0x80) === 0 ? undefined : reader.next();
    let dictionarySize = 0;
    for (let left = (flags & 3) + 1; left > 0; left -= 1) {
        const filter = reader.next();
        const properties = reader.bytes(reader.next());
        if (filter !== 0x21 || left > 1) {
            throw new Unsupported(`it was compressed with a filter (0x${filter.toString(16)}) beside LZMA2`);
        }
        dictionarySize = dictionaryOf(properties);
    }
    reader.requireZeros();
    return { compressedSize, size, dictionarySize };
}

/** One byte stands for 4 KiB up to 4 GiB. */
function dictionaryOf(properties: Uint8Array): number {
    const [bits = 0xff] = properties;
    if (properties.length !== 1 || bits > 40) throw new Damaged("a block of it asks for a dictionary that cannot be");
    return bits === 40 ? 2 ** 32 - 1 : (2 | (bits & 1)) * 2 ** ((bits >> 1) + 11);
}

/** Numbers of seven bits a byte, the lowest first, as headers and index hold them. */
export class Numbers {
    readonly #bytes: Uint8Array;
    at: number;

    constructor(bytes: Uint8Array, at: number) {
        this.#bytes = bytes;
        this.at = at;
    }

    next(): number {
        let value = 0;
        for (let count = 0; count < 9; count += 1) {
            const byte = this.#bytes[this.at++];
            if (byte === undefined) break;
            value += (byte & 0x7f) * 2 ** (7 * count);
            if ((byte & 0x80) !== 0) continue;
            if ((byte === 0 && count > 0) || !Number.isSafeInteger(value)) break;
            return value;
        }
        throw new Damaged("a number in its headers cannot be");
    }

    bytes(length: number): Uint8Array {
        if (this.at + length > this.#bytes.length) throw new Damaged("a header of it is cut off");
        return this.#bytes.subarray(this.at, (this.at += length));
    }

    requireZeros(): void {
        if (this.#bytes.subarray(this.at).some((byte) => byte !== 0)) throw new Damaged("its padding is no padding");
    }
}

/** Throws where a CRC32 (four bytes, the lowest first) is not that of the bytes. */
export function requireSum(bytes: Uint8Array, sum: Uint8Array, what: string): void {
    if (crc32(bytes) !== view(sum).getUint32(0, true)) throw new Damaged(`${what} has a wrong sum`);
}

function view(bytes: Uint8Array): DataView {
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
