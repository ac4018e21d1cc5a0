// VHD, dynamic and fixed (Microsoft: Virtual Hard Disk Image Format Specification 1.0).
import type { Format, Layout, Passing, RandomAccess } from "../contract.js";
import type { Footer } from "../footer.js";
import { checkRoom } from "../room.js";
import { readBlockTable } from "./block-table.js";
import { raw } from "./raw.js";
import { refusal, remake, type Refuse } from "./refusal.js";

/** Bytes of the footer, of which a copy opens the file, and of the header that it leads to. */
const [footerBytes, headerBytes] = [512, 1024];
const unwritten = 0xffffffff;
const [fixed, dynamic, differencing] = [2, 3, 4];

/** The VHD format; its name as qemu-img has it. */
export const vhd: Format = {
    name: "vpc",
    // A fixed one is the disk itself with the footer behind it. Whoever writes to a raw disk could write such a footer there:
    // it counts only where it speaks of exactly the bytes before it, so that nothing but itself is ever left out.
    match: (head, tail) => isFooter(head) || (tail !== undefined && isFooter(tail)),
    async layout(input: RandomAccess, room: number | undefined, passing?: Passing) {
        const refuse = refusal(input.name);
        const first = await input.read(0, footerBytes);
        if (!isFooter(first)) return input.seeks ? fixedLayout(input, room, refuse) : raw.layout(input, room);
        const { virtualSize, headerAt, type } = readFooter(first, refuse);
        if (type !== dynamic) throw refuse("corrupt-image", "it begins with the footer of a fixed disk", remake);
        checkRoom(input.name, virtualSize, room);
        const { tableAt, blockSize, entries } = readHeader(await input.read(headerAt, headerBytes), refuse);
        if (entries * blockSize < virtualSize)
            throw refuse("corrupt-image", "its disk is larger than its blocks", remake);
        // Each block begins with a bit for each of its sectors, in whole sectors. What was never written is zeros there as well.
        const bitmap = Math.ceil(blockSize / 512 / 8 / 512) * 512;
        const table = {
            ...{ virtualSize, blockSize, offset: tableAt, entrySize: 4, entries: Math.ceil(virtualSize / blockSize) },
            extents: [
                { what: "its footer's copy", offset: 0, length: footerBytes },
                { what: "its header", offset: headerAt, length: headerBytes },
            ],
            read: (entry: DataView, block: number) => {
                const sector = entry.getUint32(0);
                return sector === unwritten ? undefined : { block, offset: sector * 512 + bitmap };
            },
        };
        const pieces = await readBlockTable(input, table, refuse, passing);
        return { virtualSize, pieces, allocated: pieces.guestBytes };
    },
};

/** A fixed disk in a stream. */
export const fixedVhd: Footer = {
    format: vhd,
    length: footerBytes,
    magic: Buffer.from("conectix"),
    isOf(bytes, diskSize) {
        try {
            const { virtualSize, type } = readFooter(bytes, refusal(""));
            return type === fixed && virtualSize === diskSize;
        } catch {
            // The end of a raw disk, which only begins as a footer does.
            return false;
        }
    },
};

function isFooter(bytes: Uint8Array): boolean {
    return textAt(bytes, 0, 8) === "conectix";
}

async function fixedLayout(input: RandomAccess, room: number | undefined, refuse: Refuse): Promise<Layout> {
    const before = (input.size ?? 0) - footerBytes;
    const { virtualSize, type } = readFooter(await input.read(before, footerBytes), refuse);
    if (type !== fixed || virtualSize !== before) {
        throw refuse(
            "corrupt-image",
            `it has ${before} bytes of a disk, and its footer speaks of ${virtualSize}`,
            remake,
        );
    }
    checkRoom(input.name, virtualSize, room);
    const length = virtualSize;
    const piece = { sourceOffset: 0, sourceLength: length, guestOffset: 0, guestLength: length, decodedLength: length };
    // As of a raw disk: what is zeros becomes holes.
    return { virtualSize, pieces: [{ ...piece, encoding: "plain" }], allocated: undefined };
}

