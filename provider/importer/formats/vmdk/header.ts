// The header of a sparse VMDK, which is its footer too: sizes, where the tables are, and how the grains are kept.
import { remake, type Extent, type Refuse } from "../refusal.js";

/** Stands for the place of the tables where only the footer knows it. */
export const atEnd = Number.POSITIVE_INFINITY;

/** What a header says; bytes, not sectors. */
export interface VmdkHeader {
    readonly virtualSize: number;
    readonly grainBytes: number;
    readonly grainsPerTable: number;
    /** Where the directory of the grain tables lies. */
    readonly tablesAt: number;
    /** Bytes before the first grain. */
    readonly overhead: number;
    readonly descriptor: Extent;
    readonly compressed: boolean;
    /** Whether the entry 1 of a table stands for zeros. */
    readonly zeroed: boolean;
    readonly extents: readonly Extent[];
}

const flag = { newLines: 1, zeroed: 4, compressed: 2 ** 16, markers: 2 ** 17 } as const;
const knownFlags = 0b111 + flag.compressed + flag.markers;
const absurd = BigInt(Number.MAX_SAFE_INTEGER) / 512n;

/** Reads and checks a header; throws where the image must not be imported. */
export function readVmdkHeader(bytes: Uint8Array, refuse: Refuse): VmdkHeader {
    if (bytes.length < 512) throw refuse("truncated", "its header is cut off", remake);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const [version, flags] = [view.getUint32(4, true), view.getUint32(8, true)];
    const convert = 'convert it with "qemu-img convert -O qcow2"';
    if (version < 1 || version > 3) throw refuse("unsupported-image", `it is VMDK version ${version}`, convert);
    if ((flags & ~knownFlags) !== 0) {
        throw refuse(
            "unsupported-image",
            `it uses features that nobody here knows (flags 0x${flags.toString(16)})`,
            convert,
        );
    }
    if ((flags & flag.newLines) !== 0 && view.getUint32(73, true) !== 0x0a0d200a) {
        throw refuse("corrupt-image", "its line ends were changed on the way: somebody copied it as text", remake);
    }
    const compressed = (flags & flag.compressed) !== 0;
    if (view.getUint16(77, true) !== (compressed ? 1 : 0)) {
        throw refuse("unsupported-image", `its compression is number ${view.getUint16(77, true)}`, convert);
    }
    const sectors = (at: number, what: string): number => {
        const count = view.getBigUint64(at, true);
        if (count > absurd) throw refuse("corrupt-image", `${what} is absurd`, remake);
        return Number(count) * 512;
    };
    const virtualSize = sectors(12, "its virtual size");
    if (virtualSize === 0) {
        throw refuse("empty-source", "its disk has no bytes", "check that it was made whole, or ask for a blank disk");
    }
    const grainBytes = sectors(20, "the size of its grains");
    if (grainBytes < 4096 || grainBytes > 2 ** 27 || (grainBytes & (grainBytes - 1)) !== 0) {
        throw refuse("corrupt-image", `its grains have ${grainBytes} bytes`, remake);
    }
    const grainsPerTable = view.getUint32(44, true);
    if (grainsPerTable < 1 || grainsPerTable > 2 ** 16) {
        throw refuse("corrupt-image", `its tables have ${grainsPerTable} entries`, remake);
    }
    const late = view.getBigUint64(56, true) === 0xffffffffffffffffn;
    if (late && !(compressed && (flags & flag.markers) !== 0)) {
        throw refuse("corrupt-image", "its tables are at its end, and nothing marks what comes before", remake);
    }
    const descriptor = {
        what: "its descriptor",
        offset: sectors(28, "its descriptor"),
        length: sectors(36, "its descriptor"),
    };
    return {
        ...{ virtualSize, grainBytes, grainsPerTable, compressed, descriptor },
        tablesAt: late ? atEnd : sectors(56, "the place of its tables"),
        overhead: sectors(64, "what lies before its data"),
        zeroed: (flags & flag.zeroed) !== 0,
        extents: [{ what: "its header", offset: 0, length: 512 }, descriptor],
    };
}
