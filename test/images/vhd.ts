// VHD images for tests, written by the specification: dynamic and fixed ones, and hostile ones with the code that refuses them.
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";

/** How an image is shaped. */
export interface VhdOptions {
    readonly blockSize?: number;
    /** The blocks lie in the file from the last to the first. */
    readonly reversed?: boolean;
    /** Who made it: it decides whether the geometry or the size counts. */
    readonly creator?: string;
    /** Cylinders, heads and sectors. */
    readonly geometry?: readonly [number, number, number];
    /** The last word, for hostile images. */
    readonly spoil?: (image: Buffer) => Buffer | undefined;
}

/** Bytes from the file's beginning to the header and to the block table. */
const [headerAt, tableAt] = [512, 1536];

/** The footer of a disk: what stands at the end of every image, and at the beginning of a dynamic one too. */
export function makeVhdFooter(size: number, type: number, options: VhdOptions = {}): Buffer {
    const { creator = "win ", geometry = [65535, 16, 255] } = options;
    const footer = Buffer.alloc(512);
    footer.write("conectix", 0, "latin1");
    footer.writeUInt32BE(2, 8);
    footer.writeUInt32BE(0x0001_0000, 12);
    footer.writeBigUInt64BE(type === 2 ? 0xffffffffffffffffn : BigInt(headerAt), 16);
    footer.write(creator, 28, "latin1");
    footer.writeBigUInt64BE(BigInt(size), 40);
    footer.writeBigUInt64BE(BigInt(size), 48);
    footer.writeUInt16BE(geometry[0], 56);
    footer.writeUInt8(geometry[1], 58);
    footer.writeUInt8(geometry[2], 59);
    footer.writeUInt32BE(type, 60);
    return summed(footer, 64);
}

/** The image of a disk. */
export function makeVhd(disk: Buffer, options: VhdOptions = {}): Buffer {
    const { blockSize = 2 << 20, reversed = false } = options;
    const blocks = Math.ceil(disk.length / blockSize);
    const present = Array.from({ length: blocks }, (_, index) => index).filter((index) =>
        disk.subarray(index * blockSize, (index + 1) * blockSize).some((byte) => byte !== 0),
    );
    if (reversed) present.reverse();
    const footer = makeVhdFooter(disk.length, 3, options);
    const header = Buffer.alloc(1024);
    header.write("cxsparse", 0, "latin1");
    header.writeBigUInt64BE(0xffffffffffffffffn, 8);
    header.writeBigUInt64BE(BigInt(tableAt), 16);
    header.writeUInt32BE(0x0001_0000, 24);
    header.writeUInt32BE(blocks, 28);
    header.writeUInt32BE(blockSize, 32);
    summed(header, 36);
    const table = Buffer.alloc(Math.ceil((4 * blocks) / 512) * 512, 0xff);
    const bitmap = Buffer.alloc(Math.ceil(blockSize / 512 / 8 / 512) * 512, 0xff);
    const data = present.map((index, at) => {
        const before = tableAt + table.length + at * (bitmap.length + blockSize);
        table.writeUInt32BE(before / 512, 4 * index);
        const block = Buffer.alloc(blockSize);
        disk.copy(block, 0, index * blockSize, (index + 1) * blockSize);
        return Buffer.concat([bitmap, block]);
    });
    const image = Buffer.concat([footer, header, table, ...data, footer]);
    return options.spoil?.(image) ?? image;
}

/** The image of a disk that is the disk itself, with a footer behind it. */
export function makeFixedVhd(disk: Buffer, options: VhdOptions = {}): Buffer {
    const image = Buffer.concat([disk, makeVhdFooter(disk.length, 2, options)]);
    return options.spoil?.(image) ?? image;
}

/** Writes the sum that a footer or header is checked by. */
function summed(bytes: Buffer, at: number): Buffer {
    bytes.writeUInt32BE(0, at);
    bytes.writeUInt32BE(~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0, at);
    return bytes;
}

const full = Buffer.from(makeDisk(5 << 20, { seed: 9 }).map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));
const spoiled = (spoil: (image: Buffer) => unknown): Buffer =>
    makeVhd(full, {
        spoil: (image) => {
            const changed = spoil(image);
            return Buffer.isBuffer(changed) ? changed : image;
        },
    });
/** Changes the footer's copy, or the header, and sums it up again. */
const footer = (write: (footer: Buffer) => unknown): Buffer =>
    spoiled((image) => {
        write(image);
        summed(image.subarray(0, 512), 64);
    });
