// Every disk image format that can be imported, one line each.
import type { Format } from "../contract.js";
import { qcow2 } from "./qcow2.js";
import { raw } from "./raw.js";

/** The formats, in the order in which they are tried: raw matches anything, so it comes last. */
export const formats: readonly Format[] = [qcow2, raw];
