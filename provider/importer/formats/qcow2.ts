// qcow2, versions 2 and 3 (QEMU: docs/interop/qcow2.txt): header and tables in, pieces of the guest disk out.
import type { Format, Passing, RandomAccess } from "../contract.js";
import { checkRoom } from "../room.js";
import { readHeader } from "./qcow2/header.js";
import { readTables } from "./qcow2/tables.js";

/** The qcow2 format. Internal snapshots and bitmaps are ignored: only the active disk is imported. */
export const qcow2: Format = {
    name: "qcow2",
    match: (head) => head[0] === 0x51 && head[1] === 0x46 && head[2] === 0x49 && head[3] === 0xfb,
    async layout(input: RandomAccess, room: number | undefined, passing?: Passing) {
        const header = await readHeader(input);
        checkRoom(input.name, header.virtualSize, room);
        passing?.begin(header.virtualSize, 2 ** header.clusterBits);
        const pieces = await readTables(input, header, passing);
        return { virtualSize: header.virtualSize, pieces, allocated: pieces.guestBytes };
    },
};
