// Every compression that can lie around an image, one line each.
import type { Codec } from "../contract.js";
import { bzip2 } from "./bzip2.js";
import { gzip } from "./gzip.js";
import { tar } from "./tar.js";
import { xz } from "./xz.js";
import { zstd } from "./zstd.js";

/** The codecs, in the order in which they are tried. */
export const codecs: readonly Codec[] = [gzip, zstd, xz, bzip2];

/** All that may lie around a disk: an archive of one disk too. */
export const wrappings: readonly Codec[] = [...codecs, tar];
