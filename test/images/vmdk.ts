// VMDK images for tests, written by the specification: sparse ones, and streams as two writers make them.
import { deflateSync } from "node:zlib";

/** How an image is shaped. */
export interface VmdkOptions {
    /** "stream" as VMware's tools write it, with its tables at the end; "packed" as QEMU does, with them at the beginning. */
    readonly shape?: "sparse" | "stream" | "packed";
    readonly grainBytes?: number;
    readonly grainsPerTable?: number;
    /** Grains from the last to the first. */
    readonly reversed?: boolean;
    /** Grains of zeros are marked as such, not as never written. */
    readonly zeroed?: boolean;
    /** In place of the descriptor that is right. */
    readonly descriptor?: string;
    /** Bytes of the disk that the header tells of, in place of those that there are. */
    readonly capacity?: bigint;
    /** The last word, for hostile images. */
    readonly spoil?: (image: Buffer, places: VmdkPlaces) => Buffer | undefined;
}

/** Where the parts of a finished image lie. */
export interface VmdkPlaces {
    readonly directoryAt: number;
    readonly firstTableAt: number;
    readonly firstGrainAt: number;
}

const descriptorAt = 512;
const descriptorBytes = 20 * 512;

/** What a whole image says of itself. */
export function makeDescriptor(type: string, sectors: number): string {
    return [
        "# Disk DescriptorFile",
        "version=1",
        "CID=deadbeef",
        "parentCID=ffffffff",
        `createType="${type}"`,
        "",
        "# Extent description",
        `RW ${sectors} SPARSE "disk.vmdk"`,
        "",
    ].join("\n");
}

/** The image of a disk. */
export function makeVmdk(disk: Buffer, options: VmdkOptions = {}): Buffer {
    const { shape = "sparse", grainBytes = 65_536, grainsPerTable = 512, zeroed = false } = options;
    const grains = Math.ceil(disk.length / grainBytes);
    const tables = Math.ceil(grains / grainsPerTable);
    const isZero = (index: number): boolean =>
        disk.subarray(index * grainBytes, (index + 1) * grainBytes).every((byte) => byte === 0);
    const present = Array.from({ length: grains }, (_, index) => index).filter((index) => !isZero(index));
    if (options.reversed === true) present.reverse();
    const late = shape === "stream";
    const directory = Buffer.alloc(roundUp(tables * 4));
    const table = Buffer.alloc(tables * roundUp(grainsPerTable * 4));
    const tableBytes = roundUp(grainsPerTable * 4);
    const before = descriptorAt + descriptorBytes;
    const head = late ? before : roundUp(before + directory.length + table.length, grainBytes);
    let at = head;
    const data: Buffer[] = [];
    for (const index of present) {
        table.writeUInt32LE(at / 512, Math.floor(index / grainsPerTable) * tableBytes + (index % grainsPerTable) * 4);
        const grain = Buffer.alloc(grainBytes);
        disk.copy(grain, 0, index * grainBytes, (index + 1) * grainBytes);
        const bytes = shape === "sparse" ? grain : compressed(grain, (index * grainBytes) / 512);
        data.push(bytes);
        at += bytes.length;
    }
    if (zeroed) {
        for (let index = 0; index < grains; index += 1) {
            const entry = Math.floor(index / grainsPerTable) * tableBytes + (index % grainsPerTable) * 4;
            if (isZero(index)) table.writeUInt32LE(1, entry);
        }
    }
    // In a stream a marker goes before each part, and the parts come last.
    const tablesAt = late ? at + 512 : before + directory.length;
    for (let index = 0; index < tables; index += 1)
        directory.writeUInt32LE((tablesAt + index * tableBytes) / 512, index * 4);
    const directoryAt = late ? tablesAt + table.length + 512 : before;
    const header = headerOf(disk, { ...options, directoryAt: late ? undefined : directoryAt, overhead: head });
    const descriptor = Buffer.alloc(descriptorBytes);
    descriptor.write(
        options.descriptor ??
            makeDescriptor(shape === "sparse" ? "monolithicSparse" : "streamOptimized", disk.length / 512),
    );
    const tail = late
        ? [
              ...[marker(table.length / 512, 1), table, marker(directory.length / 512, 2), directory],
              ...[marker(1, 3), headerOf(disk, { ...options, directoryAt, overhead: head }), marker(0, 0)],
          ]
        : [];
    const early = late ? [] : [directory, table, Buffer.alloc(head - before - directory.length - table.length)];
    const image = Buffer.concat([header, descriptor, ...early, ...data, ...tail]);
    return options.spoil?.(image, { directoryAt, firstTableAt: tablesAt, firstGrainAt: head }) ?? image;
}

function headerOf(
    disk: Buffer,
    options: VmdkOptions & { readonly directoryAt: number | undefined; readonly overhead: number },
): Buffer {
    const { shape = "sparse", grainBytes = 65_536, grainsPerTable = 512, zeroed = false } = options;
    const header = Buffer.alloc(512);
    header.write("KDMV", 0, "latin1");
    header.writeUInt32LE(shape === "sparse" ? (zeroed ? 2 : 1) : 3, 4);
    header.writeUInt32LE(1 + (zeroed ? 4 : 0) + (shape === "sparse" ? 0 : 0x30000), 8);
    header.writeBigUInt64LE((options.capacity ?? BigInt(disk.length)) / 512n, 12);
    header.writeBigUInt64LE(BigInt(grainBytes / 512), 20);
    header.writeBigUInt64LE(BigInt(descriptorAt / 512), 28);
    header.writeBigUInt64LE(BigInt(descriptorBytes / 512), 36);
    header.writeUInt32LE(grainsPerTable, 44);
    const { directoryAt } = options;
    header.writeBigUInt64LE(directoryAt === undefined ? 0xffffffffffffffffn : BigInt(directoryAt / 512), 56);
    header.writeBigUInt64LE(BigInt(options.overhead / 512), 64);
    header.write("\n \r\n", 73, "latin1");
    header.writeUInt16LE(shape === "sparse" ? 0 : 1, 77);
    return header;
}

function compressed(grain: Buffer, sector: number): Buffer {
    const data = deflateSync(grain);
    const bytes = Buffer.alloc(roundUp(12 + data.length));
    bytes.writeBigUInt64LE(BigInt(sector), 0);
    bytes.writeUInt32LE(data.length, 8);
    data.copy(bytes, 12);
    return bytes;
}

function marker(sectors: number, kind: number): Buffer {
    const bytes = Buffer.alloc(512);
    bytes.writeBigUInt64LE(BigInt(sectors), 0);
    bytes.writeUInt32LE(kind, 12);
    return bytes;
}

function roundUp(value: number, to = 512): number {
    return Math.ceil(value / to) * to;
}
