// What is damaged: an image of every format and kind, as it is and in every compression, and where in it headers and tables lie.
import { spawnSync } from "node:child_process";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { crc32c } from "../../provider/importer/formats/crc32c.js";
import { makeBzip2 } from "../images/bzip2.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2, type Qcow2Options } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { makeXz } from "../images/xz.js";
import { findTool } from "../tools.js";
import type { Stretch } from "./mutate.js";

/** One of them. */
export interface Subject {
    readonly name: string;
    readonly image: Buffer;
    readonly hot: readonly Stretch[];
    /** Writes the checksums of the format anew: else nothing behind them would ever be looked at. */
    readonly sums?: ((image: Buffer) => void) | undefined;
    readonly pack?: (image: Buffer) => Buffer;
}

/** All of them. */
export function makeSubjects(): Subject[] {
    const plain = images();
    const small = plain.filter(({ name }) => name !== "vhdx");
    const packed = packers.flatMap(([ending, pack]) =>
        (ending === "bz2" ? small.filter(({ name }) => name === "raw") : small).map((subject) => ({
            ...subject,
            name: `${subject.name}.${ending}`,
            pack,
        })),
    );
    return [...plain, ...packed, ...streams()];
}

const disk = makeDisk(700_416, { seed: 8 });
/** QEMU reads no VDI with blocks of less than a mebibyte. */
const wideDisk = makeDisk(2_500_096, { seed: 9 });

function images(): Subject[] {
    const vhdSums = (image: Buffer): void => {
        for (const [at, length, sum] of [
            [0, 512, 64],
            [512, 1024, 36],
            [image.length - 512, 512, 64],
        ] as const) {
            if (image.length >= 2048) sumUp(image.subarray(at, at + length), sum);
        }
    };
    const vhdxSums = (image: Buffer): void => {
        for (const [at, length] of [
            [64, 4],
            [128, 4],
            [192, 64],
            [256, 64],
        ] as const) {
            const part = image.subarray(at * 1024, (at + length) * 1024);
            if (part.length < 8) continue;
            part.writeUInt32LE(0, 4);
            part.writeUInt32LE(crc32c(part), 4);
        }
    };
    return [
        { name: "raw", image: disk, hot: [[0, 512]] },
        ...qcow2Shapes.map(([name, options]) => qcow2(name, options)),
        { name: "vdi", image: makeVdi(wideDisk), hot: vdiPlaces },
        { name: "vdi-static", image: makeVdi(wideDisk, { type: "static" }), hot: vdiPlaces },
        {
            name: "vhd",
            image: makeVhd(disk, { blockSize: 65_536 }),
            hot: [
                [0, 512],
                [512, 64],
                [1536, 48],
            ],
            sums: vhdSums,
        },
        { name: "vhd-fixed", image: makeFixedVhd(disk), hot: [[disk.length, 90]], sums: vhdSums },
        {
            name: "vhdx",
            image: makeVhdx(disk),
            hot: [
                [64 << 10, 80],
                [128 << 10, 80],
                [192 << 10, 80],
                [2 << 20, 16],
                [3 << 20, 200],
                [(3 << 20) + 65_536, 40],
            ],
            sums: vhdxSums,
        },
        { name: "vmdk-sparse", image: makeVmdk(disk), hot: vmdkPlaces },
        { name: "vmdk-stream", image: makeVmdk(disk, { shape: "stream" }), hot: vmdkPlaces },
        { name: "vmdk-packed", image: makeVmdk(disk, { shape: "packed" }), hot: vmdkPlaces },
    ];
}

const vdiPlaces: readonly Stretch[] = [
    [0x40, 0x190],
    [512, 12],
];

const vmdkPlaces: readonly Stretch[] = [
    [0, 80],
    [512, 220],
    [10_752, 4],
    [11_264, 44],
    [65_536, 64],
];

const qcow2Shapes: readonly (readonly [string, Qcow2Options])[] = [
    ["qcow2", {}],
    ["qcow2-zlib", { compression: "zlib", clusterBits: 14 }],
    ["qcow2-zstd", { compression: "zstd", clusterBits: 12 }],
    ["qcow2-subclusters", { extendedL2: true, clusterBits: 14 }],
    ["qcow2-late", { lateTables: true, version: 2, clusterBits: 9 }],
    ["qcow2-flags", { zeros: "allocated", reversed: true, clusterBits: 13 }],
];

function qcow2(name: string, options: Qcow2Options): Subject {
    const hot: Stretch[] = [[0, 112]];
    const image = makeQcow2(disk, {
        ...options,
        refcounts: true,
        spoil: (made, { l1Offset, l2Offset, clusterSize }) => {
            hot.push([l1Offset, 16], [l2Offset, Math.min(clusterSize, 400)]);
            return made;
        },
    });
    return { name, image, hot };
}

/** VHD sums up bytes, and turns the sum over. */
function sumUp(part: Buffer, at: number): void {
    part.writeUInt32BE(0, at);
    part.writeUInt32BE(~part.reduce((sum, byte) => sum + byte, 0) >>> 0, at);
}

const packers: readonly (readonly [string, (image: Buffer) => Buffer])[] = [
    ["gz", (image) => gzipSync(image, { level: 1 })],
    ["zst", (image) => zstdCompressSync(image)],
    ["xz", (image) => makeXz(image, { check: 1, blockBytes: 300_000 })],
    ["bz2", (image) => makeBzip2(image.subarray(0, 60_000))],
    ["tar", (image) => makeTar([{ path: "disk", bytes: image }])],
];

/** Compressions as their own programs write them, also without a checksum: what is decoded wrong must show by itself. */
function streams(): Subject[] {
    const large = makeDisk(5_000_192, { seed: 3 });
    return [
        written("xz-unchecked", "xz", ["--check=none"], disk),
        written("xz-blocks", "xz", ["-1T2", "--block-size=1200KiB", "--check=none"], large),
        written("xz-crc64", "xz", ["-6e"], disk),
        written("zst-checked", "zstd", ["-q", "-19"], disk),
        written("bz2-blocks", "bzip2", ["-1"], large),
        written("bz2-large", "bzip2", [], large),
        written("gz-best", "gzip", ["-9n"], disk),
    ].flatMap((subject) => subject ?? []);
}

function written(name: string, program: string, options: readonly string[], bytes: Buffer): Subject | undefined {
    const found = findTool(program);
    if (found === undefined) return undefined;
    const ran = spawnSync(found, [...options, "-c"], { input: bytes, maxBuffer: 1e8 });
    return {
        name,
        image: ran.stdout,
        hot: [
            [0, 64],
            [Math.max(0, ran.stdout.length - 64), 64],
        ],
    };
}
