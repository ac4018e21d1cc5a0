// Tells what an image is without importing it: reads the beginning and the tables, no more.
import type { Clock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import type { Inspection, Layout, SourceSpec, SourceOptions } from "./contract.js";
import { isIso } from "./formats/raw.js";
import { checkVirtualSize, limitsOf } from "./limits.js";
import { openImage, type OpenImage } from "./open-image.js";
import { openSource } from "./sources/index.js";

/**
 * Inspects an image. An image that an import would refuse is an answer (`refused`); a source that cannot be read is an error.
 */
export async function inspectImage(
    source: SourceSpec,
    options: Omit<SourceOptions, "clock"> & {
        readonly format?: string | undefined;
        readonly signal: AbortSignal;
        readonly clock: Clock;
    },
): Promise<Inspection> {
    const opened = openSource(source, options);
    const limits = limitsOf({});
    let image: OpenImage | undefined;
    let layout: Layout | undefined;
    let refused: Inspection["refused"];
    try {
        image = await openImage(opened, {
            format: options.format,
            room: undefined,
            limits,
            checksum: undefined,
            signal: options.signal,
            progress: undefined,
        });
        layout = await image.layout();
        checkVirtualSize(opened.name, layout.virtualSize, limits.virtualBytes);
    } catch (thrown) {
        if (!isBootsourceError(thrown) || !refusals.has(thrown.code)) throw thrown;
        refused = { code: thrown.code, reason: thrown.message };
    } finally {
        await image?.close();
    }
    const iso = image?.format.name === "raw" && isIso(image.head);
    return {
        format: iso ? "iso" : (image?.format.name ?? "unknown"),
        codecs: image?.codecs ?? [],
        virtualSize: layout?.virtualSize,
        allocated: layout?.allocated,
        sourceSize: image?.identity.size,
        refused,
    };
}

/** What speaks of the image, not of the way to it. */
const refusals: ReadonlySet<string> = new Set([
    "empty-source",
    "truncated",
    "not-an-image",
    "unsafe-image",
    "unsupported-image",
    "corrupt-image",
    "limit-exceeded",
]);
