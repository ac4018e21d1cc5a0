// qcow2 images that must be refused, each with the reason and the code that says it.
import type { ErrorCode } from "../../provider/model/errors.js";
import { makeDisk } from "./disk.js";
import { makeQcow2, type Qcow2Options } from "./qcow2.js";

/** An image that must not be imported. */
export interface Hostile {
    readonly reason: string;
    readonly code: ErrorCode;
    readonly image: Buffer;
}

const disk = makeDisk(300_000, { seed: 7 });
/** A disk whose first cluster is data, so that its first L2 entry is there to be spoiled. */
const full = Buffer.from(disk.map((byte, index) => byte | (index % 251 === 0 ? 1 : 0)));

function spoiled(spoil: NonNullable<Qcow2Options["spoil"]>, options: Qcow2Options = {}): Buffer {
    return makeQcow2(full, { ...options, spoil });
}

/** Writes into the header. */
function header(write: (image: Buffer) => void, options: Qcow2Options = {}): Buffer {
    return spoiled((image) => {
        write(image);
        return image;
    }, options);
}

/** Every hostile image of the suite. */
export const hostileQcow2: readonly Hostile[] = [
    {
        reason: "a backing file would let the image read any file of this machine",
        code: "unsafe-image",
        image: header((image) => {
            image.writeBigUInt64BE(512n, 8);
            image.writeUInt32BE(11, 16);
            image.write("/etc/passwd", 512);
        }),
    },
    {
        reason: "a backing file in a version 2 image is one too",
        code: "unsafe-image",
        image: header((image) => image.writeBigUInt64BE(512n, 8), { version: 2 }),
    },
    {
        reason: "an external data file would be read beside the image",
        code: "unsafe-image",
        image: header((image) => image.writeBigUInt64BE(4n, 72)),
    },
    {
        reason: "an external data file that is said to be raw, and is none",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(2n, 88)),
    },
    { reason: "AES encryption", code: "unsafe-image", image: header((image) => image.writeUInt32BE(1, 32)) },
    { reason: "LUKS encryption", code: "unsafe-image", image: header((image) => image.writeUInt32BE(2, 32)) },
    { reason: "the corrupt bit", code: "unsafe-image", image: header((image) => image.writeBigUInt64BE(2n, 72)) },
    {
        reason: "an incompatible feature that nobody knows yet",
        code: "unsupported-image",
        image: header((image) => image.writeBigUInt64BE(1n << 40n, 72)),
    },
    { reason: "qcow version 1", code: "unsupported-image", image: header((image) => image.writeUInt32BE(1, 4)) },
    { reason: "a version to come", code: "unsupported-image", image: header((image) => image.writeUInt32BE(4, 4)) },
    {
        reason: "a compression type that nobody knows yet",
        code: "unsupported-image",
        image: header((image) => image.writeUInt8(7, 104), { compression: "zstd" }),
    },
    {
        reason: "a compression type without its feature bit",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(0n, 72), { compression: "zstd" }),
    },
    { reason: "clusters of 256 bytes", code: "corrupt-image", image: header((image) => image.writeUInt32BE(8, 20)) },
    { reason: "clusters of 4 MiB", code: "corrupt-image", image: header((image) => image.writeUInt32BE(22, 20)) },
    {
        reason: "a cluster size of 2^4294967295",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(0xffffffff, 20)),
    },
    {
        reason: "a header that claims to be shorter than it must be",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(72, 100)),
    },
    {
        reason: "a header that claims to be longer than a cluster",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(0x7ffffff8, 100)),
    },
    {
        reason: "an absurd virtual size",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(0xffffffffffffffffn, 24)),
    },
    {
        reason: "a virtual size that no L1 table of 32 MiB can map",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(1n << 52n, 24)),
    },
    {
        reason: "an L1 table of 32 GiB [C4]",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(0xffffffff, 36)),
    },
    {
        reason: "an L1 table too short for the disk",
        code: "corrupt-image",
        image: header((image) => image.writeUInt32BE(0, 36)),
    },
    {
        reason: "an L1 table far outside the file",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(1n << 50n, 40)),
    },
    {
        reason: "an L1 table at an offset beyond all numbers",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(0xffffffffffff0000n, 40)),
    },
    {
        reason: "an L1 table that does not begin at a cluster",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(65_536n + 8n, 40)),
    },
    {
        reason: "an L1 entry with reserved bits",
        code: "corrupt-image",
        image: spoiled((image, { l1Offset }) => void image.writeUInt8(0x90, l1Offset)),
    },
    {
        reason: "an L1 entry that points far outside the file",
        code: "corrupt-image",
        image: spoiled((image, { l1Offset }) => void image.writeBigUInt64BE(1n << 50n, l1Offset)),
    },
    {
        reason: "an L1 entry that does not point at a cluster",
        code: "corrupt-image",
        image: spoiled(
            (image, { l1Offset, l2Offset }) => void image.writeBigUInt64BE(BigInt(l2Offset + 512), l1Offset),
        ),
    },
    {
        reason: "two L1 entries with one L2 table",
        code: "corrupt-image",
        image: spoiled((image, { l1Offset }) => void image.copy(image, l1Offset + 8, l1Offset, l1Offset + 8), {
            clusterBits: 9,
        }),
    },
    {
        reason: "an L2 entry with reserved bits",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.writeUInt8(0x81, l2Offset)),
    },
    {
        reason: "an L2 entry that points far outside the file",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.writeBigUInt64BE(1n << 50n, l2Offset)),
    },
    {
        reason: "an L2 entry that does not point at a cluster",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset, dataOffset }) => {
            image.writeBigUInt64BE(BigInt(dataOffset + 512), l2Offset);
            return image;
        }),
    },
    {
        reason: "two guest clusters in one host cluster",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.copy(image, l2Offset + 8, l2Offset, l2Offset + 8)),
    },
    {
        reason: "compressed clusters that all share the same bytes: a bomb",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.copy(image, l2Offset + 8, l2Offset, l2Offset + 8), {
            compression: "zlib",
        }),
    },
    {
        reason: "a zero flag in version 2, which does not have it",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.writeUInt8(1, l2Offset + 7), { version: 2 }),
    },
    {
        reason: "subclusters that have data and are zeros at once",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.fill(0xff, l2Offset + 8, l2Offset + 16), {
            extendedL2: true,
        }),
    },
    {
        reason: "subclusters with data but without a cluster",
        code: "corrupt-image",
        image: spoiled((image, { l2Offset }) => void image.fill(0, l2Offset, l2Offset + 8), { extendedL2: true }),
    },
    {
        reason: "subclusters in clusters too small for them",
        code: "corrupt-image",
        image: header((image) => image.writeBigUInt64BE(16n, 72), { clusterBits: 12 }),
    },
    {
        reason: "compressed zlib data that is garbage",
        code: "corrupt-image",
        image: spoiled((image, { dataOffset }) => image.fill(0xff, dataOffset), { compression: "zlib" }),
    },
    {
        reason: "compressed zstd data that is garbage",
        code: "corrupt-image",
        image: spoiled((image, { dataOffset }) => image.fill(0xff, dataOffset), { compression: "zstd" }),
    },
    { reason: "a header that is cut off", code: "truncated", image: makeQcow2(full).subarray(0, 60) },
    { reason: "a version 3 header that is cut off", code: "truncated", image: makeQcow2(full).subarray(0, 100) },
    { reason: "an image cut off within its tables", code: "truncated", image: makeQcow2(full).subarray(0, 70_000) },
    { reason: "an image cut off within its data", code: "truncated", image: makeQcow2(full).subarray(0, 300_000) },
    {
        reason: "an image cut off before its late tables",
        code: "truncated",
        image: makeQcow2(full, { lateTables: true }).subarray(0, 300_000),
    },
];
