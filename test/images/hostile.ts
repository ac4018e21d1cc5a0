// Every hostile image there is, by the room of the code that has to refuse it.
import { hostileCodecs, type HostileInRoom } from "./hostile-codecs.js";
import { hostileTar } from "./hostile-tar.js";
import { hostileQcow2 } from "./hostile-qcow2.js";
import { hostileVhdx } from "./hostile-vhdx.js";
import { hostileVmdk, lyingFiles } from "./hostile-vmdk.js";
import { lyingQcow2 } from "./lying-qcow2.js";
import { hostileVdi } from "./vdi.js";
import { hostileVhd, lyingFixedVhd } from "./vhd.js";

/** All of them. */
export const everyHostile: Readonly<Record<string, readonly HostileInRoom[]>> = {
    qcow2: [...hostileQcow2, ...lyingQcow2],
    vdi: hostileVdi,
    vpc: [...hostileVhd, ...lyingFixedVhd],
    vhdx: hostileVhdx,
    vmdk: [...hostileVmdk, ...lyingFiles],
    "compressions and archives": [...hostileCodecs, ...hostileTar],
};
