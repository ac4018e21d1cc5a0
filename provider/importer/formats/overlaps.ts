// What lies over what in an image: tables and data each have bytes of their own, or the image was made to deceive. An image
// whose data lies over its header or its tables could show one disk to us and another to the next reader.
import type { Piece } from "../contract.js";
import { remake, type Extent, type Refuse } from "./refusal.js";

const sector = 512;

/** Throws `corrupt-image` where tables, or pieces (by ascending source offset), lie over each other or over one another. */
export function refuseOverlaps(pieces: Iterable<Piece>, tables: readonly Extent[], refuse: Refuse): void {
    const sorted = tables.filter(({ length }) => length > 0).sort((left, right) => left.offset - right.offset);
    sorted.forEach((table, index) => {
        const before = sorted[index - 1];
        if (before === undefined || table.offset >= before.offset + before.length) return;
        throw refuse("corrupt-image", `${before.what} and ${table.what} share the bytes at ${table.offset}`, remake);
    });
    let next = 0;
    let start = -1;
    let end = 0;
    let compressed = false;
    for (const { sourceOffset, sourceLength, encoding } of pieces) {
        // Compressed data ends anywhere in its last sector, and other compressed data may begin right there. No two begin at
        // one byte: a small image would become a large disk.
        const shared = compressed && encoding !== "plain" ? sector : 0;
        if (sourceOffset < end - shared || sourceOffset === start) {
            throw refuse("corrupt-image", `two of its clusters share the bytes at ${sourceOffset}`, remake);
        }
        start = sourceOffset;
        end = sourceOffset + sourceLength;
        compressed = encoding !== "plain";
        let table = sorted[next];
        while (table !== undefined && table.offset + table.length <= start) table = sorted[(next += 1)];
        if (table !== undefined && table.offset < end) {
            throw refuse("corrupt-image", `its data and ${table.what} share the bytes at ${table.offset}`, remake);
        }
    }
}
