// Every compression that can lie around an image, one line each.
import type { Codec } from "../contract.js";
import { gzip } from "./gzip.js";

/** The codecs, in the order in which they are tried. */
export const codecs: readonly Codec[] = [gzip];
