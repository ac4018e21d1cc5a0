// What a file to upload holds: its bytes are what the image is, wherever the file lies and whenever it was written.
import { toBootsourceError } from "../model/errors.js";
import { describeSource } from "../model/image-source.js";
import { type ImportedImageSpec, checksumOf } from "../model/imported-image.js";
import { isUnknown, unknownValue } from "../model/unknown.js";
import type { World } from "./contract.js";

/**
 * The digest of the file that is to be uploaded; undefined where nothing is, or where a checksum says already what it holds.
 * Every check reads the file: a time or a size would call a file another one that was merely checked out anew. A file that is
 * not there (any more) changes nothing about an image that is; for a new one a command of the same run may still make it.
 */
export async function findUpload(
    spec: ImportedImageSpec,
    before: ImportedImageSpec | undefined,
    world: World,
): Promise<string | undefined> {
    const { kind, details } = describeSource(spec.source);
    if (kind !== "upload" || checksumOf(spec) !== undefined) return undefined;
    const path = details?.path;
    if (path === undefined || isUnknown(path)) return unknownValue;
    const known = before?.fileDigest ?? (world.preview ? unknownValue : undefined);
    try {
        return (await world.upstream.digestOf(path, world.signal)) ?? known;
    } catch (error) {
        world.warn(`${toBootsourceError(error, `read ${path}`).message} (seen when it was looked for changes)`);
        return known;
    }
}
