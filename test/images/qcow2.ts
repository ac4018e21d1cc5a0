// Writes qcow2 images for tests, from the specification alone (QEMU: docs/interop/qcow2.txt): nothing of the importer is used.
import { constants, deflateRawSync, zstdCompressSync } from "node:zlib";

/** What an image should look like. */
export interface Qcow2Options {
    readonly version?: 2 | 3;
    readonly clusterBits?: number;
    readonly compression?: "none" | "zlib" | "zstd";
    readonly extendedL2?: boolean;
    /** Tables behind the data instead of before it. */
    readonly lateTables?: boolean;
    /** How clusters of zeros are written: not at all, by the zero flag, or by the flag over a cluster with other bytes. */
    readonly zeros?: "unallocated" | "flag" | "allocated";
    /** Writes the table of an internal snapshot, which nothing should look at. */
    readonly snapshot?: boolean;
    /** Data clusters from the last to the first. */
    readonly reversed?: boolean;
    /** Adds an (empty) reference count table, without which QEMU does not open an image. */
    readonly refcounts?: boolean;
    /** Changes the finished image: this is how hostile ones are made. */
    readonly spoil?: (image: Buffer, places: Qcow2Places) => Buffer | undefined;
}

/** Where the parts of a finished image lie. */
export interface Qcow2Places {
    readonly clusterSize: number;
    readonly l1Offset: number;
    readonly l2Offset: number;
    readonly dataOffset: number;
}

/** An image of a guest disk. */
export function makeQcow2(disk: Uint8Array, options: Qcow2Options = {}): Buffer {
    const shape = shapeOf(disk, options);
    const { clusterSize, tableClusters } = shape;
    const metadataStart = clusterSize;
    const dataOffset = options.lateTables === true ? metadataStart : metadataStart + tableClusters * clusterSize;
    const { entries, data } = writeData(disk, shape, dataOffset, options);
    const dataEnd = dataOffset + data.length;
    const tablesAt = options.lateTables === true ? roundUp(dataEnd, clusterSize) : metadataStart;
    const l1Offset = tablesAt;
    const l2Offset = tablesAt + shape.l1Clusters * clusterSize;
    const total = Math.max(dataEnd, tablesAt + tableClusters * clusterSize);
    const refcountsAt = roundUp(total, clusterSize);
    const image = Buffer.alloc(options.refcounts === true ? refcountsAt + clusterSize : total);
    writeHeader(image, disk.length, l1Offset, shape, options);
    if (options.refcounts === true) {
        image.writeBigUInt64BE(BigInt(refcountsAt), 48);
        image.writeUInt32BE(1, 56);
    }
    data.copy(image, dataOffset);
    for (let table = 0; table < shape.l2Tables; table += 1) {
        const offset = l2Offset + table * clusterSize;
        image.writeBigUInt64BE(BigInt(offset) | (1n << 63n), l1Offset + table * 8);
        entries.slice(table * shape.perTable, (table + 1) * shape.perTable).forEach((entry, index) => {
            const at = offset + index * shape.entrySize;
            image.writeBigUInt64BE(entry.descriptor, at);
            if (shape.entrySize === 16) image.writeBigUInt64BE(entry.bitmap, at + 8);
        });
    }
    return options.spoil?.(image, { clusterSize, l1Offset, l2Offset, dataOffset }) ?? image;
}

interface Shape {
    readonly clusterSize: number;
    readonly clusterBits: number;
    readonly entrySize: number;
    readonly perTable: number;
    readonly l2Tables: number;
    readonly l1Clusters: number;
    readonly tableClusters: number;
}

interface Entry {
    readonly descriptor: bigint;
    readonly bitmap: bigint;
}

function shapeOf(disk: Uint8Array, options: Qcow2Options): Shape {
    const clusterBits = options.clusterBits ?? 16;
    const clusterSize = 2 ** clusterBits;
    const entrySize = options.extendedL2 === true ? 16 : 8;
    const perTable = clusterSize / entrySize;
    const l2Tables = Math.ceil(disk.length / clusterSize / perTable);
    const l1Clusters = Math.max(1, Math.ceil((l2Tables * 8) / clusterSize));
    return {
        clusterBits,
        clusterSize,
        entrySize,
        perTable,
        l2Tables,
        l1Clusters,
        tableClusters: l1Clusters + l2Tables,
    };
}

