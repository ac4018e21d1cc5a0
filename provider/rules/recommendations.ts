// What the platform's documentation recommends, where a cluster does otherwise: nothing is wrong, and it could be better.
import type { DataImportCron } from "../model/objects.js";
import type { BootSourceStatus } from "./boot-status.js";
import type { ClassStatus } from "./class-status.js";

/** One recommendation. */
export interface Recommendation {
    readonly rule: "name-storage-class" | "keep-as-snapshots";
    /** "namespace/name" of boot sources, or names of storage classes. */
    readonly about: readonly string[];
    readonly message: string;
}

/** All that apply. */
export function recommendations(
    crons: readonly DataImportCron[],
    sources: readonly BootSourceStatus[],
    classes: readonly ClassStatus[],
): Recommendation[] {
    return [...nameClass(crons, classes), ...keepAsSnapshots(sources, classes)];
}

/** With one class alone there is no other that a default could move to. */
function nameClass(crons: readonly DataImportCron[], classes: readonly ClassStatus[]): Recommendation[] {
    if (classes.length < 2) return [];
    const about = crons
        .filter(({ spec: { template } }) => {
            const { storage, pvc } = template.spec;
            return (storage?.storageClassName ?? pvc?.storageClassName) === undefined;
        })
        .map(({ metadata: { namespace = "default" }, spec }) => `${namespace}/${spec.managedDataSource}`)
        .sort();
    if (about.length === 0) return [];
    const message =
        "name a storageClassName in the storage of each for stable behaviour: they follow the default class, and are imported again " +
        "whenever another one becomes it";
    return [{ rule: "name-storage-class", about, message }];
}

/** Classes that keep boot sources as claims and could take snapshots. */
function keepAsSnapshots(sources: readonly BootSourceStatus[], classes: readonly ClassStatus[]): Recommendation[] {
    const used = new Set(sources.map(({ storageClass }) => storageClass));
    const about = classes
        .filter(({ name, sourceFormat, snapshotClasses }) => {
            return used.has(name) && sourceFormat === "pvc" && snapshotClasses.length > 0;
        })
        .map(({ name }) => name);
    if (about.length === 0) return [];
    const message =
        "keep boot sources as snapshots where the storage clones many machines from one snapshot well (dataImportCronSourceFormat: " +
        '"snapshot" of a StorageDefault): their storage can take snapshots, and keeps claims';
    return [{ rule: "keep-as-snapshots", about, message }];
}
