// One disk in every format inside every compression: what each way in has to bring as the same bytes.
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeBzip2 } from "./bzip2.js";
import { makeDisk } from "./disk.js";
import { makeQcow2 } from "./qcow2.js";
import { makeVdi } from "./vdi.js";
import { makeFixedVhd, makeVhd } from "./vhd.js";
import { makeVhdx } from "./vhdx.js";
import { makeVmdk } from "./vmdk.js";
import { makeXz } from "./xz.js";

/** One of them. */
export interface EveryImage {
    /** The shape and the compression: "vmdk-stream.xz". */
    readonly name: string;
    /** The format that an import tells of. */
    readonly format: string;
    readonly codecs: readonly string[];
    readonly bytes: Buffer;
    /** Its tables stand behind what they speak of: a stream of it is read twice. */
    readonly late?: true;
}

/** The disk: whole sectors, but no whole pages and no whole clusters. */
export const everyDisk = makeDisk(150_016, { seed: 47 });

const shapes: readonly (readonly [name: string, format: string, bytes: Buffer, late?: true])[] = [
    ["raw", "raw", everyDisk],
    ["qcow2", "qcow2", makeQcow2(everyDisk)],
    ["qcow2-zlib", "qcow2", makeQcow2(everyDisk, { compression: "zlib" })],
    ["qcow2-zstd", "qcow2", makeQcow2(everyDisk, { compression: "zstd" })],
    ["qcow2-late", "qcow2", makeQcow2(everyDisk, { lateTables: true }), true],
    ["vdi-dynamic", "vdi", makeVdi(everyDisk, { blockSize: 65_536 })],
    ["vdi-static", "vdi", makeVdi(everyDisk, { blockSize: 65_536, type: "static" })],
    ["vhd-dynamic", "vpc", makeVhd(everyDisk, { blockSize: 65_536 })],
    ["vhd-fixed", "vpc", makeFixedVhd(everyDisk)],
    ["vhdx", "vhdx", makeVhdx(everyDisk)],
    ["vmdk-sparse", "vmdk", makeVmdk(everyDisk)],
    ["vmdk-stream", "vmdk", makeVmdk(everyDisk, { shape: "stream" })],
];

const encoders: readonly (readonly [codec: string, encode: (bytes: Buffer) => Buffer])[] = [
    ["gz", (bytes) => gzipSync(bytes)],
    ["zst", (bytes) => zstdCompressSync(bytes)],
    ["xz", (bytes) => makeXz(bytes, { check: 1, blockBytes: 65_536 })],
    ["bz2", (bytes) => makeBzip2(bytes)],
];

/** All of them, those without a compression first. */
export function makeEvery(): EveryImage[] {
    const plain = shapes.map(([name, format, bytes, late]) => ({
        ...{ name, format, codecs: [] as string[], bytes },
        ...(late && { late }),
    }));
    const packed = encoders.flatMap(([codec, encode]) =>
        plain.map((image) => ({
            ...image,
            name: `${image.name}.${codec}`,
            codecs: [codec],
            bytes: encode(image.bytes),
        })),
    );
    return [...plain, ...packed];
}
