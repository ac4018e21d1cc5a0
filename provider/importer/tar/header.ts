// One header block of a tar archive: 512 bytes with a checksum, numbers in octal, or in base 256 where they are large.
import { BootsourceError } from "../../model/errors.js";

/** What an entry is. "other" are those that no file system has: volume labels, lists of names. */
export type EntryType =
    "file" | "directory" | "symlink" | "link" | "character-device" | "block-device" | "fifo" | "other";

/** A header as its block says it, before pax records and long names change it. */
export interface Header {
    readonly path: string;
    /** What an entry is, or what the header says about the one that follows. */
    readonly type: EntryType | "pax" | "global-pax" | "long-path" | "long-link";
    readonly size: number;
    readonly mode: number;
    readonly mtime: number;
    readonly uid: number;
    readonly gid: number;
    readonly linkPath: string;
    readonly sparse: boolean;
    /** True where the map of a sparse file goes on in the next block. */
    readonly moreSparseBlocks: boolean;
}

/** Everything in an archive begins at a multiple of this. */
export const blockBytes = 512;

/** Reads a block; undefined where its checksum says that it is no header. */
export function parseHeader(bytes: Uint8Array, name: string): Header | undefined {
    const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (!checksumHolds(block)) return undefined;
    const number = (from: number, length: number): number => parseNumber(block.subarray(from, from + length), name);
    const flag = String.fromCharCode(block[156] ?? 0);
    const posix = block.toString("latin1", 257, 263) === "ustar\0";
    const prefix = posix ? text(block, 345, 155) : "";
    const path = text(block, 0, 100);
    const size = number(124, 12);
    if (size < 0) throw damaged(name, "an entry has a size that cannot be");
    return {
        path: prefix === "" ? path : `${prefix}/${path}`,
        type: types[flag] ?? "other",
        size,
        mode: number(100, 8),
        mtime: number(136, 12),
        uid: number(108, 8),
        gid: number(116, 8),
        linkPath: text(block, 157, 100),
        sparse: flag === "S",
        moreSparseBlocks: flag === "S" && block[482] !== 0,
    };
}

/** Whether a block is all zeros, as at the end of an archive; what is shorter than a block counts as padded with them. */
export function isZeroBlock(block: Uint8Array): boolean {
    return block.every((byte) => byte === 0);
}

/** The error for an archive that contradicts itself. */
export function damaged(name: string, why: string): BootsourceError {
    return new BootsourceError(
        "corrupt-image",
        `cannot unpack ${name}: the archive is damaged (${why}); fetch or make it again`,
    );
}

const types: Readonly<Record<string, Header["type"] | undefined>> = {
    "\0": "file",
    "0": "file",
    "1": "link",
    "2": "symlink",
    "3": "character-device",
    "4": "block-device",
    "5": "directory",
    "6": "fifo",
    // Contiguous files are files; so are sparse ones, and they say that they are sparse.
    "7": "file",
    S: "file",
    // The list of names that GNU tar writes into incremental archives comes with its directory.
    x: "pax",
    g: "global-pax",
    L: "long-path",
    K: "long-link",
};

/** The sum of all bytes, the checksum's own counted as spaces; tools of old summed signed bytes. */
function checksumHolds(block: Buffer): boolean {
    let unsigned = 0;
    let signed = 0;
    for (let at = 0; at < blockBytes; at += 1) {
        const byte = at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0);
        unsigned += byte;
        signed += byte < 128 ? byte : byte - 256;
    }
    const match = /^[ \0]*([0-7]{1,8})[ \0]*$/.exec(block.toString("latin1", 148, 156));
    const wanted = match === null ? -1 : parseInt(match[1] ?? "", 8);
    return wanted === unsigned || wanted === signed;
}

function text(block: Buffer, from: number, length: number): string {
    const field = block.subarray(from, from + length);
    const end = field.indexOf(0);
    return field.toString("utf8", 0, end < 0 ? length : end);
}

function parseNumber(field: Buffer, name: string): number {
    const first = field[0] ?? 0;
    if ((first & 0x80) !== 0) {
        // Base 256: the sign in the second bit, then two's complement.
        const value = BigInt.asIntN(field.length * 8 - 1, BigInt(`0x${field.toString("hex")}`));
        if (value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER)) {
            throw damaged(name, "a number in a header is too large");
        }
        return Number(value);
    }
    const match = /^[ \0]*([0-7]*)(?:[ \0].*)?$/s.exec(field.toString("latin1"));
    if (match === null) throw damaged(name, "a number in a header is none");
    const written = match[1] ?? "";
    return written === "" ? 0 : parseInt(written, 8);
}
