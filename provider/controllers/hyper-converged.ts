// HyperConverged: the switch and the list become an effective list, crons and DataSources; what HCO and SSP do, where neither runs.
import { refOf } from "../cluster/boot-imports.js";
import { isSame } from "../model/canonical.js";
import { setConditions } from "../model/conditions.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron, DataImportCronTemplate, HyperConverged, New } from "../model/objects.js";
import { defaultSchedule } from "../model/schedule.js";
import { isPlatformsCron, saysTheSame } from "../rules/cdi-cron.js";
import { cronLabels } from "../rules/cron-names.js";
import { effectiveTemplates } from "../rules/effective-templates.js";
import { systemNamespace, systemTemplates } from "../rules/system-list.js";
import { cronsOfTemplates, isOfList } from "../rules/template-crons.js";
import type { Controller, CronWorld, Verdict } from "./contract.js";

/** What differs between platforms. */
export interface Platform {
    /** What it ships. */
    readonly system: readonly DataImportCronTemplate[];
    /**
     * DataSources that are there at any time: without a cron they lead to the claim of their own name. Default: those that crons
     * of its list have made.
     */
    readonly dataSources?: ReadonlySet<string>;
}

/** The controller of a world without operators. */
export const reconcileHyperConverged: Controller<"HyperConverged", CronWorld> = (object, world) =>
    reconcileOn({ system: systemTemplates }, object, world);

/** The same with what another platform ships. */
export async function reconcileOn(platform: Platform, given: HyperConverged, world: CronWorld): Promise<Verdict> {
    const { cluster } = world;
    const schedule = given.status?.dataImportSchedule ?? defaultSchedule(given.metadata.uid);
    const templates = effectiveTemplates(given.spec, { system: platform.system, schedule });
    const all = cronsOfTemplates(templates, given.metadata);
    const automatic = await Promise.all(all.map((cron) => isAutomatic(cron, platform, world)));
    const wanted = all.filter((_, index) => automatic[index]);
    const present = (await cluster.list("DataImportCron")).filter((cron) => isOfList(cron, given.metadata));
    const settled = await Promise.all([
        ...wanted.map((cron) => settle(cron, platform, world)),
        ...present.filter((cron) => !wanted.some((one) => isAt(cron, one))).map((cron) => remove(cron, world)),
    ]);
    await resetSources(wanted, platform, world);
    try {
        await cluster.update(
            "HyperConverged",
            refOf(given.metadata),
            (current) => {
                if (current.metadata.generation !== given.metadata.generation) return;
                const status = (current.status ??= {});
                status.dataImportSchedule = schedule;
                status.observedGeneration = given.metadata.generation;
                if (!isSame(status.dataImportCronTemplates, templates)) status.dataImportCronTemplates = templates;
                setConditions(current, world.clock, { ReconcileComplete: complete, Available: complete });
            },
            "status",
        );
    } catch (thrown) {
        if (!isBootsourceError(thrown) || thrown.code !== "gone") throw thrown;
    }
    return settled.every(Boolean) ? "settled" : { again: soon };
}

/** A cron that is being deleted, or made anew, is looked at again so soon. */
const soon = 500;

const complete = { status: "True", reason: "ReconcileCompleted", message: "Reconcile completed successfully" } as const;

function isAt({ metadata }: Pick<DataImportCron, "metadata">, { metadata: at }: New<"DataImportCron">): boolean {
    return metadata.namespace === at.namespace && metadata.name === at.name;
}

/** Somebody's claim of a DataSource's own name takes its place, until the DataSource is labelled as a cron's again. */
async function isAutomatic(
    { metadata: { namespace }, spec: { managedDataSource: name } }: New<"DataImportCron">,
    platform: Platform,
    { cluster }: CronWorld,
): Promise<boolean> {
    if (!looksAfter(platform, namespace, name)) return true;
    const source = await cluster.get("DataSource", { namespace, name });
    if (source?.metadata.labels?.[cronLabels.cron] !== undefined) return true;
    return (await cluster.get("PersistentVolumeClaim", { namespace, name })) === undefined;
}

