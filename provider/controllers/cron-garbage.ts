// What a DataImportCron lets go: the other form of its current import, old imports, and what never came in or was never taken.
import { isInUse, pointedAt, refOf } from "../cluster/boot-imports.js";
import type { DataImportCron, SourceFormat } from "../model/objects.js";
import { type BootImport, outdatedImports } from "../rules/boot-imports.js";
import { cronLabels } from "../rules/cron-names.js";
import type { CronWorld } from "./contract.js";

/** The DataSource leads to one form by now: the other one of the same import is not needed any more. */
export async function dropOtherForm(chosen: BootImport, format: SourceFormat, { cluster }: CronWorld): Promise<void> {
    const { claim, snapshot: seen } = chosen;
    if (claim === undefined || seen === undefined) return;
    const left = await pointedAt(format === "snapshot" ? "pvc" : "snapshot", claim.metadata.namespace, cluster);
    if (left.has(chosen.name)) return;
    // As it is now: it was written to when it became current.
    const snapshot = format === "snapshot" ? undefined : await cluster.get("VolumeSnapshot", refOf(seen.metadata));
    const other: BootImport =
        format === "snapshot" ? { ...chosen, snapshot } : { ...chosen, snapshot, claim: undefined };
    if (await isInUse(other, cluster)) return;
    await removeImport(other, cluster);
}

/** Removes what importsToKeep and keepFor do not keep and nobody needs, and what never came in. */
export async function collectGarbage(
    cron: DataImportCron,
    chosen: BootImport,
    imports: readonly BootImport[],
    { cluster, clock }: CronWorld,
): Promise<void> {
    const isChosen = ({ name }: BootImport): boolean => name === chosen.name;
    // The current one counts first, whatever is noted: a kill may have come before its time of use was written.
    const [current, others] = [imports.filter(isChosen), imports.filter((one) => !isChosen(one))];
    const old = outdatedImports([...current, ...others], cron, new Set([chosen.name]), clock.now());
    // Looked for only where something would go: there may be hundreds of DataSources and thousands of imports to look through.
    const { namespace } = cron.metadata;
    const spared = new Set<string>();
    if (old.length > 0) {
        for (const form of ["pvc", "snapshot"] as const) {
            for (const name of await pointedAt(form, namespace, cluster)) spared.add(name);
        }
    }
    for (const one of old.filter(({ name }) => !spared.has(name))) {
        if (!(await isInUse(one, cluster))) await removeImport(one, cluster);
    }
    await removeRemnants(cron, imports, cluster);
}

/**
 * What is no form of an import: snapshots that were begun and are not wanted any more, DataVolumes that never came in, and claims
 * whose disks are gone because a kill came in the middle of their removal.
 */
export async function removeRemnants(
    { metadata }: Pick<DataImportCron, "metadata">,
    imports: readonly BootImport[],
    cluster: CronWorld["cluster"],
): Promise<void> {
    const { namespace = "default", name } = metadata;
    const query = { namespace, labels: { [cronLabels.cron]: name } };
    const taken = new Set(imports.filter(({ snapshot }) => snapshot).map((one) => one.name));
    for (const { metadata: one } of await cluster.list("VolumeSnapshot", query)) {
        const { uid, resourceVersion } = one;
        // Not one that has become ready since.
        if (!taken.has(one.name)) await cluster.delete("VolumeSnapshot", refOf(one), { uid, resourceVersion });
    }
    const filled = new Set(imports.filter(({ claim }) => claim).map((one) => one.name));
    for (const kind of ["DataVolume", "PersistentVolumeClaim"] as const) {
        for (const { metadata: one } of await cluster.list(kind, query)) {
            if (!filled.has(one.name)) await cluster.delete(kind, refOf(one), { uid: one.uid });
        }
    }
}

/** Removes the forms of an import that are given. */
export async function removeImport(one: BootImport, cluster: CronWorld["cluster"]): Promise<void> {
    if (one.snapshot !== undefined) {
        // Not where somebody has noted since it was looked at that its image is needed.
        const { metadata } = one.snapshot;
        const { uid, resourceVersion } = metadata;
        await cluster.delete("VolumeSnapshot", refOf(metadata), { uid, resourceVersion });
    }
    if (one.claim === undefined) return;
    // The claim goes with its DataVolume; one that was adopted has none.
    if (one.volume !== undefined) await cluster.delete("DataVolume", refOf(one.volume.metadata));
    await cluster.delete("PersistentVolumeClaim", refOf(one.claim.metadata), { uid: one.claim.metadata.uid });
}
