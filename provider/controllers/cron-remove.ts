// What goes with a DataImportCron: nothing with retentionPolicy All; with None all that it made and that nobody has in use.
import { importsOf, isInUse } from "../cluster/boot-imports.js";
import type { Cluster } from "../cluster/contract.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron, Metadata } from "../model/objects.js";
import { cronLabels } from "../rules/cron-names.js";
import { removeImport, removeRemnants } from "./cron-garbage.js";

/** CDI deletes what carries both of its labels (dataimportcron-controller.go, `cleanup`); a disk in use stays here. */
export async function removeWithCron({ metadata, spec }: DataImportCron, cluster: Cluster, now: string): Promise<void> {
    if (spec.retentionPolicy !== "None") return;
    const { namespace = "default" } = metadata;
    // Whoever keeps it current makes nothing anew from now on.
    await condemn(metadata, cluster, now);
    const at = { namespace, name: spec.managedDataSource };
    const source = await cluster.get("DataSource", at);
    if (source?.metadata.labels?.[cronLabels.cron] === metadata.name) {
        await cluster.delete("DataSource", at, { uid: source.metadata.uid });
    }
    for (const one of await importsOf({ metadata }, cluster)) {
        const goes = [one.volume, one.claim, one.snapshot].some(
            (form) => form?.metadata.labels?.[cronLabels.cleanup] === "true",
        );
        if (!goes || (await isInUse(one, cluster))) continue;
        await removeImport(one, cluster);
        if (one.volume !== undefined) await cluster.delete("DataVolume", { namespace, name: one.name });
    }
    await removeRemnants({ metadata }, await importsOf({ metadata }, cluster), cluster);
}

async function condemn({ namespace, name, uid }: Metadata, cluster: Cluster, now: string): Promise<void> {
    try {
        await cluster.update("DataImportCron", { namespace, name }, (current) => {
            if (current.metadata.uid !== uid) return;
            current.metadata = { deletionTimestamp: now, ...current.metadata };
        });
    } catch (thrown) {
        // Somebody else has ended it.
        if (!isBootsourceError(thrown) || thrown.code !== "gone") throw thrown;
    }
}
