// Decodes pieces out of a buffer and writes them at their guest offsets; runs in a thread, or in place for small images.
import { writeSync } from "node:fs";
import { BootsourceError, isBootsourceError, type ErrorCode } from "../../model/errors.js";
import type { Placed } from "../contract.js";
import { errorCode } from "../file-system-error.js";
import type { ClusterDecoder } from "./decode-cluster.js";

const fields = 7;
const encodings = ["plain", "zlib", "grain", "zstd"] as const;

/** A failure as it travels between threads. */
export interface PackedFailure {
    readonly code: string;
    readonly message: string;
    readonly ours: boolean;
}

/** What went wrong in a thread, as it was thrown there: our own error, or a system error with its code. */
export function fromPackedFailure(failure: PackedFailure): Error {
    if (failure.ours) return new BootsourceError(failure.code as ErrorCode, failure.message);
    return Object.assign(new Error(failure.message), { code: failure.code });
}

/** Pieces as plain numbers, which travel between threads without being copied. */
export function packPieces(pieces: readonly Placed[]): Float64Array<ArrayBuffer> {
    const packed = new Float64Array(pieces.length * fields);
    pieces.forEach((piece, index) => {
        const { at, sourceLength, guestOffset, guestLength, encoding, decodedLength, bounded } = piece;
        const code = encodings.indexOf(encoding);
        const least = bounded === true ? guestLength : decodedLength;
        packed.set([at, sourceLength, guestOffset, guestLength, code, decodedLength, least], index * fields);
    });
    return packed;
}

/** What pieces are written with. */
export interface Writer {
    readonly fd: number;
    /** Write runs of zeros too, instead of leaving holes. */
    readonly keepZeros: boolean;
    readonly decoder: ClusterDecoder;
}

/** Writes every piece; returns the bytes that were written, holes left out. */
export function writePieces({ fd, keepZeros, decoder }: Writer, buffer: Uint8Array, packed: Float64Array): number {
    let written = 0;
    for (let index = 0; index < packed.length; index += fields) {
        const at = packed[index] ?? 0;
        const source = buffer.subarray(at, at + (packed[index + 1] ?? 0));
        const guestOffset = packed[index + 2] ?? 0;
        const guestLength = packed[index + 3] ?? 0;
        const encoding = encodings[packed[index + 4] ?? 0] ?? "plain";
        const sizes = { most: packed[index + 5] ?? 0, least: packed[index + 6] ?? 0 };
        const data = encoding === "plain" ? source : decoder.decode(encoding, source, sizes, guestOffset);
        const needed = data.subarray(0, guestLength);
        written += keepZeros ? writeFully(fd, needed, guestOffset) : writeSparse(fd, needed, guestOffset);
    }
    return written;
}

/** The failure in a form that another thread can read. */
export function toPackedFailure(thrown: unknown): PackedFailure {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    if (isBootsourceError(thrown)) return { code: thrown.code, message, ours: true };
    return { code: errorCode(thrown), message, ours: false };
}

/** The unit in which zeros are looked for: a page, the least that a file system can leave out. */
const page = 4096;
const zeroPage = Buffer.alloc(page);

function writeSparse(fd: number, data: Uint8Array, guestOffset: number): number {
    let written = 0;
    let runStart = -1;
    for (let at = 0; at < data.length;) {
        // Pages of the disk, not of the piece: only whole ones can be holes.
        const end = Math.min(data.length, at + page - ((guestOffset + at) % page));
        if (isZero(data, at, end)) {
            if (runStart >= 0) written += writeFully(fd, data.subarray(runStart, at), guestOffset + runStart);
            runStart = -1;
        } else if (runStart < 0) {
            runStart = at;
        }
        at = end;
    }
    if (runStart >= 0) written += writeFully(fd, data.subarray(runStart), guestOffset + runStart);
    return written;
}

function isZero(data: Uint8Array, from: number, to: number): boolean {
    // The first and the last byte tell most pages apart without a call.
    if (data[from] !== 0 || data[to - 1] !== 0) return false;
    return zeroPage.compare(data, from, to, 0, to - from) === 0;
}

function writeFully(fd: number, data: Uint8Array, offset: number): number {
    for (let at = 0; at < data.length;) at += writeSync(fd, data, at, data.length - at, offset + at);
    return data.length;
}
