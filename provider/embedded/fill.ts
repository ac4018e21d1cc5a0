// How the disk of a DataVolume comes to be in a store: imported, unpacked, cloned, or made empty.
import { resolve } from "node:path";
import type { ImportWatcher, Ingredients } from "../controllers/contract.js";
import { stageArchive } from "../importer/archive/stage-archive.js";
import { stageBlank } from "../importer/blank.js";
import { sourceOfVolume } from "../importer/sources/from-volume.js";
import { stageImage } from "../importer/stage.js";
import { versionOf } from "../importer/version.js";
import type { Clock } from "../model/clock.js";
import { parseChecksum } from "../model/digest.js";
import { BootsourceError } from "../model/errors.js";
import { type Network, mirrorOf } from "../model/network.js";
import type { DataVolume, ImageFacts, PersistentVolumeClaim } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { cronAnnotations } from "../rules/cron-names.js";
import { stageClone } from "./clone.js";

/** All that is needed beside the place. */
export interface Filling {
    readonly volume: DataVolume;
    readonly claim: PersistentVolumeClaim;
    readonly ingredients: Ingredients;
    readonly watcher: ImportWatcher;
    readonly clock: Clock;
    readonly network: Network;
    /** The store's directory. */
    readonly directory: string;
    /** A disk that a killed import of this object left. */
    readonly leftover: string | undefined;
}

/** Writes the disk (or the directory, for an archive) at exactly `path`, verified and durable; nothing is left where that fails. */
export async function fillVolume(path: string, filling: Filling): Promise<ImageFacts> {
    const { volume, claim, ingredients, watcher, clock, network, directory, leftover } = filling;
    const { source, preallocation: preallocate = false, format, contentType } = volume.spec;
    const asked = claim.spec.resources?.requests?.storage;
    const size = asked === undefined ? undefined : parseQuantity(asked);
    const { signal } = watcher;
    const progress = ({ transferred, total }: { transferred: number; total: number | undefined }): void => {
        watcher.progress(transferred, total);
    };
    if (source.blank !== undefined) {
        if (size === undefined)
            throw new BootsourceError("invalid-argument", "cannot make a blank disk: no size is given");
        await stageBlank(path, size, { preallocate, signal });
        return { format: "raw", codecs: [], virtualSize: size, size, sourceSize: 0, digest: "" };
    }
    if (ingredients.origin !== undefined) {
        const { disk, image } = ingredients.origin;
        const place = resolve(directory, disk.path);
        const request = { size, preallocate, signal, clock, progress };
        const cloned = await stageClone(path, place, request, image?.virtualSize);
        return image === undefined ? cloned : { ...image, size: cloned.size };
    }
    const from = sourceOfVolume(source, ingredients.access, network);
    if (from === undefined)
        throw new BootsourceError("invalid-argument", "cannot import: the DataVolume names no source");
    await refuseAnotherVersion(filling);
    const { checksum } =
        source.http ?? source.registry ?? source.s3 ?? source.gcs ?? source.file ?? source.upload ?? {};
    const published = source.http?.checksumUrl;
    const request = {
        source: from,
        size,
        checksum: checksum === undefined ? undefined : parseChecksum(checksum),
        checksumUrl: published === undefined ? undefined : (mirrorOf(published, network.mirrors) ?? published),
        signal,
        clock,
        progress,
    };
    const { version: _version, ...facts } =
        contentType === "archive"
            ? await stageArchive(path, request)
            : await stageImage(path, { ...request, format, preallocate }, { leftover });
    return facts;
}

/**
 * A cron imports the version that it found, or that a preview showed. Digests and checksums are verified with the bytes; a server
 * that names its versions by an ETag or a time is asked once more.
 */
async function refuseAnotherVersion({ volume, ingredients, network, watcher }: Filling): Promise<void> {
    const wanted = volume.metadata.annotations?.[cronAnnotations.digest];
    if (wanted?.startsWith("version:") !== true) return;
    const found = await versionOf(volume.spec.source, ingredients.access, network, watcher.signal);
    if (found.digest === wanted) return;
    throw new BootsourceError(
        "source-changed",
        `cannot import ${volume.metadata.name}: the image at the source was replaced since it was last asked; ask again: ` +
            "preview, or wait for the next time that it is polled",
        { terminal: true },
    );
}
