// Reads a tar archive as it streams by: ustar, pax and GNU, one entry after another, without a copy of what lies in them.
import { BootsourceError } from "../../model/errors.js";
import type { Bytes } from "../contract.js";
import { ByteReader, type ByteInput } from "../byte-reader.js";
import { blockBytes, damaged, isZeroBlock, parseHeader, type EntryType, type Header } from "./header.js";
import { parsePax, type PaxRecords } from "./pax.js";

/** One entry of an archive. Its bytes are there until the next entry is asked for; what is not read is skipped. */
export interface TarEntry {
    /** As it is written in the archive, but for slashes at the end: it may be absolute, or climb out by "..". */
    readonly path: string;
    readonly type: EntryType;
    /** Bytes in the archive. */
    readonly size: number;
    readonly mode: number;
    /** Seconds since the epoch, with a fraction where the archive has one. */
    readonly mtime: number;
    readonly uid: number;
    readonly gid: number;
    /** What a link leads to; empty for everything else. */
    readonly linkPath: string;
    /** True where the bytes are those of a sparse file, a map and stretches, and not the file itself. */
    readonly sparse: boolean;
    /** Where the bytes begin in the archive. */
    readonly offset: number;
    readonly bytes: Bytes;
}

/** Path names and pax records longer than this are an attack. */
const maxMetaBytes = 2 ** 20;

/** The entries of an archive, named for messages; the input is read to its end, with all the padding there is. */
export async function* readTar(input: Bytes | ByteInput, name: string): AsyncGenerator<TarEntry, void, undefined> {
    const reader = Symbol.asyncIterator in input ? new ByteReader(input) : input;
    const globals: PaxRecords = new Map();
    try {
        for (let first = true; ; first = false) {
            const member = await readMember(reader, name, globals, first);
            if (member === undefined) return;
            const entry = toEntry(reader, name, member);
            const end = entry.offset + entry.size;
            yield entry;
            await skip(reader, end - reader.position, name);
            await skip(reader, padding(entry.size), name);
        }
    } finally {
        await reader.close();
    }
}

interface Member {
    readonly header: Header;
    readonly type: EntryType;
    readonly pax: PaxRecords;
}

/** The next header with all that the ones before it say about it; undefined at the end, which is then read through. */
async function readMember(
    reader: ByteInput,
    name: string,
    globals: PaxRecords,
    first: boolean,
): Promise<Member | undefined> {
    const pax: PaxRecords = new Map();
    for (let begins = first; ; begins = false) {
        const block = await reader.take(blockBytes);
        if (block.length < blockBytes) {
            if (begins) throw notTar(name);
            throw truncated(name, "its end mark is missing");
        }
        if (isZeroBlock(block)) {
            await readEnd(reader, name);
            return undefined;
        }
        const header = parseHeader(block, name);
        if (header === undefined) {
            if (begins) throw notTar(name);
            throw damaged(name, "a header has a wrong checksum");
        }
        if (header.type === "pax" || header.type === "global-pax") {
            const records = parsePax(await takeMeta(reader, header.size, name), name);
            const into = header.type === "pax" ? pax : globals;
            for (const [key, value] of records) into.set(key, value);
        } else if (header.type === "long-path" || header.type === "long-link") {
            const text = Buffer.from(await takeMeta(reader, header.size, name)).toString("utf8");
            pax.set(header.type === "long-path" ? "path" : "linkpath", text.replace(/\0.*$/s, ""));
        } else {
            if (header.moreSparseBlocks) await skipSparseBlocks(reader, name);
            return { header, type: header.type, pax: new Map([...globals, ...pax]) };
        }
    }
}

