// A streamOptimized VMDK as a stream: each grain says where it goes, so that nothing has to be looked up at the end.
import type { Passing, RandomAccess } from "../../contract.js";
import { refuseOverlaps } from "../overlaps.js";
import type { PieceList } from "../piece-list.js";
import { remake, type Refuse } from "../refusal.js";
import { compressedPieces, grainHeader, mostCompressed, pieceList } from "./grains.js";
import { atEnd, readVmdkHeader, type VmdkHeader } from "./header.js";

/** What a marker without bytes of a grain announces. */
const marker = { end: 0, table: 1, directory: 2, footer: 3 } as const;

/** Goes from marker to marker, and tells of each grain before its bytes go by. */
export async function readMarkers(
    input: RandomAccess,
    header: VmdkHeader,
    refuse: Refuse,
    passing?: Passing,
): Promise<PieceList> {
    const { virtualSize, grainBytes } = header;
    const pieces = pieceList(input, header);
    let last = -1;
    let hasFooter = false;
    for (let at = header.overhead; ;) {
        const known = pieces.mark();
        const bytes = await input.read(at, 16);
        if (bytes.length < 16) throw refuse("truncated", "it ends before its end is marked", remake);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const [value, size] = [view.getBigUint64(0, true), view.getUint32(8, true)];
        if (size === 0) {
            const kind = view.getUint32(12, true);
            if (kind === marker.end) {
                // What reads as an end among the grains would leave out all that follows.
                if (!hasFooter) throw refuse("truncated", `it ends at ${at}, before its footer`, remake);
                if ((await input.read(at + 512, 1)).length > 0)
                    throw refuse("corrupt-image", "something stands behind its end", remake);
                break;
            }
            if (kind === marker.footer) {
                checkFooter(await input.read(at + 512, 512), header, refuse);
                hasFooter = true;
            }
            if (kind > marker.footer || value > 2n ** 31n) {
                throw refuse("corrupt-image", `at ${at} there is neither a grain nor a marker`, remake);
            }
            at += 512 * (1 + Number(value));
            continue;
        }
        const guest = Number(value) * 512;
        if (
            value > 2n ** 44n ||
            guest % grainBytes !== 0 ||
            guest >= virtualSize ||
            size > mostCompressed(grainBytes)
        ) {
            throw refuse("corrupt-image", `the grain at ${at} says that it is ${size} bytes for ${value}`, remake);
        }
        // Writers of streams go through the disk from its beginning. In another order the same place could be given twice.
        if (guest <= last)
            throw refuse("corrupt-image", `the grain at ${at} comes after one that is behind it`, remake);
        last = guest;
        const end = at + Math.ceil((grainHeader + size) / 512) * 512;
        compressedPieces(pieces, { grain: guest / grainBytes, offset: at }, end, grainBytes);
        passing?.learn(pieces.since(known));
        at = end;
    }
    refuseOverlaps(pieces, header.extents, refuse);
    return pieces;
}

/** The header once more, which has to speak of the same disk, and says where the tables are. */
export function checkFooter(bytes: Uint8Array, header: VmdkHeader, refuse: Refuse): VmdkHeader {
    const footer = readVmdkHeader(bytes, refuse);
    const isSame = footer.virtualSize === header.virtualSize && footer.grainBytes === header.grainBytes;
    if (isSame && footer.tablesAt !== atEnd) return footer;
    throw refuse("corrupt-image", "its footer speaks of another disk than its header", remake);
}
