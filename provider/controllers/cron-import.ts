// How a cron brings a version in: its DataVolume, made once and followed; copied where the same bytes are here already.
import { isSame } from "../model/canonical.js";
import type { DataImportCron, DataVolume, New, Ref } from "../model/objects.js";
import { type BootImport, isReady } from "../rules/boot-imports.js";
import { importName, importNameOnClass } from "../rules/cron-names.js";
import type { CronWorld } from "./contract.js";
import { bringInByPlatform } from "./cron-import-platform.js";
import { attempt, type Import, importIn, newVolume, type Order } from "./cron-volume.js";
import { copyOfAnnotation, refOf } from "../cluster/boot-imports.js";

/** Makes the DataVolume of a version, or finds it, and has it worked on; a failed one begins again when somebody asks anew. */
export async function bringIn(
    cron: DataImportCron,
    order: Order,
    imports: readonly BootImport[],
    world: CronWorld,
): Promise<Import> {
    const { cluster } = world;
    const name = nameFor(cron, order, imports);
    await dropUnfinished(cron, name, imports, world);
    const at = { namespace: cron.metadata.namespace, name };
    const found = await cluster.get("DataVolume", at);
    if (!cluster.capabilities.mutableDataVolumes) return bringInByPlatform(cron, order, name, found, world);
    const wanted = newVolume(cron, order, name, copied(cron, order));
    const volume =
        found === undefined ? await cluster.create("DataVolume", wanted) : await beginAgain(found, wanted, world);
    cluster.drive("DataVolume", at);
    return importIn(volume);
}

/** The plain name, unless another class keeps the same version under it: that one stays until the new one is ready. */
function nameFor(cron: DataImportCron, { wanted, storageClass }: Order, imports: readonly BootImport[]): string {
    const plain = importName(cron.spec.managedDataSource, wanted.digest);
    const there = imports.find((one) => one.name === plain);
    const elsewhere = there?.storageClass !== undefined && there.storageClass !== storageClass && isReady(there);
    return elsewhere && storageClass !== undefined
        ? importNameOnClass(cron.spec.managedDataSource, wanted.digest, storageClass)
        : plain;
}

/**
 * An import of another version, or for another class, that never came in is not wanted any more: in CDI it would keep the wanted
 * one waiting until it ends.
 */
async function dropUnfinished(
    cron: DataImportCron,
    name: string,
    imports: readonly BootImport[],
    { cluster }: CronWorld,
): Promise<void> {
    for (const { volume } of imports.filter((one) => one.name !== name && !isReady(one))) {
        if (volume === undefined || volume.status?.phase === "Succeeded") continue;
        await cluster.delete("DataVolume", refOf(volume.metadata), { uid: volume.metadata.uid });
    }
    // The class has changed while the claim was waiting: a claim's class never changes.
    const { namespace } = cron.metadata;
    const waiting = await cluster.get("PersistentVolumeClaim", { namespace, name });
    const there = imports.find((one) => one.name === name);
    if (waiting?.status?.phase === "Bound" || waiting === undefined || there?.volume === undefined) return;
    const asked = there.volume.spec.storage?.storageClassName;
    if (asked !== undefined && asked !== waiting.spec.storageClassName) {
        await cluster.delete("DataVolume", { namespace, name }, { uid: there.volume.metadata.uid });
    }
}

/** What is here already is copied in place of a download. */
function copied({ metadata: { namespace = "default" } }: DataImportCron, { origin }: Order): Record<string, string> {
    if (origin === undefined) return {};
    return { [copyOfAnnotation]: `${origin.claim === undefined ? "snapshot" : "pvc"}/${namespace}/${origin.name}` };
}

/** An unfinished import follows the cron's template; a failed one, and one whose disk was lost, begins again in a new round. */
async function beginAgain(volume: DataVolume, wanted: New<"DataVolume">, { cluster }: CronWorld): Promise<DataVolume> {
    const round = wanted.metadata.annotations?.[attempt] ?? "";
    const { phase } = volume.status ?? {};
    const follows = isSame(volume.spec, wanted.spec);
    const tried = phase === "Failed" && volume.metadata.annotations?.[attempt] === round;
    const at = refOf(volume.metadata);
    // It may have come in since the imports were listed: then the next look finds it.
    if (phase === "Succeeded" && (await hasDisk(at, cluster))) return volume;
    if (phase !== "Succeeded" && follows && (phase !== "Failed" || tried)) return volume;
    await cluster.update("DataVolume", at, (current) => {
        current.spec = wanted.spec;
        current.metadata.annotations = { ...current.metadata.annotations, ...wanted.metadata.annotations };
    });
    return cluster.update(
        "DataVolume",
        at,
        (current) => {
            current.status = { phase: "", restartCount: 0 };
        },
        "status",
    );
}

async function hasDisk(at: Ref, cluster: CronWorld["cluster"]): Promise<boolean> {
    if ((await cluster.get("PersistentVolumeClaim", at)) === undefined) return false;
    const { state = "missing" } = (await cluster.volume(at)) ?? {};
    return !cluster.capabilities.localVolumes || state !== "missing";
}
