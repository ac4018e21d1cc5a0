// qcow2 images whose parts lie over each other, or whose headers say what cannot be: each with the code of its refusal.
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";
import { makeQcow2, type Qcow2Options, type Qcow2Places } from "./qcow2.js";

const disk = Buffer.from(makeDisk(300_000, { seed: 7 }).map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));
const cluster = 65_536;
const compressed = 1n << 62n;

/** The image with its first L2 entry replaced. */
function entry(first: (places: Qcow2Places) => bigint, options: Qcow2Options = {}): Buffer {
    return header((image, places) => image.writeBigUInt64BE(first(places), places.l2Offset), options);
}

function header(write: (image: Buffer, places: Qcow2Places) => unknown, options: Qcow2Options = {}): Buffer {
    return makeQcow2(disk, { ...options, spoil: (image, places) => void write(image, places) });
}

/** The header with an extension behind it. */
function extension(type: number, length: number, options: Qcow2Options = {}): Buffer {
    return header((image) => {
        image.writeUInt32BE(type, options.version === 2 ? 72 : 104);
        image.writeUInt32BE(length, options.version === 2 ? 76 : 108);
    }, options);
}

const overlaps: readonly Omit<Hostile, "code">[] = [
    { reason: "data that lies over the L1 table", image: entry(({ l1Offset }) => BigInt(l1Offset)) },
    { reason: "data that lies over its own L2 table", image: entry(({ l2Offset }) => BigInt(l2Offset)) },
    { reason: "compressed data that lies in the header", image: entry(() => compressed | 200n) },
    {
        reason: "data that lies over the reference count table",
        image: header((image, { dataOffset }) => image.writeBigUInt64BE(BigInt(dataOffset), 48), { refcounts: true }),
    },
    {
        reason: "compressed data within a plain cluster",
        image: entry(({ dataOffset }) => compressed | BigInt(dataOffset + cluster + 100)),
    },
    {
        reason: "compressed data that runs into a plain cluster",
        image: entry(({ dataOffset }) => compressed | (1n << 54n) | BigInt(dataOffset + cluster - 10)),
    },
    {
        reason: "small compressed clusters that are one and the same",
        image: makeQcow2(Buffer.alloc(300_000, 7), {
            compression: "zlib",
            spoil: (image, { l2Offset }) => void image.copy(image, l2Offset + 8, l2Offset, l2Offset + 8),
        }),
    },
    {
        reason: "an L2 table that is the L1 table",
        image: header((image, { l1Offset }) => image.writeBigUInt64BE(BigInt(l1Offset), l1Offset)),
    },
    {
        reason: "an L2 table that is the reference count table",
        image: header((image, { l2Offset }) => image.writeBigUInt64BE(BigInt(l2Offset), 48), { refcounts: true }),
    },
];

/** Every image of this kind. */
export const lyingQcow2: readonly Hostile[] = [
    ...overlaps.map((one) => ({ ...one, code: "corrupt-image" as const })),
    {
        reason: "a header extension that reaches out of its cluster",
        code: "corrupt-image",
        image: extension(0x12345678, cluster),
    },
    {
        reason: "a header extension of 4 GiB in version 2",
        code: "corrupt-image",
        image: extension(0x12345678, 0xffffffff, { version: 2 }),
    },
    {
        reason: "the name of an external data file without the bit for one",
        code: "unsafe-image",
        image: extension(0x44415441, 16),
    },
    {
        reason: "an encryption header without an encryption method",
        code: "unsafe-image",
        image: extension(0x0537be77, 16),
    },
    {
        reason: "the length of a backing file's name without its place",
        code: "unsafe-image",
        image: header((image) => image.writeUInt32BE(5000, 16)),
    },
    {
        reason: "the bit of another compression over type 0",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(8n, 72)),
    },
    { reason: "reference counts of 128 bits", code: "corrupt-image", image: header((i) => i.writeUInt32BE(7, 96)) },
    {
        reason: "a reference count table that does not begin at a cluster",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(1000n, 48), { refcounts: true }),
    },
    {
        reason: "a reference count table of 256 TiB",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(0xffffffff, 56), { refcounts: true }),
    },
    { reason: "a disk without a byte", code: "empty-source", image: header((i) => i.writeBigUInt64BE(0n, 24)) },
];

/** Images that look odd and are sound: what they have beside a plain one means nothing to an import. */
export const oddQcow2: readonly { readonly reason: string; readonly image: Buffer; readonly disk: Buffer }[] = [
    { reason: "a header extension of an unknown type", image: extension(0x12345678, 24) },
    { reason: "header extensions up to the end of their room", image: extension(0x12345678, cluster - 112) },
    {
        reason: "autoclear and compatible features that nobody knows",
        // All but the one that speaks of an external data file, which there is none of.
        image: header((image) => image.fill(0xff, 80, 96).writeUInt8(0xfd, 95)),
    },
    {
        reason: "version 2, with what would be the header's length in version 3",
        image: header((image) => image.fill(0xa5, 96, 104), { version: 2 }),
    },
    {
        reason: "a snapshot table that is nowhere",
        image: header((image) => {
            image.writeUInt32BE(0xffffffff, 60);
            image.writeBigUInt64BE(1n << 60n, 64);
        }),
    },
    {
        reason: "L1 entries behind those that the disk needs",
        image: header((image, { l1Offset }) => {
            image.writeUInt32BE(9, 36);
            image.fill(0xff, l1Offset + 8, l1Offset + 72);
        }),
    },
    {
        reason: "L2 entries behind the end of the disk",
        image: header((image, { l2Offset }) => image.fill(0xff, l2Offset + 40, l2Offset + cluster)),
    },
].map((one) => ({ ...one, disk }));
