// Every disk image format that can be imported, one line each.
import type { Format } from "../contract.js";
import type { Footer } from "../footer.js";
import { qcow2 } from "./qcow2.js";
import { raw } from "./raw.js";
import { vdi } from "./vdi.js";
import { fixedVhd, vhd } from "./vhd.js";
import { vhdx } from "./vhdx.js";
import { vmdk } from "./vmdk.js";

/** The formats, in the order in which they are tried: raw matches anything, so it comes last. */
export const formats: readonly Format[] = [qcow2, vdi, vhd, vhdx, vmdk, raw];

/** What may stand behind a raw disk and make it another format. */
export const footers: readonly Footer[] = [fixedVhd];
