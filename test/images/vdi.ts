// VDI images for tests, written by the specification: whole ones in every shape, and hostile ones with the code that refuses them.
import { makeDisk } from "./disk.js";
import type { Hostile } from "./hostile-qcow2.js";

/** How an image is shaped. */
export interface VdiOptions {
    readonly type?: "dynamic" | "static";
    readonly blockSize?: number;
    /** The blocks lie in the file from the last to the first. */
    readonly reversed?: boolean;
    /** Blocks of zeros are marked as discarded, not as never written. */
    readonly discarded?: boolean;
    /** The last word, for hostile images. */
    readonly spoil?: (image: Buffer) => Buffer | undefined;
}

/** Bytes from the file's beginning to the block table, and to the data where the table is short. */
const [tableAt, leastDataAt] = [512, 4096];

/** The image of a disk. */
export function makeVdi(disk: Buffer, options: VdiOptions = {}): Buffer {
    const { type = "dynamic", blockSize = 1 << 20, reversed = false, discarded = false } = options;
    const blocks = Math.ceil(disk.length / blockSize);
    const present = Array.from({ length: blocks }, (_, index) => index).filter(
        (index) =>
            type === "static" || disk.subarray(index * blockSize, (index + 1) * blockSize).some((byte) => byte !== 0),
    );
    if (reversed) present.reverse();
    const dataAt = Math.max(leastDataAt, Math.ceil((tableAt + 4 * blocks) / 512) * 512);
    const header = Buffer.alloc(dataAt);
    header.write("<<< a disk for tests >>>\n", 0);
    header.writeUInt32LE(0xbeda107f, 0x40);
    header.writeUInt32LE(0x0001_0001, 0x44);
    header.writeUInt32LE(0x180, 0x48);
    header.writeUInt32LE(type === "static" ? 2 : 1, 0x4c);
    header.writeUInt32LE(tableAt, 0x154);
    header.writeUInt32LE(dataAt, 0x158);
    header.writeUInt32LE(512, 0x168);
    header.writeBigUInt64LE(BigInt(disk.length), 0x170);
    header.writeUInt32LE(blockSize, 0x178);
    header.writeUInt32LE(blocks, 0x180);
    header.writeUInt32LE(present.length, 0x184);
    for (let index = 0; index < blocks; index += 1) {
        const at = present.indexOf(index);
        header.writeUInt32LE(at >= 0 ? at : discarded ? 0xfffffffe : 0xffffffff, tableAt + 4 * index);
    }
    const data = present.map((index) => {
        const block = Buffer.alloc(blockSize);
        disk.copy(block, 0, index * blockSize, (index + 1) * blockSize);
        return block;
    });
    const image = Buffer.concat([header, ...data]);
    return options.spoil?.(image) ?? image;
}

const full = Buffer.from(makeDisk(3 << 20, { seed: 9 }).map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));
const spoiled = (spoil: (image: Buffer) => unknown): Buffer =>
    makeVdi(full, {
        spoil: (image) => {
            const changed = spoil(image);
            return Buffer.isBuffer(changed) ? changed : image;
        },
    });

/** Every hostile image of the suite. */
export const hostileVdi: readonly Hostile[] = [
    ...[
        { at: 0x1a8, what: "a link to another image" },
        { at: 0x1b8, what: "a parent" },
    ].map(({ at, what }) => ({
        reason: `${what} would make the disk depend on another file`,
        code: "unsafe-image" as const,
        image: spoiled((image) => image.fill(7, at, at + 16)),
    })),
    ...[
        { type: 3, what: "an undo image" },
        { type: 4, what: "a differencing image" },
    ].map(({ type, what }) => ({
        reason: `${what} holds only what differs`,
        code: "unsafe-image" as const,
        image: spoiled((image) => image.writeUInt32LE(type, 0x4c)),
    })),
    {
        reason: "a type that there is not",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(9, 0x4c)),
    },
    {
        reason: "the version before 1.1",
        code: "unsupported-image",
        image: spoiled((image) => image.writeUInt32LE(1, 0x44)),
    },
    {
        reason: "a version to come",
        code: "unsupported-image",
        image: spoiled((image) => image.writeUInt32LE(0x20001, 0x44)),
    },
    { reason: "a header that is cut off", code: "truncated", image: spoiled((image) => image.subarray(0, 300)) },
    {
        reason: "a disk of no bytes",
        code: "empty-source",
        image: spoiled((image) => image.writeBigUInt64LE(0n, 0x170)),
    },
    {
        reason: "a disk larger than its blocks",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(4n << 20n, 0x170)),
    },
    {
        reason: "an absurd disk",
        code: "corrupt-image",
        image: spoiled((image) => image.writeBigUInt64LE(1n << 60n, 0x170)),
    },
    {
        reason: "sectors of 4096 bytes",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(4096, 0x168)),
    },
    ...[0, 100, 3 << 19, 2 ** 31].map((size) => ({
        reason: `blocks of ${size} bytes`,
        code: "unsupported-image" as const,
        image: spoiled((image) => image.writeUInt32LE(size, 0x178)),
    })),
    {
        reason: "blocks with something between them",
        code: "unsupported-image",
        image: spoiled((image) => image.writeUInt32LE(512, 0x17c)),
    },
    {
        reason: "a table that begins within a sector",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(700, 0x154)),
    },
    {
        reason: "data that begins within a sector",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(700, 0x158)),
    },
    {
        reason: "a table far behind the end",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(0xfffffe00, 0x154)),
    },
    {
        reason: "a table in the middle of the data",
        code: "corrupt-image",
        image: spoiled((image) => {
            image.copy(image, leastDataAt + 8192, tableAt, tableAt + 12);
            image.writeUInt32LE(leastDataAt + 8192, 0x154);
        }),
    },
    {
        reason: "data over its own header",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(0, 0x158)),
    },
    {
        reason: "two blocks in one place: a small file would become a large disk",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(0, tableAt + 4)),
    },
    {
        reason: "a block far outside the file",
        code: "corrupt-image",
        image: spoiled((image) => image.writeUInt32LE(100_000, tableAt + 4)),
    },
    {
        reason: "blocks that are cut off",
        code: "truncated",
        image: spoiled((image) => image.subarray(0, image.length - 4096)),
    },
    {
        reason: "a table of billions of entries that are not there",
        code: "truncated",
        image: spoiled((image) => {
            image.writeUInt32LE(512, 0x178);
            image.writeUInt32LE(0xffffffff, 0x180);
            image.writeBigUInt64LE(1n << 40n, 0x170);
        }),
    },
];
