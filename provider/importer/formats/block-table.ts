// A disk in blocks of one size, each at a place that a table names: the shape of VDI, VHD and VHDX, read in parts and checked.
import type { Passing, RandomAccess } from "../contract.js";
import { refuseOverlaps } from "./overlaps.js";
import { PieceList } from "./piece-list.js";
import { checkInside, remake, type Extent, type Refuse } from "./refusal.js";

/** A table of blocks. */
export interface BlockTable {
    readonly virtualSize: number;
    /** Bytes of a block's data: a multiple of 512. */
    readonly blockSize: number;
    /** Where the table lies, and the bytes of one entry. */
    readonly offset: number;
    readonly entrySize: number;
    /** Entries of the table: one for each block, and perhaps others. */
    readonly entries: number;
    /** What an entry says: the block that it is of, and where its data lies; undefined where it has none. */
    read(entry: DataView, index: number): { readonly block: number; readonly offset: number } | undefined;
    /** The header and whatever else is no data. */
    readonly extents: readonly Extent[];
}

/** Bytes of a table read at once: whatever a header claims, no more memory than this is taken for it. */
const tableBytes = 1 << 20;

/** Reads the table and returns the pieces, checked and in the order of the source; `passing` hears of them part by part. */
export async function readBlockTable(
    input: RandomAccess,
    table: BlockTable,
    refuse: Refuse,
    passing?: Passing,
): Promise<PieceList> {
    const { virtualSize, blockSize, entrySize, entries } = table;
    const image = { fileSize: input.size, virtualSize };
    const place = { what: "its block table", offset: table.offset, length: entries * entrySize };
    checkInside(place, image, refuse);
    passing?.begin(virtualSize, blockSize);
    const pieces = new PieceList({
        name: input.name,
        compression: "zlib",
        clusterSize: blockSize,
        virtualSize,
        sourceSize: input.size,
    });
    for (let at = 0; at < place.length; at += tableBytes) {
        const bytes = await input.read(place.offset + at, Math.min(tableBytes, place.length - at));
        if (bytes.length < Math.min(tableBytes, place.length - at)) {
            throw refuse("truncated", "it ends within its block table", remake);
        }
        const known = pieces.mark();
        for (let entry = 0; entry < bytes.length; entry += entrySize) {
            const view = new DataView(bytes.buffer, bytes.byteOffset + entry, entrySize);
            const found = table.read(view, (at + entry) / entrySize);
            // Blocks behind the end of the disk mean nothing.
            if (found === undefined || found.block * blockSize >= virtualSize) continue;
            const guest = found.block * blockSize;
            const length = Math.min(blockSize, Math.ceil((virtualSize - guest) / 512) * 512);
            checkInside({ what: `the block ${found.block}`, offset: found.offset, length }, image, refuse);
            pieces.addPlain(found.offset, guest, length);
        }
        passing?.learn(pieces.since(known));
    }
    pieces.sort();
    refuseOverlaps(pieces, [...table.extents, place], refuse);
    return pieces;
}
