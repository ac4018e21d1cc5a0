// The DataSource of a cron: whose it is, and what it points at; and images of the wanted name that are there already.
import { isSame } from "../model/canonical.js";
import type { Cluster } from "../cluster/contract.js";
import type { DataImportCron, DataSource, DataSourceSource, Metadata, SourceFormat } from "../model/objects.js";
import type { BootImport, Wanted } from "../rules/boot-imports.js";
import { childLabels, cronAnnotations, cronLabels, importName } from "../rules/cron-names.js";
import type { Said } from "../model/conditions.js";
import type { CronWorld } from "./contract.js";
import { refOf } from "../cluster/boot-imports.js";
import { upToDate } from "../rules/cron-conditions.js";

/** Why the DataSource is not this cron's to move; undefined where it is. One that a deleted cron left is taken over. */
export async function holderOf({ metadata, spec }: DataImportCron, cluster: Cluster): Promise<Said | undefined> {
    const at = { namespace: metadata.namespace, name: spec.managedDataSource };
    const found = await cluster.get("DataSource", at);
    if (found === undefined) return undefined;
    const holder = found.metadata.labels?.[cronLabels.cron];
    if (holder === metadata.name) return undefined;
    if (holder === undefined) return upToDate.notOurs(spec.managedDataSource);
    const other = await cluster.get("DataImportCron", { namespace: metadata.namespace, name: holder });
    return other?.spec.managedDataSource === spec.managedDataSource
        ? upToDate.managedByAnother(spec.managedDataSource, holder)
        : undefined;
}

/** The DataSource is there before the first digest is known, with an empty source; it carries the cron's labels. */
export async function ensureDataSource(cron: DataImportCron, { cluster }: CronWorld): Promise<DataSource> {
    const { namespace = "default" } = cron.metadata;
    const at = { namespace, name: cron.spec.managedDataSource };
    const labels = childLabels(cron);
    if ((await cluster.get("DataSource", at)) === undefined) {
        await cluster.create("DataSource", { metadata: { ...at, labels }, spec: { source: {} } });
        cluster.drive("DataSource", at);
    }
    return cluster.update("DataSource", at, (current) => {
        const said = { ...withoutCleanup(current.metadata.labels), ...labels };
        if (!isSame(current.metadata.labels ?? {}, said)) current.metadata.labels = said;
    });
}

/** Whether the DataSource's status has followed to where it points: until then machines are given what it pointed at before. */
export async function hasFollowed({ metadata, spec }: DataImportCron, cluster: Cluster): Promise<boolean> {
    const found = await cluster.get("DataSource", { namespace: metadata.namespace, name: spec.managedDataSource });
    return found !== undefined && isSame(found.status?.source, found.spec.source);
}

/**
 * What a cron's labels say now is said on its imports too, or they would say otherwise of the DataSource; so is whether they go
 * with the cron. CDI says the latter once, when it makes them.
 */
export async function labelImports(
    cron: DataImportCron,
    imports: readonly BootImport[],
    { cluster }: CronWorld,
): Promise<void> {
    const labels = childLabels(cron);
    for (const { volume, claim, snapshot } of imports) {
        const forms = { DataVolume: volume, PersistentVolumeClaim: claim, VolumeSnapshot: snapshot };
        for (const [kind, form] of Object.entries(forms)) {
            if (form === undefined) continue;
            await cluster.update(
                kind as keyof typeof forms,
                refOf(form.metadata),
                (current: { metadata: Metadata }) => {
                    const said = { ...withoutCleanup(current.metadata.labels), ...labels };
                    // In another order they are the same: nothing is to be written then.
                    if (!isSame(current.metadata.labels ?? {}, said)) current.metadata.labels = said;
                },
            );
        }
    }
}

/** Points the DataSource at a form of an import; says whether it pointed elsewhere before. */
export async function pointTo(
    cron: DataImportCron,
    to: BootImport,
    format: SourceFormat,
    { cluster }: CronWorld,
): Promise<boolean> {
    const { namespace = "default" } = cron.metadata;
    const at = { namespace, name: cron.spec.managedDataSource };
    const pointer = { namespace, name: to.name };
    const source: DataSourceSource = format === "snapshot" ? { snapshot: pointer } : { pvc: pointer };
    const before = await cluster.get("DataSource", at);
    if (JSON.stringify(before?.spec.source) === JSON.stringify(source)) return false;
    await cluster.update("DataSource", at, (current) => {
        current.spec = { source };
    });
    cluster.drive("DataSource", at);
    return true;
}

/**
 * An image of exactly the wanted name that no living cron has: a cron made anew under another name, or a hand, left it. It is taken
 * as it is, so that going back to a kept digest is free (CDI, createImportDataVolume).
 */
export async function adoptNamed(cron: DataImportCron, wanted: Wanted, { cluster }: CronWorld): Promise<void> {
    const { namespace } = cron.metadata;
    const at = { namespace, name: importName(cron.spec.managedDataSource, wanted.digest) };
    for (const kind of ["DataVolume", "PersistentVolumeClaim", "VolumeSnapshot"] as const) {
        const found = await cluster.get(kind, at);
        const holder = found?.metadata.labels?.[cronLabels.cron];
        if (found === undefined || holder === cron.metadata.name) continue;
        if (holder !== undefined && (await cluster.get("DataImportCron", { namespace, name: holder })) !== undefined)
            continue;
        await cluster.update(kind, refOf(found.metadata), (current: { metadata: Metadata }) => {
            current.metadata.labels = { ...current.metadata.labels, ...childLabels(cron) };
            current.metadata.annotations = {
                [cronAnnotations.digest]: wanted.digest,
                ...current.metadata.annotations,
            };
        });
    }
}

/** With retentionPolicy All a child does not go with its cron, whatever was said before. */
function withoutCleanup(labels: Metadata["labels"]): Record<string, string> {
    return Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => key !== cronLabels.cleanup));
}