const header = (write: (header: Buffer) => unknown): Buffer =>
    spoiled((image) => {
        write(image.subarray(headerAt, headerAt + 1024));
        summed(image.subarray(headerAt, headerAt + 1024), 36);
    });

/** Every hostile image of the suite. */
export const hostileVhd: readonly Hostile[] = [
    {
        reason: "a differencing image would make the disk depend on another file",
        code: "unsafe-image",
        image: footer((bytes) => bytes.writeUInt32BE(4, 60)),
    },
    { reason: "a type that is no disk", code: "corrupt-image", image: footer((bytes) => bytes.writeUInt32BE(7, 60)) },
    {
        reason: "a fixed disk's footer in front",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeUInt32BE(2, 60)),
    },
    {
        reason: "a version to come",
        code: "unsupported-image",
        image: footer((bytes) => bytes.writeUInt32BE(0x20000, 12)),
    },
    { reason: "a footer whose checksum is wrong", code: "corrupt-image", image: spoiled((image) => (image[80] = 1)) },
    { reason: "a header whose checksum is wrong", code: "corrupt-image", image: spoiled((image) => (image[1000] = 1)) },
    { reason: "a footer that is cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 300)) },
    { reason: "a header that is cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 900)) },
    { reason: "a disk of no bytes", code: "empty-source", image: footer((bytes) => bytes.writeBigUInt64BE(0n, 48)) },
    {
        reason: "an absurd disk",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeBigUInt64BE(1n << 60n, 48)),
    },
    {
        reason: "a disk larger than its blocks",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeBigUInt64BE(7n << 20n, 48)),
    },
    {
        reason: "a header within a sector",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeBigUInt64BE(700n, 16)),
    },
    {
        reason: "a header over the footer",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeBigUInt64BE(0n, 16)),
    },
    {
        reason: "a header at an absurd place",
        code: "corrupt-image",
        image: footer((bytes) => bytes.writeBigUInt64BE(0xfffffffffffffe00n, 16)),
    },
    {
        reason: "no header where the footer leads",
        code: "corrupt-image",
        image: header((bytes) => bytes.write("cxdense!")),
    },
    ...[0, 100, 3 << 19, 2 ** 31].map((size) => ({
        reason: `blocks of ${size} bytes`,
        code: "unsupported-image" as const,
        image: header((bytes) => bytes.writeUInt32BE(size, 32)),
    })),
    {
        reason: "a table within a sector",
        code: "corrupt-image",
        image: header((bytes) => bytes.writeBigUInt64BE(1537n, 16)),
    },
    {
        reason: "a table far behind the end",
        code: "corrupt-image",
        image: header((bytes) => bytes.writeBigUInt64BE(1n << 40n, 16)),
    },
    {
        reason: "a table over the header",
        code: "corrupt-image",
        image: header((bytes) => {
            bytes.writeBigUInt64BE(1024n, 16);
            bytes.fill(0xff, 512, 1024);
        }),
    },
    {
        reason: "two blocks in one place: a small file would become a large disk",
        code: "corrupt-image",
        image: spoiled((image) => image.copy(image, tableAt, tableAt + 4, tableAt + 8)),
    },
    {
        reason: "a block over the header",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32BE(1, tableAt)),
    },
    {
        reason: "a block far outside the file",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32BE(0x7fffffff, tableAt)),
    },
    {
        reason: "blocks that are cut off",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, image.length - (2 << 20))),
    },
    {
        reason: "a table of billions of entries that are not there",
        code: "truncated",
        image: spoiled((image) => {
            image.writeBigUInt64BE(1n << 40n, 48);
            summed(image.subarray(0, 512), 64);
            const bytes = image.subarray(headerAt, headerAt + 1024);
            bytes.writeUInt32BE(0xffffffff, 28);
            bytes.writeUInt32BE(512, 32);
            summed(bytes, 36);
        }),
    },
];

/** Fixed disks whose footers lie; the end of an image in gzip is seen too late for a word about it. */
export const lyingFixedVhd: readonly Hostile[] = [
    {
        reason: "a footer that speaks of a larger disk",
        code: "corrupt-image",
        image: Buffer.concat([full, makeVhdFooter(full.length + 512, 2)]),
    },
    {
        reason: "a footer of a dynamic disk behind a disk",
        code: "corrupt-image",
        image: Buffer.concat([full, makeVhdFooter(full.length, 3)]),
    },
];