function toEntry(reader: ByteInput, name: string, { header, type: written, pax }: Member): TarEntry {
    const number = (key: string, known: number): number => {
        const text = pax.get(key) || "";
        if (text === "") return known;
        const value = /^-?\d+(?:\.\d*)?$/.test(text) ? Number(text) : NaN;
        if (!Number.isFinite(value)) throw damaged(name, `a pax record has a ${key} that is no number`);
        return value;
    };
    const path = pax.get("GNU.sparse.name") || pax.get("path") || header.path;
    const linkPath = pax.get("linkpath") || header.linkPath;
    // Tools of old wrote a directory as a file whose name ends with a slash.
    const type = written === "file" && path.endsWith("/") ? "directory" : written;
    const size = withoutData.has(type) ? 0 : number("size", header.size);
    if (!Number.isSafeInteger(size) || size < 0) throw damaged(name, "an entry has a size that cannot be");
    if (path === "" || path.includes("\0") || linkPath.includes("\0")) throw damaged(name, "a name in it cannot be");
    const offset = reader.position;
    return {
        path: path.length > 1 ? path.replace(/(?<=.)\/+$/, "") : path,
        type,
        size,
        mode: header.mode,
        mtime: number("mtime", header.mtime),
        uid: number("uid", header.uid),
        gid: number("gid", header.gid),
        linkPath: type === "link" || type === "symlink" ? linkPath : "",
        sparse: header.sparse || [...pax.keys()].some((key) => key.startsWith("GNU.sparse.")),
        offset,
        bytes: entryBytes(reader, offset, size, name),
    };
}

/** What these say of a size is not followed by data (as GNU tar and Go read it, which made the images that are out there). */
const withoutData: ReadonlySet<string> = new Set<EntryType>([
    "directory",
    "symlink",
    "link",
    "character-device",
    "block-device",
    "fifo",
]);

async function* entryBytes(reader: ByteInput, offset: number, size: number, name: string): Bytes {
    if (reader.position !== offset) throw new Error("the bytes of an archive's entry were asked for too late");
    for (let left = size; left > 0;) {
        const chunk = await reader.some(left);
        if (chunk.length === 0) throw truncated(name, `${left} bytes of a file are missing`);
        left -= chunk.length;
        yield chunk;
    }
}

async function takeMeta(reader: ByteInput, size: number, name: string): Promise<Uint8Array> {
    if (size > maxMetaBytes) {
        const what = `the names and properties of one entry take ${size} bytes`;
        throw new BootsourceError("limit-exceeded", `cannot unpack ${name}: ${what}; do not trust this archive`);
    }
    const taken = await reader.take(size);
    if (taken.length < size) throw truncated(name, "it ends within a header");
    const copy = new Uint8Array(taken);
    await skip(reader, padding(size), name);
    return copy;
}

/** The map of a sparse file in GNU's old form goes on in blocks of its own, which the size does not count. */
async function skipSparseBlocks(reader: ByteInput, name: string): Promise<void> {
    for (let more = true; more;) {
        const block = await reader.take(blockBytes);
        if (block.length < blockBytes) throw truncated(name, "it ends within a header");
        more = block[504] !== 0;
    }
}

async function readEnd(reader: ByteInput, name: string): Promise<void> {
    const second = await reader.take(blockBytes);
    // Some tools end an archive with one block of zeros instead of two; what follows one and is not zeros is no padding.
    if (!isZeroBlock(second)) throw damaged(name, "data follows its end mark");
    await reader.skip(Infinity);
}

async function skip(reader: ByteInput, length: number, name: string): Promise<void> {
    if (length > 0 && (await reader.skip(length)) < length) throw truncated(name, "it ends within a file");
}

function padding(size: number): number {
    return (blockBytes - (size % blockBytes)) % blockBytes;
}

function notTar(name: string): BootsourceError {
    return new BootsourceError("not-an-image", `cannot unpack ${name}: it is not a tar archive; name one`);
}

function truncated(name: string, why: string): BootsourceError {
    return new BootsourceError(
        "truncated",
        `cannot unpack ${name}: the archive ends too early (${why}); fetch or make it again`,
    );
}
