// VDI 1.1, dynamic and static (VirtualBox: VDICore.h; the layout as QEMU's block/vdi.c reads it).
import type { Format, Passing, RandomAccess } from "../contract.js";
import { checkRoom } from "../room.js";
import { readBlockTable } from "./block-table.js";
import { refusal, remake, type Refuse } from "./refusal.js";

const headerBytes = 512;
const signature = [0x7f, 0x10, 0xda, 0xbe];
/** Entries from here on are blocks that were never written, or that were discarded: both read as zeros. */
const unwritten = 0xfffffffe;
const [dynamic, fixed, undo, differencing] = [1, 2, 3, 4];

/** The VDI format. */
export const vdi: Format = {
    name: "vdi",
    match: (head) => signature.every((byte, index) => head[0x40 + index] === byte),
    async layout(input: RandomAccess, room: number | undefined, passing?: Passing) {
        const refuse = refusal(input.name);
        const { virtualSize, ...header } = readHeader(await input.read(0, headerBytes), refuse);
        checkRoom(input.name, virtualSize, room);
        const { blockSize, offsetData, offsetTable, blocks } = header;
        const table = {
            ...{ virtualSize, blockSize, offset: offsetTable, entrySize: 4, entries: blocks },
            extents: [{ what: "its header", offset: 0, length: headerBytes }],
            read: (entry: DataView, block: number) => {
                const at = entry.getUint32(0, true);
                return at >= unwritten ? undefined : { block, offset: offsetData + at * blockSize };
            },
        };
        const pieces = await readBlockTable(input, table, refuse, passing);
        return { virtualSize, pieces, allocated: pieces.guestBytes };
    },
};

function readHeader(bytes: Uint8Array, refuse: Refuse) {
    if (bytes.length < headerBytes) throw refuse("truncated", "its header is cut off", remake);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const number = (at: number): number => view.getUint32(at, true);
    const version = number(0x44);
    if (version !== 0x0001_0001) {
        const said = `${version >>> 16}.${version & 0xffff}`;
        throw refuse("unsupported-image", `it is VDI version ${said}`, 'convert it with "qemu-img convert -O qcow2"');
    }
    refuseParents(number(0x4c), bytes, refuse);
    const [virtualSize, blockSize, blocks] = [view.getBigUint64(0x170, true), number(0x178), number(0x180)];
    if (virtualSize > BigInt(Number.MAX_SAFE_INTEGER) || number(0x168) !== 512) {
        throw refuse(
            "corrupt-image",
            "its disk is absurd (more than 8 PiB, or sectors other than of 512 bytes)",
            remake,
        );
    }
    if (virtualSize === 0n) {
        throw refuse("empty-source", "its disk has no bytes", "check that it was made whole, or ask for a blank disk");
    }
    // VirtualBox makes blocks of 1 MiB; a power of two is what its own code insists on.
    if (blockSize < 512 || blockSize > 2 ** 30 || (blockSize & (blockSize - 1)) !== 0 || number(0x17c) !== 0) {
        throw refuse("unsupported-image", `its blocks have ${blockSize} bytes, and ${number(0x17c)} more`, remake);
    }
    const [offsetTable, offsetData] = [number(0x154), number(0x158)];
    if (offsetTable % 512 !== 0 || offsetData % 512 !== 0) {
        throw refuse("corrupt-image", "its block table or its data do not begin at a sector", remake);
    }
    if (Number(virtualSize) > blocks * blockSize) {
        throw refuse("corrupt-image", "its disk is larger than its blocks", remake);
    }
    // A table may be longer than the disk needs; what lies behind the disk's end is not even read.
    const needed = Math.ceil(Number(virtualSize) / blockSize);
    return { virtualSize: Number(virtualSize), blockSize, blocks: needed, offsetTable, offsetData };
}

/** Only an image that stands for itself is imported. */
function refuseParents(type: number, bytes: Uint8Array, refuse: Refuse): void {
    const [link, parent] = [bytes.subarray(0x1a8, 0x1b8), bytes.subarray(0x1b8, 0x1c8)];
    const refers = [link, parent].some((uuid) => uuid.some((byte) => byte !== 0));
    if (type === undo || type === differencing || refers) {
        throw refuse(
            "unsafe-image",
            "it holds only what differs from another image",
            'make one image of the two with "VBoxManage clonemedium"',
        );
    }
    if (type !== dynamic && type !== fixed) {
        throw refuse("corrupt-image", `its type is ${type}, which there is not`, remake);
    }
}
