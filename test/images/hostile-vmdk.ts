// VMDK images that must be refused, each with the reason and the code that says it.
import { gzipSync } from "node:zlib";
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";
import { makeDescriptor, makeVmdk, type VmdkOptions, type VmdkPlaces } from "./vmdk.js";

const full = Buffer.from(makeDisk(1 << 20, { seed: 9 }).map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));

type Spoil = (image: Buffer, places: VmdkPlaces) => unknown;

const spoiled = (spoil: Spoil, options: VmdkOptions = {}): Buffer =>
    makeVmdk(full, {
        ...options,
        spoil: (image, places) => {
            const changed = spoil(image, places);
            return Buffer.isBuffer(changed) ? changed : image;
        },
    });
const described = (from: string, to: string): Buffer =>
    makeVmdk(full, { descriptor: makeDescriptor("monolithicSparse", full.length / 512).replace(from, to) });
const stream = { shape: "stream" } as const;

/** Every hostile image of the suite. */
export const hostileVmdk: readonly Hostile[] = [
    {
        reason: "a description alone, whose disk lies in other files",
        code: "unsafe-image",
        image: Buffer.from(makeDescriptor("monolithicFlat", 2048).replace("SPARSE", "FLAT")),
    },
    ...[
        { bytes: 512, what: "the mark of an end where a grain should be" },
        { bytes: -1, what: "something behind the mark of its end" },
    ].map(({ bytes, what }) => ({
        reason: what,
        code: bytes > 0 ? ("truncated" as const) : ("corrupt-image" as const),
        image: gzipSync(
            spoiled((image, { firstGrainAt }) => {
                if (bytes < 0) return Buffer.concat([image, Buffer.alloc(2048, 7)]);
                return image.fill(0, firstGrainAt, firstGrainAt + bytes);
            }, stream),
        ),
    })),
    {
        reason: "an end before its data, and no data in its tables",
        code: "truncated",
        image: spoiled(
            (image, { directoryAt }) => image.fill(0, directoryAt, directoryAt + 64).subarray(0, directoryAt + 512),
            { shape: "packed" },
        ),
    },
    { reason: "no number of its content", code: "corrupt-image", image: described("CID=deadbeef", "CID=`eadbeef") },
    {
        reason: "no word about a parent",
        code: "corrupt-image",
        image: described("parentCID", "parentage"),
    },
    {
        reason: "a parent by its number",
        code: "unsafe-image",
        image: described("parentCID=ffffffff", "parentCID=12345678"),
    },
    {
        reason: "a parent by its name",
        code: "unsafe-image",
        image: described("CID=deadbeef", 'CID=deadbeef\nparentFileNameHint="../../etc/passwd"'),
    },
    {
        reason: "a second file that belongs to the disk",
        code: "unsafe-image",
        image: described("SPARSE", 'FLAT "/etc/passwd" 0\nRW 2048 SPARSE'),
    },
    { reason: "no file that belongs to the disk", code: "unsafe-image", image: described("RW 2048 SPARSE", "# none") },
    { reason: "a flat file in place of itself", code: "unsafe-image", image: described("SPARSE", "FLAT") },
    { reason: "a device in place of itself", code: "unsafe-image", image: described("SPARSE", "VMFSRDM") },
    {
        reason: "one of several files",
        code: "unsafe-image",
        image: spoiled((image) => image.writeBigUInt64LE(0n, 28)),
    },
    {
        reason: "a type that has other files",
        code: "unsupported-image",
        image: described("monolithicSparse", "vmfsSparse"),
    },
    { reason: "no descriptor where one should be", code: "corrupt-image", image: described("# Disk", "# Disc") },
    {
        reason: "a descriptor of many megabytes",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(1n << 20n, 36)),
    },
    { reason: "a header that is cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 300)) },
    { reason: "a descriptor that is cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 3000)) },
    { reason: "a version to come", code: "unsupported-image", image: spoiled((image) => image.writeUInt32LE(4, 4)) },
    {
        reason: "features of a version to come",
        code: "unsupported-image",
        image: spoiled((image) => image.writeUInt32LE(9, 8)),
    },
    {
        reason: "line ends that were changed on the way",
        code: "corrupt-image",
        image: spoiled((image) => image.write("\n \n\n", 73)),
    },
    {
        reason: "another compression",
        code: "unsupported-image",
        image: spoiled((image) => image.writeUInt16LE(2, 77), stream),
    },
    { reason: "a disk of no bytes", code: "empty-source", image: spoiled((image) => image.writeBigUInt64LE(0n, 12)) },
    {
        reason: "an absurd disk",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(1n << 60n, 12)),
    },
    ...[1n, 7n, 96n, 1n << 20n].map((sectors) => ({
        reason: `grains of ${sectors} sectors`,
        code: "corrupt-image" as const,
        image: spoiled((image) => image.writeBigUInt64LE(sectors, 20)),
    })),
    ...[0, 2 ** 20].map((entries) => ({
        reason: `tables of ${entries} entries`,
        code: "corrupt-image" as const,
        image: spoiled((image) => image.writeUInt32LE(entries, 44)),
    })),
    {
        reason: "tables at the end of an image that marks nothing",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(0xffffffffffffffffn, 56)),
    },
    {
        reason: "a directory far behind the end",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(1n << 40n, 56)),
    },
    {
        reason: "a directory over the header",
        code: "corrupt-image",
        image: spoiled((image) => {
            image.writeBigUInt64LE(0n, 56);
            image.writeUInt32LE(0, 0);
            image.write("KDMV", 0);
        }),
    },
    {
        reason: "a table far outside the file",
        code: "corrupt-image",
        image: spoiled((image, { directoryAt }) => image.writeUInt32LE(0x7fffffff, directoryAt)),
    },
    {
        reason: "a grain far outside the file",
        code: "corrupt-image",
        image: spoiled((image, { firstTableAt }) => image.writeUInt32LE(0x7fffffff, firstTableAt)),
    },
    {
        reason: "two grains in one place: a small file would become a large disk",
        code: "corrupt-image",
        image: spoiled((image, { firstTableAt }) =>
            image.copy(image, firstTableAt, firstTableAt + 4, firstTableAt + 8),
        ),
    },
    {
        reason: "two compressed grains in one place",
        code: "corrupt-image",
        image: spoiled(
            (image, { firstTableAt }) => image.copy(image, firstTableAt, firstTableAt + 4, firstTableAt + 8),
            {
                shape: "packed",
            },
        ),
    },
    {
        reason: "a grain over the header, where that is not the mark of zeros",
        code: "corrupt-image",
        image: spoiled((image, { firstTableAt }) => image.writeUInt32LE(1, firstTableAt)),
    },
    {
        reason: "grains that are cut off",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, image.length - 8192)),
    },
    {
        reason: "a stream without an end",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, image.length - 1536), stream),
    },
    {
        reason: "a stream that was cut off among its grains",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, 100_000), stream),
    },
    {
        reason: "a grain whose bytes are none that deflate writes",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => image.fill(0xff, firstGrainAt + 14, firstGrainAt + 200), stream),
    },
    ...[
        { at: 0, what: "another place than its table gives it" },
        { at: 8, what: "more bytes than there are" },
    ].map(({ at, what }) => ({
        reason: `a grain that says ${what}`,
        code: "corrupt-image" as const,
        image: spoiled((image, { firstGrainAt }) => image.writeUInt32LE(at === 0 ? 128 : 0xffffff, firstGrainAt + at), {
            shape: "packed",
        }),
    })),
    {
        reason: "a grain whose bytes are others than its checksum says",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => {
            const end = firstGrainAt + 12 + image.readUInt32LE(firstGrainAt + 8);
            return image.fill((image[end - 1] ?? 0) ^ 1, end - 1, end);
        }, stream),
    },
    {
        reason: "a directory of terabytes that is not there",
        code: "truncated",
        image: makeVmdk(full, { capacity: 1n << 42n, grainBytes: 4096, grainsPerTable: 1 }),
    },
];

/** Streams whose markers lie; by ranges the tables are read, and no marker. */
export const lyingStreams: readonly Hostile[] = [
    {
        reason: "a grain that is behind the disk's end",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => image.writeBigUInt64LE(1n << 30n, firstGrainAt), stream),
    },
    {
        reason: "a grain within another",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => image.writeBigUInt64LE(1n, firstGrainAt), stream),
    },
    {
        reason: "a grain of gigabytes",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => image.writeUInt32LE(0x7fffffff, firstGrainAt + 8), stream),
    },
    {
        reason: "grains that go back to what was written already",
        code: "corrupt-image",
        image: makeVmdk(full, { ...stream, reversed: true }),
    },
    {
        reason: "a marker that there is not",
        code: "corrupt-image",
        image: spoiled((image, { firstGrainAt }) => {
            image.writeUInt32LE(0, firstGrainAt + 8);
            image.writeUInt32LE(9, firstGrainAt + 12);
        }, stream),
    },
];

/** Of a stream nobody knows how long it will be: these are refused where that is known. */
export const lyingFiles: readonly Hostile[] = [
    {
        reason: "data that begins behind its end",
        code: "truncated",
        image: spoiled((image) => image.writeBigUInt64LE(1n << 30n, 64)),
    },
];
