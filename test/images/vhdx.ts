// VHDX images for tests, written by the specification: in every shape that there is.

/** How an image is shaped. */
export interface VhdxOptions {
    readonly blockSize?: number;
    readonly sectorSize?: 512 | 4096;
    /** The blocks lie in the file from the last to the first. */
    readonly reversed?: boolean;
    /** The state of blocks of zeros: 0 never written, 1 undefined, 2 zero, 3 unmapped. */
    readonly empty?: 0 | 1 | 2 | 3;
    /** The first header, or the second, was being written when its writer was killed. */
    readonly torn?: "first" | "second";
    /** The metadata before the block table, as Hyper-V writes it. */
    readonly metadataFirst?: boolean;
    /** Changes parts before they are summed up. */
    readonly change?: (parts: VhdxParts) => void;
    /** The last word, for hostile images. */
    readonly spoil?: (image: Buffer, tableAt: number) => unknown;
}

/** The parts of an image before they are put together. */
export interface VhdxParts {
    readonly header: Buffer;
    readonly regions: Buffer;
    readonly metadata: Buffer;
}

const mebibyte = 1 << 20;

/** What parts are called in a file. */
export const guids = {
    table: "2dc27766-f623-4200-9d64-115e9bfd4a08",
    metadata: "8b7ca206-4790-4b9a-b8fe-575f050f886e",
    parameters: "caa16737-fa36-4d43-b3b6-33f0aa44e76b",
    size: "2fa54224-cd1b-4876-b211-5dbed83bf4b8",
    physical: "cda348c7-445d-4471-9cc9-e9885251c556",
    id: "beca12ab-b2e6-4523-93ef-c309e000c746",
    sector: "8141bf1d-a96f-4709-ba47-f233a8faab5f",
} as const;

/** The image of a disk. */
export function makeVhdx(disk: Buffer, options: VhdxOptions = {}): Buffer {
    const { blockSize = mebibyte, sectorSize = 512, reversed = false, empty = 0 } = options;
    const blocks = Math.ceil(disk.length / blockSize);
    const ratio = (2 ** 23 * sectorSize) / blockSize;
    const isZero = (index: number): boolean =>
        disk.subarray(index * blockSize, (index + 1) * blockSize).every((byte) => byte === 0);
    const present = Array.from({ length: blocks }, (_, index) => index).filter((index) => !isZero(index));
    if (reversed) present.reverse();
    const tableLength = Math.ceil((8 * (blocks + Math.ceil(blocks / ratio))) / mebibyte) * mebibyte;
    const [metadataAt, tableAt] =
        options.metadataFirst === true ? [2 * mebibyte, 3 * mebibyte] : [2 * mebibyte + tableLength, 2 * mebibyte];
    const dataAt = Math.ceil((3 * mebibyte + tableLength) / mebibyte) * mebibyte;
    const table = Buffer.alloc(tableLength);
    for (let index = 0; index < blocks; index += 1) {
        const at = present.indexOf(index);
        const place = BigInt((dataAt + at * blockSize) / mebibyte) << 20n;
        table.writeBigUInt64LE(at < 0 ? BigInt(empty) : place | 6n, 8 * (index + Math.floor(index / ratio)));
    }
    const parts = {
        header: Buffer.alloc(4096),
        regions: Buffer.alloc(65_536),
        metadata: Buffer.alloc(mebibyte),
    };
    parts.header.write("head", 0, "latin1");
    parts.header.writeUInt16LE(1, 66);
    parts.header.writeUInt32LE(mebibyte, 68);
    parts.header.writeBigUInt64LE(BigInt(mebibyte), 72);
    parts.regions.write("regi", 0, "latin1");
    parts.regions.writeUInt32LE(2, 8);
    region(parts.regions, 16, guids.table, tableAt, tableLength);
    region(parts.regions, 48, guids.metadata, metadataAt, mebibyte);
    writeMetadata(parts.metadata, disk.length, blockSize, sectorSize);
    options.change?.(parts);
    const image = Buffer.alloc(dataAt + present.length * blockSize);
    image.write("vhdxfile", 0, "latin1");
    [64 * 1024, 128 * 1024].forEach((at, index) => {
        parts.header.writeBigUInt64LE(BigInt(7 + index), 8);
        summed(parts.header).copy(image, at);
        if (options.torn === (index === 0 ? "first" : "second")) image.fill(0xee, at + 100, at + 200);
    });
    summed(parts.regions).copy(image, 192 * 1024);
    parts.regions.copy(image, 256 * 1024);
    table.copy(image, tableAt);
    parts.metadata.copy(image, metadataAt);
    present.forEach((index, at) =>
        disk.copy(image, dataAt + at * blockSize, index * blockSize, (index + 1) * blockSize),
    );
    const changed = options.spoil?.(image, tableAt);
    return Buffer.isBuffer(changed) ? changed : image;
}

function writeMetadata(metadata: Buffer, size: number, blockSize: number, sectorSize: number): void {
    metadata.write("metadata", 0, "latin1");
    metadata.writeUInt16LE(5, 10);
    item(metadata, 0, guids.parameters, 65_536, 8);
    metadata.writeUInt32LE(blockSize, 65_536);
    item(metadata, 1, guids.size, 65_544, 8);
    metadata.writeBigUInt64LE(BigInt(size), 65_544);
    item(metadata, 2, guids.sector, 65_552, 4);
    metadata.writeUInt32LE(sectorSize, 65_552);
    item(metadata, 3, guids.physical, 65_556, 4);
    metadata.writeUInt32LE(4096, 65_556);
    item(metadata, 4, guids.id, 65_560, 16);
    metadata.fill(0x1d, 65_560, 65_576);
}

/** One line of the table of regions. */
export function region(regions: Buffer, at: number, guid: string, offset: number, length: number): void {
    writeGuid(regions, at, guid);
    regions.writeBigUInt64LE(BigInt(offset), at + 16);
    regions.writeUInt32LE(length, at + 24);
    regions.writeUInt32LE(1, at + 28);
}

/** One line of the table of metadata. */
export function item(metadata: Buffer, index: number, guid: string, offset: number, length: number): void {
    const at = 32 + 32 * index;
    writeGuid(metadata, at, guid);
    metadata.writeUInt32LE(offset, at + 16);
    metadata.writeUInt32LE(length, at + 20);
    metadata.writeUInt32LE(6, at + 24);
}

function writeGuid(bytes: Buffer, at: number, guid: string): void {
    const hex = Buffer.from(guid.replaceAll("-", ""), "hex");
    hex.subarray(0, 4).reverse();
    hex.subarray(4, 6).reverse();
    hex.subarray(6, 8).reverse();
    hex.copy(bytes, at);
}

/** Bit by bit, so that no table of the importer's is believed. */
function summed(bytes: Buffer): Buffer {
    bytes.writeUInt32LE(0, 4);
    let sum = 0xffffffff;
    for (const byte of bytes) {
        sum ^= byte;
        for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ ((sum & 1) === 1 ? 0x82f63b78 : 0);
    }
    bytes.writeUInt32LE(~sum >>> 0, 4);
    return bytes;
}
