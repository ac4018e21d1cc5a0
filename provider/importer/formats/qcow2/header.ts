// The qcow2 header: what it says of the disk, and every reason in it not to import the image.
import type { Encoding, RandomAccess } from "../../contract.js";
import { checkExtensions } from "./extensions.js";

import { refusal, remake, type Extent, type Refuse } from "../refusal.js";
import { checkL1, refcountTable } from "./places.js";

/** What the tables need to know. */
export interface Qcow2Header {
    readonly version: number;
    readonly clusterBits: number;
    readonly virtualSize: number;
    readonly l1Offset: number;
    /** Entries of the L1 table that the virtual size needs; more may be there and mean nothing. */
    readonly l1Entries: number;
    readonly compression: Exclude<Encoding, "plain">;
    readonly extendedL2: boolean;
    /** What the header itself and the tables that it names take in the image, snapshots and bitmaps left out. */
    readonly tables: readonly Extent[];
}

/** Incompatible features, by bit (header bytes 72-79). A dirty bit (0) speaks of reference counts, which are not used here. */
const feature = { corrupt: 1, dataFile: 2, compression: 3, extendedL2: 4 } as const;
const knownFeatures = 0b11111n;
/** The one of the bits that unknowing writers clear (header bytes 88-95) that speaks of where data lies. */
const rawDataFile = 1;

/** Reads and checks the header; throws where the image must not be imported. */
export async function readHeader(input: RandomAccess): Promise<Qcow2Header> {
    const bytes = await input.read(0, 112);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const refuse = refusal(input.name);
    if (bytes.length < 72) throw refuse("truncated", "its header is cut off", remake);
    const version = view.getUint32(4);
    if (version !== 2 && version !== 3) {
        throw refuse(
            "unsupported-image",
            `it is qcow version ${version}`,
            'convert it with "qemu-img convert -O qcow2"',
        );
    }
    const { features, compressionType, headerLength } =
        version === 3 ? readVersion3(view, refuse) : { features: 0n, compressionType: 0, headerLength: 72 };
    refuseUnsafe(view, features, refuse);

    const clusterBits = view.getUint32(20);
    if (clusterBits < 9 || clusterBits > 21)
        throw refuse("corrupt-image", `its cluster size is 2^${clusterBits}`, remake);
    if (view.getBigUint64(24) > BigInt(Number.MAX_SAFE_INTEGER)) {
        throw refuse("corrupt-image", "its virtual size is absurd (more than 8 PiB)", remake);
    }
    const virtualSize = Number(view.getBigUint64(24));
    if (virtualSize === 0) {
        throw refuse("empty-source", "its disk has no bytes", "check that it was made whole, or ask for a blank disk");
    }
    const extendedL2 = has(features, feature.extendedL2);
    if (extendedL2 && clusterBits < 14) {
        throw refuse("corrupt-image", "it has subclusters in clusters smaller than 16 KiB", remake);
    }
    const clusterSize = 2 ** clusterBits;
    await checkExtensions(input, { start: headerLength, clusterSize }, refuse);
    const l1Entries = checkL1(view, { clusterBits, virtualSize, extendedL2 }, input.size, refuse);
    return {
        version,
        clusterBits,
        virtualSize,
        l1Offset: Number(view.getBigUint64(40)),
        l1Entries,
        compression: compressionType === 1 ? "zstd" : "zlib",
        extendedL2,
        tables: [
            { what: "its header", offset: 0, length: clusterSize },
            { what: "its L1 table", offset: Number(view.getBigUint64(40)), length: view.getUint32(36) * 8 },
            refcountTable(view, clusterSize, refuse),
        ],
    };
}

function readVersion3(
    view: DataView,
    refuse: Refuse,
): { features: bigint; compressionType: number; headerLength: number } {
    if (view.byteLength < 104) throw refuse("truncated", "its header is cut off", remake);
    const headerLength = view.getUint32(100);
    // Until the cluster size is known to be sane, the smallest one (512) cannot be assumed: 2 MiB bounds every header.
    if (headerLength < 104 || headerLength % 8 !== 0 || headerLength > Math.min(2 ** view.getUint32(20), 2 ** 21)) {
        throw refuse("corrupt-image", `its header says that it is ${headerLength} bytes long`, remake);
    }
    const features = view.getBigUint64(72);
    if ((features & ~knownFeatures) !== 0n) {
        const unknown = (features & ~knownFeatures).toString(16);
        throw refuse(
            "unsupported-image",
            `it uses incompatible features that are not known (bits 0x${unknown})`,
            'convert it with "qemu-img convert -O qcow2"',
        );
    }
    if (view.getUint32(96) > 6) throw refuse("corrupt-image", "its reference counts have an impossible width", remake);
    if (headerLength > 104 && view.byteLength < 105) throw refuse("truncated", "its header is cut off", remake);
    const compressionType = headerLength > 104 ? view.getUint8(104) : 0;
    if (compressionType > 1) {
        throw refuse(
            "unsupported-image",
            `its compression type ${compressionType} is not known`,
            'convert it with "qemu-img convert -O qcow2"',
        );
    }
    if (has(features, feature.compression) !== (compressionType !== 0)) {
        throw refuse("corrupt-image", "its compression type contradicts its feature bits", remake);
    }
    if (has(view.getBigUint64(88), rawDataFile) && !has(features, feature.dataFile)) {
        throw refuse("corrupt-image", "it says that its external data file is raw, and has none", remake);
    }
    return { features, compressionType, headerLength };
}

function refuseUnsafe(view: DataView, features: bigint, refuse: Refuse): void {
    if (view.getBigUint64(8) !== 0n || view.getUint32(16) !== 0) {
        throw refuse(
            "unsafe-image",
            "it names a backing file, and may read any file",
            'flatten it with "qemu-img convert"',
        );
    }
    if (has(features, feature.dataFile)) {
        throw refuse("unsafe-image", "its data lies in an external file", 'flatten it with "qemu-img convert"');
    }
    if (view.getUint32(32) !== 0) {
        throw refuse("unsafe-image", "it is encrypted", 'decrypt it with "qemu-img convert"');
    }
    if (has(features, feature.corrupt)) {
        throw refuse("unsafe-image", "it is marked corrupt", 'repair it with "qemu-img check -r all"');
    }
}

function has(features: bigint, bit: number): boolean {
    return ((features >> BigInt(bit)) & 1n) === 1n;
}
