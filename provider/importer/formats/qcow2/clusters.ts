// One L2 entry: where a cluster of the guest disk lies, or why it cannot be believed.
import type { Qcow2Header } from "./header.js";
import { checkInside, remake, type Refuse } from "../refusal.js";
import type { PieceList } from "../piece-list.js";

/** An L2 entry, in halves of 32 bits, and the guest offset that it describes. */
export interface L2Entry {
    readonly high: number;
    readonly low: number;
    /** Subclusters that have data, and those that read as zeros (extended L2 entries only). */
    readonly allocated: number;
    readonly zeroed: number;
    readonly guest: number;
}

/** What every entry is checked against. */
export interface ClusterContext {
    readonly header: Qcow2Header;
    readonly pieces: PieceList;
    readonly refuse: Refuse;
    readonly fileSize: number | undefined;
}

const compressedBit = 0x40000000;
/** Reserved in a standard entry: bits 56 to 61 of the high half, 1 to 8 of the low one. */
const reservedHigh = 0x3f000000;
const reservedLow = 0x1fe;
const zeroBit = 1;

/** Adds what an entry names to the pieces; zeros and unallocated clusters add nothing. */
export function addCluster(entry: L2Entry, context: ClusterContext): void {
    if ((entry.high & compressedBit) !== 0) {
        addCompressed(entry, context);
        return;
    }
    const { header, refuse } = context;
    if ((entry.high & reservedHigh) !== 0 || (entry.low & reservedLow) !== 0) {
        throw refuse("corrupt-image", `the entry of guest offset ${entry.guest} has reserved bits set`, remake);
    }
    const offset = (entry.high & 0x00ffffff) * 2 ** 32 + ((entry.low & 0xfffffe00) >>> 0);
    if (offset % 2 ** header.clusterBits !== 0) {
        throw refuse("corrupt-image", `the data of guest offset ${entry.guest} does not begin at a cluster`, remake);
    }
    const zero = (entry.low & zeroBit) !== 0;
    if (header.extendedL2) {
        if (zero) {
            throw refuse("corrupt-image", `the entry of guest offset ${entry.guest} has reserved bits set`, remake);
        }
        addSubclusters(entry, offset, context);
        return;
    }
    if (zero && header.version < 3) {
        throw refuse("corrupt-image", "it marks clusters as zeros, which its version does not know", remake);
    }
    if (!zero && offset !== 0) addPlain(offset, entry.guest, 2 ** header.clusterBits, context);
}

/**
 * Extended L2 entries divide a cluster into 32: each has data, reads as zeros, or is not allocated. Both at once is invalid,
 * and so is data without a cluster.
 */
function addSubclusters(entry: L2Entry, offset: number, context: ClusterContext): void {
    if ((entry.allocated & entry.zeroed) !== 0 || (offset === 0 && entry.allocated !== 0)) {
        const why = `the subclusters of guest offset ${entry.guest} contradict each other`;
        throw context.refuse("corrupt-image", why, remake);
    }
    const size = 2 ** context.header.clusterBits / 32;
    for (let index = 0; index < 32; index += 1) {
        const guest = entry.guest + index * size;
        if (guest >= context.header.virtualSize) return;
        if (((entry.allocated >>> index) & 1) === 1) addPlain(offset + index * size, guest, size, context);
    }
}

/** The offset has 62 - (cluster bits - 8) bits; the bits above it count the sectors after the first. */
function addCompressed(entry: L2Entry, context: ClusterContext): void {
    const { header, pieces, refuse } = context;
    if (entry.allocated !== 0 || entry.zeroed !== 0) {
        throw refuse("corrupt-image", `the compressed cluster of guest offset ${entry.guest} has subclusters`, remake);
    }
    // Between 17 and 29 bits of the offset lie in the high half.
    const highBits = 62 - (header.clusterBits - 8) - 32;
    const high = entry.high & 0x3fffffff;
    const sectors = (high >>> highBits) + 1;
    const offset = (high % 2 ** highBits) * 2 ** 32 + entry.low;
    // Only the first byte must be there: the number of sectors is rounded up, and the decoder finds out what is missing.
    requireInside(offset, 1, entry.guest, context);
    pieces.addCompressed(offset, entry.guest, sectors);
}

function addPlain(offset: number, guest: number, length: number, context: ClusterContext): void {
    const { header, pieces, refuse, fileSize = Infinity } = context;
    requireInside(offset, Math.min(length, header.virtualSize - guest), guest, context);
    pieces.addPlain(offset, guest, length);
    if (pieces.plainBytes > fileSize + length) {
        throw refuse("corrupt-image", "its tables name more data than the image has", remake);
    }
}

function requireInside(offset: number, length: number, guest: number, context: ClusterContext): void {
    if (context.fileSize !== undefined && offset + length <= context.fileSize) return;
    const image = { fileSize: context.fileSize, virtualSize: context.header.virtualSize };
    checkInside({ what: `the data of guest offset ${guest}`, offset, length }, image, context.refuse);
}
