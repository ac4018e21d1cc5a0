// A tar archive around one disk, an OVA above all: the disk is streamed out of it, and nothing else of it is used.
import { BootsourceError } from "../../model/errors.js";
import type { ByteInput } from "../byte-reader.js";
import type { Bytes, Codec, Range } from "../contract.js";
import { readTar, type TarEntry } from "../tar/read-tar.js";

/** What stands beside a disk: descriptions, checksums, signatures, a machine's settings. */
const beside = /(?:^|\/)\.[^/]*$|\.(?:ovf|mf|cert|xml|json|ya?ml|txt|md|nvram|sha\d+|sha\d+sums?|md5|sig|asc)$/i;

/** Entries that are gone through one by one: each may cost a request. */
const mostSteps = 50;

/** Descriptions and names are kept no longer than this. */
const [mostDescription, mostListed] = [1 << 20, 12];

/** The archive, as if it were a compression: one way in, and the disk comes out. */
export const tar: Codec = {
    name: "tar",
    match: (head) => String.fromCharCode(...head.subarray(257, 262)) === "ustar",
    decode: onlyDisk,
};

async function* onlyDisk(input: Bytes, name: string): Bytes {
    // The first one is on its way already when a second shows: what it becomes has no name before the end, which is not reached.
    for await (const disk of disksOf(input, name)) yield* disk.bytes;
}

/** Where the one disk lies in an archive whose entries can be gone through; undefined where there are too many for that. */
export async function placeOfDisk(input: ByteInput, name: string): Promise<Range | undefined> {
    let place: Range | undefined;
    try {
        for await (const { offset, size } of disksOf(input, name, mostSteps)) place = { offset, length: size };
    } catch (thrown) {
        if (thrown instanceof TooMany) return undefined;
        throw thrown;
    }
    return place;
}

/** One disk; throws where there is none or another, at the latest at the end; and `TooMany` after so many entries. */
async function* disksOf(input: Bytes | ByteInput, name: string, most = Infinity): AsyncGenerator<TarEntry> {
    const disks: string[] = [];
    const others: string[] = [];
    let steps = 0;
    for await (const entry of readTar(input, name)) {
        steps += 1;
        if (steps > most) throw new TooMany();
        if (entry.type === "directory") continue;
        if (entry.type !== "file" || beside.test(entry.path)) {
            note(others, entry.path);
            if (/\.ovf$/i.test(entry.path)) await checkDescription(entry, name);
            continue;
        }
        note(disks, entry.path);
        if (disks.length > 1) throw several(name, disks);
        if (entry.sparse) throw refused(name, `${entry.path} is stored sparse in it; pack it without --sparse`);
        yield entry;
    }
    if (disks.length > 0) return;
    const there = others.length === 0 ? "it is empty" : `in it are ${others.join(", ")}`;
    throw new BootsourceError(
        "not-an-image",
        `cannot import ${name}: it is a tar archive that holds no disk: ${there}; ` +
            'say that the content type is "archive" if the files themselves are wanted',
    );
}

/** More entries than are gone through. */
class TooMany extends Error {}

/** An OVF says at the beginning how many disks there will be: nobody has to wait for the second one. */
async function checkDescription({ bytes, size }: TarEntry, name: string): Promise<void> {
    if (size > mostDescription) return;
    const parts: Uint8Array[] = [];
    for await (const chunk of bytes) parts.push(new Uint8Array(chunk));
    const disks = Buffer.concat(parts)
        .toString()
        .match(/<(?:[a-z]+:)?Disk\s[^>]*/gi);
    if (disks === null || disks.length < 2) return;
    const ids = disks.map((disk) => /diskId\s*=\s*["']([^"']*)/i.exec(disk)?.[1] ?? "?");
    throw several(name, ids.slice(0, mostListed));
}

function note(names: string[], path: string): void {
    if (names.length < mostListed) names.push(path);
}

function several(name: string, disks: readonly string[]): BootsourceError {
    return refused(name, `more than one disk lies in it (${disks.join(", ")}); unpack it, and name one of them`);
}

function refused(name: string, why: string): BootsourceError {
    return new BootsourceError("unsupported-image", `cannot import ${name}: ${why}`);
}