function writeHeader(image: Buffer, size: number, l1Offset: number, shape: Shape, options: Qcow2Options): void {
    const version = options.version ?? 3;
    image.write("QFI\xfb", 0, "latin1");
    image.writeUInt32BE(version, 4);
    image.writeUInt32BE(shape.clusterBits, 20);
    image.writeBigUInt64BE(BigInt(size), 24);
    image.writeUInt32BE(shape.l2Tables, 36);
    image.writeBigUInt64BE(BigInt(l1Offset), 40);
    if (options.snapshot === true) {
        image.writeUInt32BE(1, 60);
        image.writeBigUInt64BE(BigInt(shape.clusterSize), 64);
    }
    if (version === 2) return;
    const zstd = options.compression === "zstd";
    image.writeBigUInt64BE((zstd ? 8n : 0n) | (options.extendedL2 === true ? 16n : 0n), 72);
    image.writeUInt32BE(4, 96);
    image.writeUInt32BE(zstd ? 112 : 104, 100);
    if (zstd) image.writeUInt8(1, 104);
}

function writeData(
    disk: Uint8Array,
    shape: Shape,
    dataOffset: number,
    options: Qcow2Options,
): { entries: Entry[]; data: Buffer } {
    const { clusterSize } = shape;
    const entries: Entry[] = [];
    const parts: Buffer[] = [];
    let end = dataOffset;
    const append = (bytes: Buffer, alignment: number): number => {
        const at = roundUp(end, alignment);
        parts.push(Buffer.alloc(at - end), bytes);
        end = at + bytes.length;
        return at;
    };
    const clusters = Array.from({ length: Math.ceil(disk.length / clusterSize) }, (_, index) => index);
    if (options.reversed === true) clusters.reverse();
    for (const index of clusters) {
        const cluster = Buffer.alloc(clusterSize);
        cluster.set(disk.subarray(index * clusterSize, (index + 1) * clusterSize));
        entries[index] = isZero(cluster)
            ? zeroEntry(options, () => append(Buffer.alloc(clusterSize, 0xee), clusterSize))
            : (compressedEntry(cluster, shape, options, append) ?? plainEntry(cluster, shape, append));
    }
    return { entries, data: Buffer.concat(parts) };
}

type Append = (bytes: Buffer, alignment: number) => number;

function zeroEntry(options: Qcow2Options, allocate: () => number): Entry {
    const zeros = options.zeros ?? "unallocated";
    if (zeros === "unallocated") return { descriptor: 0n, bitmap: 0n };
    const offset = zeros === "allocated" ? BigInt(allocate()) : 0n;
    if (options.extendedL2 === true) return { descriptor: offset, bitmap: 0xffffffffn << 32n };
    return { descriptor: offset | 1n, bitmap: 0n };
}

function compressedEntry(cluster: Buffer, shape: Shape, options: Qcow2Options, append: Append): Entry | undefined {
    if ((options.compression ?? "none") === "none") return undefined;
    const bytes =
        options.compression === "zstd"
            ? zstdCompressSync(cluster)
            : deflateRawSync(cluster, { windowBits: 12, level: constants.Z_BEST_SPEED });
    if (bytes.length >= cluster.length) return undefined;
    return compressedDescriptor(append(bytes, 1), bytes.length, shape.clusterBits);
}

function compressedDescriptor(offset: number, length: number, clusterBits: number): Entry {
    const sectors = Math.floor((offset + length - 1) / 512) - Math.floor(offset / 512);
    const x = BigInt(62 - (clusterBits - 8));
    return { descriptor: (1n << 62n) | (BigInt(sectors) << x) | BigInt(offset), bitmap: 0n };
}

function plainEntry(cluster: Buffer, shape: Shape, append: Append): Entry {
    const stored = Buffer.from(cluster);
    let bitmap = 0n;
    if (shape.entrySize === 16) {
        const size = shape.clusterSize / 32;
        for (let index = 0; index < 32; index += 1) {
            const part = stored.subarray(index * size, (index + 1) * size);
            if (!isZero(part)) bitmap |= 1n << BigInt(index);
            // Zeros are marked, or left unallocated, by turns; either way what lies in the cluster must not be seen.
            else if (index % 2 === 0) bitmap |= 1n << BigInt(32 + index);
            if (isZero(part)) part.fill(0xdd);
        }
    }
    return { descriptor: BigInt(append(stored, shape.clusterSize)) | (1n << 63n), bitmap };
}

function isZero(bytes: Uint8Array): boolean {
    return bytes.every((byte) => byte === 0);
}

function roundUp(value: number, unit: number): number {
    return Math.ceil(value / unit) * unit;
}
