// VMDK in one file (VMware: Virtual Disk Format 5.0): monolithicSparse, and streamOptimized as OVAs hold it.
import type { Format, Passing, RandomAccess } from "../contract.js";
import { checkRoom } from "../room.js";
import { refusal, remake } from "./refusal.js";
import { readDescriptor } from "./vmdk/descriptor.js";
import { type VmdkHeader, atEnd, readVmdkHeader } from "./vmdk/header.js";
import { checkFooter, readMarkers } from "./vmdk/markers.js";
import { readGrainTables } from "./vmdk/tables.js";

/** A footer stands before the last sector, which says that the stream is over. */
const footerFromEnd = 1024;

/** The VMDK format. A descriptor without a disk in it names other files, and is refused by that. */
export const vmdk: Format = {
    name: "vmdk",
    match: (head) => ["KDMV", "# Disk DescriptorFile"].some((magic) => textAt(head, magic.length) === magic),
    async layout(input: RandomAccess, room: number | undefined, passing?: Passing) {
        const refuse = refusal(input.name);
        const first = await input.read(0, 512);
        if (textAt(first, 1) === "#") {
            throw refuse(
                "unsafe-image",
                "it is only the description of a disk that lies in other files",
                'make one file of it with "qemu-img convert -O qcow2", or publish it as streamOptimized',
            );
        }
        const header = readVmdkHeader(first, refuse);
        checkRoom(input.name, header.virtualSize, room);
        await readDescriptor(input, header, refuse);
        passing?.begin(header.virtualSize, header.grainBytes);
        const pieces =
            header.tablesAt !== atEnd
                ? await readGrainTables(input, header, refuse, passing)
                : input.seeks
                  ? await readGrainTables(input, await readEnd(input, header, refuse), refuse, passing)
                  : await readMarkers(input, header, refuse, passing);
        // An image without a grain may be cut off, and nothing else would tell.
        if (header.overhead > (input.size ?? Infinity))
            throw refuse("truncated", "it ends before its data begins", remake);
        if (pieces.guestBytes === 0 && (await input.read(header.overhead - 1, 1)).length === 0)
            throw refuse("truncated", "it ends before its data begins", remake);
        return { virtualSize: header.virtualSize, pieces, allocated: pieces.guestBytes };
    },
};

/** The header once more, with the place of the tables, which whoever wrote it did not know at the beginning. */
async function readEnd(
    input: RandomAccess,
    header: VmdkHeader,
    refuse: ReturnType<typeof refusal>,
): Promise<VmdkHeader> {
    const bytes = await input.read(Math.max(0, (input.size ?? 0) - footerFromEnd), 512);
    if (textAt(bytes, 4) !== "KDMV")
        throw refuse("truncated", "there is no footer at its end, so it is cut off", remake);
    const footer = checkFooter(bytes, header, refuse);
    const end = { what: "its footer", offset: (input.size ?? 0) - footerFromEnd, length: footerFromEnd };
    return { ...footer, extents: [...header.extents, end] };
}

function textAt(bytes: Uint8Array, length: number): string {
    return String.fromCharCode(...bytes.subarray(0, length));
}
