// From a boot source's arguments to the platform's objects: names, the cron, and who may refresh it.
import { type BootSourceSpec, updateModeOf } from "../model/boot-source.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron, Pointer } from "../model/objects.js";
import { defaultSchedule } from "../model/schedule.js";
import { isUnknown } from "../model/unknown.js";
import { withoutUndefined } from "../model/without-undefined.js";
import { toClaim, toSource } from "./data-volume.js";

/** Where the cron and its DataSource are: decided by the arguments alone, so that every preview knows them. */
export function placesOf(
    spec: BootSourceSpec,
    resourceName: string,
): { readonly cron: Pointer; readonly dataSource: Pointer } {
    const namespace = spec.namespace ?? "default";
    const dataSource = spec.managedDataSource ?? labelFrom(resourceName);
    const cron = spec.name ?? `${dataSource.slice(0, longest - suffix.length).replace(/-+$/, "")}${suffix}`;
    return { cron: { namespace, name: cron }, dataSource: { namespace, name: dataSource } };
}

const longest = 63;

/** As the platform's own crons are named. */
const suffix = "-image-cron";

/** The spec of the DataImportCron. `resolvePath` says where a relative file path leads. */
export function toCronSpec(
    spec: BootSourceSpec,
    places: ReturnType<typeof placesOf>,
    resolvePath: (path: string) => string,
): DataImportCron["spec"] {
    const { source, namespace, storage = {}, labels, annotations } = spec;
    const { importsToKeep, garbageCollect, retentionPolicy, keepFor } = spec;
    return withoutUndefined({
        template: {
            ...(labels === undefined && annotations === undefined
                ? {}
                : { metadata: withoutUndefined({ labels, annotations }) }),
            spec: {
                source: toSource({ source, namespace }, places.cron.name, resolvePath),
                storage: toClaim({ storage }),
            },
        },
        schedule: scheduleOf(spec, places.dataSource.name),
        managedDataSource: places.dataSource.name,
        importsToKeep,
        garbageCollect,
        retentionPolicy,
        keepFor,
    });
}

/** "" where nobody polls: what is reviewed or pinned moves by an update alone, and so does what is no upstream. */
export function scheduleOf(spec: BootSourceSpec, dataSource: string): string {
    if (updateModeOf(spec) !== "scheduled" || !hasUpstream(spec)) return "";
    return spec.schedule ?? defaultSchedule(dataSource);
}

/** Whether somebody else may put another image there at any time; all other sources change with the program alone. */
export function hasUpstream({ source }: Pick<BootSourceSpec, "source">): boolean {
    const { kind } = describeSource(source);
    return kind === undefined || ["registry", "http", "s3", "gcs", "file"].includes(kind);
}

/** A resource's name made fit for a DNS label. */
function labelFrom(name: string): string {
    if (isUnknown(name)) return name;
    const label = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .slice(0, longest)
        .replace(/^-+|-+$/g, "");
    return label === "" ? "boot-source" : label;
}
