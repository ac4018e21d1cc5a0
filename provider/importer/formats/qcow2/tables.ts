// The qcow2 tables: L1 names L2 tables, L2 tables name clusters. Every table is read once, in the order of the file.
import type { Passing, RandomAccess } from "../../contract.js";
import type { Qcow2Header } from "./header.js";
import { checkInside, refusal, remake, type Refuse } from "../refusal.js";
import { addCluster, type ClusterContext } from "./clusters.js";
import { refuseOverlaps } from "../overlaps.js";
import { PieceList } from "../piece-list.js";

/** L2 tables asked for before the first of them is worked on: hides the way to a distant server. */
const ahead = 8;

/** Bits 9 to 55 of an L1 entry are an offset; bit 63 speaks of reference counts; all others are reserved. */
const offsetMask = 0x00fffffffffffe00n;
const copiedMask = 1n << 63n;

/** Reads the tables and returns the pieces, checked and in the order of the source; `passing` hears of each table's at once. */
export async function readTables(input: RandomAccess, header: Qcow2Header, passing?: Passing): Promise<PieceList> {
    const refuse = refusal(input.name);
    const clusterSize = 2 ** header.clusterBits;
    const pieces = new PieceList({
        name: input.name,
        compression: header.compression,
        clusterSize,
        virtualSize: header.virtualSize,
        sourceSize: input.size,
    });
    const tables = await readL1(input, header, refuse);
    const context: ClusterContext = { header, pieces, refuse, fileSize: input.size };
    const entrySize = header.extendedL2 ? 16 : 8;
    const perTable = clusterSize / entrySize;
    const reads: Promise<Uint8Array>[] = [];
    // Whoever takes the pieces in passing must know one table's before the stream goes on to the next.
    const asked = passing === undefined ? ahead : 1;
    for (let next = 0, done = 0; done < tables.length; done += 1) {
        for (; next < tables.length && next < done + asked; next += 1) {
            const reading = input.read(tables[next]?.offset ?? 0, clusterSize);
            // Whichever fails first is reported; the others must not become unhandled meanwhile.
            reading.catch(() => undefined);
            reads.push(reading);
        }
        const bytes = await reads.shift();
        if (bytes?.length !== clusterSize) throw refuse("truncated", "it ends within its tables", remake);
        const known = pieces.mark();
        readL2(bytes, entrySize, (tables[done]?.index ?? 0) * perTable, context);
        passing?.learn(pieces.since(known));
    }
    pieces.sort();
    const l2 = tables.map(({ offset }) => ({ what: "one of its L2 tables", offset, length: clusterSize }));
    refuseOverlaps(pieces, [...header.tables, ...l2], refuse);
    return pieces;
}

interface Table {
    /** Position in the L1 table: which part of the guest disk it describes. */
    readonly index: number;
    readonly offset: number;
}

async function readL1(input: RandomAccess, header: Qcow2Header, refuse: Refuse): Promise<Table[]> {
    const bytes = await input.read(header.l1Offset, header.l1Entries * 8);
    if (bytes.length < header.l1Entries * 8) throw refuse("truncated", "it ends within its L1 table", remake);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const clusterSize = 2 ** header.clusterBits;
    const tables: Table[] = [];
    for (let index = 0; index < header.l1Entries; index += 1) {
        const entry = view.getBigUint64(index * 8);
        const offset = Number(entry & offsetMask);
        if ((entry & ~(offsetMask | copiedMask)) !== 0n) {
            throw refuse("corrupt-image", `entry ${index} of its L1 table has reserved bits set`, remake);
        }
        if (offset === 0) continue;
        if (offset % clusterSize !== 0) {
            throw refuse("corrupt-image", `entry ${index} of its L1 table does not point at a cluster`, remake);
        }
        checkInside(
            { what: `the L2 table ${index}`, offset, length: clusterSize },
            { fileSize: input.size, virtualSize: header.virtualSize },
            refuse,
        );
        tables.push({ index, offset });
    }
    tables.sort((left, right) => left.offset - right.offset);
    for (let at = 1; at < tables.length; at += 1) {
        if (tables[at]?.offset === tables[at - 1]?.offset) {
            throw refuse("corrupt-image", "two entries of its L1 table share an L2 table", remake);
        }
    }
    return tables;
}

function readL2(bytes: Uint8Array, entrySize: number, firstCluster: number, context: ClusterContext): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const clusterSize = 2 ** context.header.clusterBits;
    for (let at = 0; at < bytes.length; at += entrySize) {
        // As two halves: 64-bit numbers would cost more than all the rest.
        const high = view.getUint32(at);
        const low = view.getUint32(at + 4);
        const allocated = entrySize === 16 ? view.getUint32(at + 12) : 0;
        const zeroed = entrySize === 16 ? view.getUint32(at + 8) : 0;
        if ((high | low | allocated | zeroed) === 0) continue;
        const guest = (firstCluster + at / entrySize) * clusterSize;
        // Entries behind the end of the disk mean nothing.
        if (guest >= context.header.virtualSize) return;
        addCluster({ high, low, allocated, zeroed, guest }, context);
    }
}
