// VHDX 1.0 (Microsoft: MS-VHDX): headers, regions and metadata lead to a table of blocks. A log that was not replayed is refused.
import type { Format, Passing, RandomAccess } from "../contract.js";
import { checkRoom } from "../room.js";
import { readBlockTable } from "./block-table.js";
import { refusal, remake } from "./refusal.js";
import { readVhdxHeader } from "./vhdx/header.js";
import { readMetadata } from "./vhdx/metadata.js";

const mebibyte = 2 ** 20;
/** States of a block in the table: the lowest three bits of its entry (MS-VHDX 2.5.1.1). */
const state = { notPresent: 0, undefined: 1, zero: 2, unmapped: 3, present: 6, partly: 7 } as const;

/** The VHDX format. */
export const vhdx: Format = {
    name: "vhdx",
    match: (head) => String.fromCharCode(...head.subarray(0, 8)) === "vhdxfile",
    async layout(input: RandomAccess, room: number | undefined, passing?: Passing) {
        const refuse = refusal(input.name);
        const { blockTable, metadata, extents } = await readVhdxHeader(input, refuse);
        const { virtualSize, blockSize, sectorSize } = await readMetadata(input, metadata, refuse);
        checkRoom(input.name, virtualSize, room);
        // After so many blocks comes one entry about their sectors, which only differencing disks use.
        const ratio = (2 ** 23 * sectorSize) / blockSize;
        const blocks = Math.ceil(virtualSize / blockSize);
        const entries = blocks + Math.floor((blocks - 1) / ratio);
        if (entries * 8 > blockTable.length)
            throw refuse("corrupt-image", "its disk is larger than its blocks", remake);
        const table = {
            ...{ virtualSize, blockSize, offset: blockTable.offset, entrySize: 8, entries },
            extents,
            read: (entry: DataView, index: number) => {
                const low = entry.getUint32(0, true);
                const kind = low & 7;
                if (index % (ratio + 1) === ratio) return undefined;
                const block = index - Math.floor(index / (ratio + 1));
                if (kind === state.partly) {
                    throw refuse(
                        "unsafe-image",
                        `its block ${block} is partly in a parent`,
                        "merge the two, and publish the result",
                    );
                }
                if (kind !== state.present) {
                    if (kind <= state.unmapped) return undefined;
                    throw refuse(
                        "corrupt-image",
                        `its block ${block} is in the state ${kind}, which there is not`,
                        remake,
                    );
                }
                // Bits 20 to 63 count mebibytes.
                const offset = (entry.getUint32(4, true) * 2 ** 12 + (low >>> 20)) * mebibyte;
                return { block, offset };
            },
        };
        const pieces = await readBlockTable(input, table, refuse, passing);
        return { virtualSize, pieces, allocated: pieces.guestBytes };
    },
};