function looksAfter({ system, dataSources }: Platform, namespace: string | undefined, name: string): boolean {
    if (namespace !== systemNamespace) return false;
    return dataSources?.has(name) ?? system.some(({ spec }) => spec?.managedDataSource === name);
}

/** Makes the cron, or brings it in line; says whether it is. Where the platform forbids to change one it goes and comes again. */
async function settle(wanted: New<"DataImportCron">, platform: Platform, { cluster }: CronWorld): Promise<boolean> {
    const { namespace, name } = wanted.metadata;
    const at = { namespace, name };
    await claimSource(wanted, platform, cluster);
    const found = await cluster.get("DataImportCron", at);
    if (found?.metadata.deletionTimestamp !== undefined) return false;
    if (found === undefined) {
        await cluster.create("DataImportCron", wanted);
    } else if (saysTheSame(found.spec, wanted.spec)) {
        await cluster.update("DataImportCron", at, ({ metadata }) => {
            addMarks(metadata, wanted.metadata);
        });
    } else if (isPlatformsCron(wanted.spec.template.spec.source, cluster.capabilities.platformCrons)) {
        await cluster.delete("DataImportCron", at, { uid: found.metadata.uid });
        return false;
    } else {
        await cluster.update("DataImportCron", at, (current) => {
            current.spec = structuredClone(wanted.spec);
            addMarks(current.metadata, wanted.metadata);
        });
    }
    cluster.drive("DataImportCron", at);
    return true;
}

/** Labels and annotations only accumulate. */
function addMarks(metadata: DataImportCron["metadata"], wanted: New<"DataImportCron">["metadata"]): void {
    for (const key of ["labels", "annotations"] as const) {
        const said = { ...metadata[key], ...wanted[key] };
        if (!isSame(metadata[key] ?? {}, said)) metadata[key] = said;
    }
}

/** The label is what says that the cron moves the DataSource; one that was reset has none. */
async function claimSource(
    { metadata, spec }: New<"DataImportCron">,
    platform: Platform,
    cluster: CronWorld["cluster"],
): Promise<void> {
    const at = { namespace: metadata.namespace, name: spec.managedDataSource };
    if (!looksAfter(platform, at.namespace, at.name)) return;
    if ((await cluster.get("DataSource", at)) === undefined) return;
    await cluster.update("DataSource", at, (current) => {
        if (current.metadata.labels?.[cronLabels.cron] === metadata.name) return;
        current.metadata.labels = { ...current.metadata.labels, [cronLabels.cron]: metadata.name };
    });
}

async function remove({ metadata }: DataImportCron, { cluster }: CronWorld): Promise<boolean> {
    await cluster.delete("DataImportCron", refOf(metadata), { uid: metadata.uid });
    return (await cluster.get("DataImportCron", refOf(metadata)))?.metadata.uid !== metadata.uid;
}

/** A DataSource that no cron moves any more leads to the claim of its own name, whatever it led to; there may be none. */
async function resetSources(
    wanted: readonly New<"DataImportCron">[],
    platform: Platform,
    { cluster }: CronWorld,
): Promise<void> {
    const kept = new Set(wanted.map(({ metadata, spec }) => `${metadata.namespace ?? ""}/${spec.managedDataSource}`));
    const present = await cluster.list("DataSource", { namespace: systemNamespace });
    for (const name of platform.dataSources ?? []) {
        if (present.some(({ metadata }) => metadata.name === name) || kept.has(`${systemNamespace}/${name}`)) continue;
        const at = { namespace: systemNamespace, name };
        await cluster.create("DataSource", { metadata: at, spec: { source: { pvc: at } } });
    }
    for (const { metadata } of present) {
        const { name } = metadata;
        if (kept.has(`${systemNamespace}/${name}`) || !looksAfter(platform, systemNamespace, name)) continue;
        const source = { pvc: { namespace: systemNamespace, name } };
        await cluster.update("DataSource", refOf(metadata), (current) => {
            const { [cronLabels.cron]: _cron, ...labels } = current.metadata.labels ?? {};
            if (!isSame(current.metadata.labels ?? {}, labels)) current.metadata.labels = labels;
            if (!isSame(current.spec.source, source)) current.spec = { source };
        });
        cluster.drive("DataSource", refOf(metadata));
    }
}