/** What a footer says, at either end of the file. */
function readFooter(bytes: Uint8Array, refuse: Refuse): { virtualSize: number; headerAt: number; type: number } {
    if (bytes.length < footerBytes) throw refuse("truncated", "its footer is cut off", remake);
    const view = new DataView(bytes.buffer, bytes.byteOffset, footerBytes);
    checkSum(bytes.subarray(0, footerBytes), 64, "footer", refuse);
    if (view.getUint32(12) >>> 16 !== 1) {
        throw refuse(
            "unsupported-image",
            `it is VHD version ${view.getUint16(12)}`,
            'convert it with "qemu-img convert -O qcow2"',
        );
    }
    const type = view.getUint32(60);
    if (type === differencing) {
        throw refuse(
            "unsafe-image",
            "it holds only what differs from its parent",
            "merge the two, and publish the result",
        );
    }
    if (type !== dynamic && type !== fixed)
        throw refuse("corrupt-image", `its type is ${type}, which is no disk`, remake);
    const virtualSize = sizeIn(view, bytes);
    if (virtualSize > Number.MAX_SAFE_INTEGER) {
        throw refuse("corrupt-image", "its virtual size is absurd (more than 8 PiB)", remake);
    }
    if (virtualSize === 0) {
        throw refuse("empty-source", "its disk has no bytes", "check that it was made whole, or ask for a blank disk");
    }
    const headerAt = Number(view.getBigUint64(16));
    if (
        type === dynamic &&
        (headerAt % 512 !== 0 || headerAt < footerBytes || headerAt > Number.MAX_SAFE_INTEGER - headerBytes)
    ) {
        throw refuse("corrupt-image", "its header lies at no place for one", remake);
    }
    return { virtualSize, headerAt, type };
}

/**
 * Virtual PC, and QEMU where it is not told otherwise, mean what cylinders, heads and sectors make; all others the size beside
 * them. The largest geometry stands for "larger than that".
 */
function sizeIn(view: DataView, bytes: Uint8Array): number {
    const [cylinders, heads, sectors] = [view.getUint16(56), view.getUint8(58), view.getUint8(59)];
    const byGeometry = cylinders * heads * sectors * 512;
    const largest = cylinders === 65535 && heads === 16 && sectors === 255;
    const means = ["vpc ", "qemu"].includes(textAt(bytes, 28, 4)) && !largest && byGeometry > 0;
    return means ? byGeometry : Number(view.getBigUint64(48));
}

function readHeader(bytes: Uint8Array, refuse: Refuse): { tableAt: number; blockSize: number; entries: number } {
    if (bytes.length < headerBytes) throw refuse("truncated", "its header is cut off", remake);
    if (textAt(bytes, 0, 8) !== "cxsparse") throw refuse("corrupt-image", "its footer leads to no header", remake);
    checkSum(bytes, 36, "header", refuse);
    const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
    const [tableAt, entries, blockSize] = [Number(view.getBigUint64(16)), view.getUint32(28), view.getUint32(32)];
    if (blockSize < 512 || blockSize > 2 ** 30 || (blockSize & (blockSize - 1)) !== 0) {
        throw refuse("unsupported-image", `its blocks have ${blockSize} bytes`, remake);
    }
    if (tableAt % 512 !== 0 || tableAt > Number.MAX_SAFE_INTEGER / 2) {
        throw refuse("corrupt-image", "its block table does not begin at a sector", remake);
    }
    return { tableAt, blockSize, entries };
}

/** The one's complement of the sum of all bytes but its own four. */
function checkSum(bytes: Uint8Array, at: number, what: string, refuse: Refuse): void {
    let sum = 0;
    bytes.forEach((byte, index) => (sum += index >= at && index < at + 4 ? 0 : byte));
    const said = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
    if (~sum >>> 0 !== said) throw refuse("corrupt-image", `the checksum of its ${what} is wrong`, remake);
}

function textAt(bytes: Uint8Array, at: number, length: number): string {
    return String.fromCharCode(...bytes.subarray(at, at + length));
}
