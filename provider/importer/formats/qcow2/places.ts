// Where a qcow2 header says that its tables lie, and why that cannot be.
import { formatQuantity } from "../../../model/quantity.js";
import { checkInside, remake, type Extent, type Refuse } from "../refusal.js";

/** QEMU's own limits of an L1 table (QCOW_MAX_L1_SIZE) and of a reference count table (QCOW_MAX_REFTABLE_SIZE). */
const maxL1Bytes = 32 * 1024 * 1024;
const maxRefcountBytes = 8 * 1024 * 1024;

/** Checks the L1 table by what the header says of it; returns the entries that the disk needs: more may be there and mean nothing. */
export function checkL1(
    view: DataView,
    disk: { readonly clusterBits: number; readonly virtualSize: number; readonly extendedL2: boolean },
    fileSize: number | undefined,
    refuse: Refuse,
): number {
    const clusterSize = 2 ** disk.clusterBits;
    const covered = (clusterSize / (disk.extendedL2 ? 16 : 8)) * clusterSize;
    const needed = Math.ceil(disk.virtualSize / covered);
    const declared = view.getUint32(36);
    if (needed * 8 > maxL1Bytes || declared * 8 > maxL1Bytes) {
        const size = formatQuantity(disk.virtualSize);
        throw refuse("corrupt-image", `its L1 table (virtual size ${size}) is larger than 32 MiB`, remake);
    }
    if (declared < needed) throw refuse("corrupt-image", "its L1 table is too short for its virtual size", remake);
    const offset = view.getBigUint64(40);
    if (offset % BigInt(clusterSize) !== 0n || offset === 0n) {
        throw refuse("corrupt-image", "its L1 table does not begin at a cluster", remake);
    }
    checkInside(
        { what: "its L1 table", offset: Number(offset), length: needed * 8 },
        { fileSize, virtualSize: disk.virtualSize },
        refuse,
    );
    return needed;
}

/** Where the reference count table lies: it is not used here, but no data can be there. */
export function refcountTable(view: DataView, clusterSize: number, refuse: Refuse): Extent {
    const offset = view.getBigUint64(48);
    const length = view.getUint32(56) * clusterSize;
    const absurd = offset > BigInt(Number.MAX_SAFE_INTEGER) || length > maxRefcountBytes;
    if (length > 0 && (absurd || offset === 0n || offset % BigInt(clusterSize) !== 0n)) {
        throw refuse("corrupt-image", "its reference count table cannot be where its header says", remake);
    }
    return { what: "its reference count table", offset: Number(offset), length };
}
