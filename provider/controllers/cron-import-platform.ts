// How a cron of ours brings a version in where the platform does the work, and forbids to change a DataVolume: CDI imports or clones.
import type { Cluster } from "../cluster/contract.js";
import { isBootsourceError } from "../model/errors.js";
import { isSame } from "../model/canonical.js";
import type { DataImportCron, DataVolume, DataVolumeSource, New, Ref } from "../model/objects.js";
import { hopelessness } from "../rules/cdi-import.js";
import { refOf } from "../cluster/boot-imports.js";
import type { CronWorld } from "./contract.js";
import { attempt, type Import, importIn, newVolume, type Order } from "./cron-volume.js";

/** Makes the DataVolume, or finds it; one that is not what is wanted goes first, and comes again when it and its claim have gone. */
export async function bringInByPlatform(
    cron: DataImportCron,
    order: Order,
    name: string,
    found: DataVolume | undefined,
    { cluster }: CronWorld,
): Promise<Import> {
    const wanted = wantedVolume(cron, order, name);
    const at = { namespace: cron.metadata.namespace, name };
    if (found === undefined) {
        if (await isInTheWay(at, cluster)) return { name, phase: "Pending", reason: clearing };
        return importIn(await createOnce(wanted, cluster));
    }
    const doomed = hopelessness(found);
    const failed = doomed !== undefined || found.status?.phase === "Failed";
    const tried = found.metadata.annotations?.[attempt] === wanted.metadata.annotations?.[attempt];
    const follows = isSame(found.spec, wanted.spec) && !(failed && !tried);
    const isLost =
        found.status?.phase === "Succeeded" && (await cluster.get("PersistentVolumeClaim", at)) === undefined;
    if (
        found.metadata.deletionTimestamp === undefined &&
        (isLost || (!follows && found.status?.phase !== "Succeeded"))
    ) {
        await cluster.delete("DataVolume", at, { uid: found.metadata.uid });
        return { name, phase: "Pending", reason: clearing };
    }
    const { phase, reason } = importIn(found);
    return { name, phase: failed ? "Failed" : phase, reason: doomed === undefined ? reason : saying(doomed) };
}

const clearing = "the earlier attempt is being removed";

function saying({ message, advice }: { message: string; advice: string }): string {
    return `${message}; ${advice}, and run the update again`;
}

/** CDI copies a disk that is there when it is the source: over classes, and from snapshots. */
function wantedVolume(cron: DataImportCron, order: Order, name: string): New<"DataVolume"> {
    const volume = newVolume(cron, order, name);
    const { origin } = order;
    if (origin === undefined) return { ...volume, spec: { ...volume.spec, source: forImporter(volume.spec.source) } };
    const at = { namespace: cron.metadata.namespace ?? "default", name: origin.name };
    const source: DataVolumeSource = origin.claim === undefined ? { snapshot: at } : { pvc: at };
    return { ...volume, spec: { ...volume.spec, source } };
}

/** The importer reads no published checksums: what was found there is in the source already, or cannot be told to it. */
function forImporter(source: DataVolumeSource): DataVolumeSource {
    if (source.http?.checksumUrl === undefined) return source;
    const { checksumUrl: _ours, ...http } = source.http;
    return { http };
}

/** A claim of that name that is on its way out; one that stays was taken up as an import before it came to this. */
async function isInTheWay(at: Ref, cluster: Cluster): Promise<boolean> {
    return (await cluster.get("PersistentVolumeClaim", at)) !== undefined;
}

/** Somebody else may have been faster: it is the same one then. */
async function createOnce(wanted: New<"DataVolume">, cluster: Cluster): Promise<DataVolume> {
    try {
        return await cluster.create("DataVolume", wanted);
    } catch (thrown) {
        if (!isBootsourceError(thrown) || thrown.code !== "already-exists") throw thrown;
        const found = await cluster.get("DataVolume", refOf(wanted.metadata));
        if (found === undefined) throw thrown;
        return found;
    }
}
