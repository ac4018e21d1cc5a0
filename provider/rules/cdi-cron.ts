// A DataImportCron that is CDI's to carry out: what it cannot poll is refused in preview, and what is not its business left out.
import { type BootSourceSpec, updateModeOf } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron, DataVolumeSource } from "../model/objects.js";
import { type Refusal, refusedByCdi } from "./cdi-volume.js";

/** Everything that the arguments alone decide; the webhook's refusals in its own words (CDI 1.65, dataimportcron-validate.go). */
export function refusedByCdiCron(spec: BootSourceSpec): Refusal[] {
    const { kind, details } = describeSource(spec.source);
    if (kind !== undefined && kind !== "registry" && kind !== "pvc") return refusedByImporter(spec);
    const refusals: Refusal[] = [];
    if (details?.imageStream !== undefined && updateModeOf(spec) !== "scheduled") {
        refusals.push({
            path: ["source", "registry", "imageStream"],
            reason: "only the cluster knows what an ImageStream leads to; leave out pin and updates",
        });
    }
    if (spec.keepFor !== undefined) {
        refusals.push({ path: ["keepFor"], reason: "CDI keeps imports by their number alone; use importsToKeep" });
    }
    // A clone's size is its source's, but the template of a cron has to name one.
    const sized = refusedByCdi({ source: kind === "pvc" ? { blank: {} } : spec.source, storage: spec.storage });
    return [...refusals, ...sized];
}

/** What its importer cannot do for a cron that we carry out: we read published checksums, and hand the sum itself on. */
function refusedByImporter(spec: BootSourceSpec): Refusal[] {
    const { kind } = describeSource(spec.source);
    const refusals = refusedByCdi(spec).filter(({ path }) => path.at(-1) !== "checksumUrl");
    if (spec.pin === undefined || kind === "http") return refusals;
    return [
        ...refusals,
        {
            path: ["pin"],
            reason: "CDI checks the bytes of http sources alone; leave it out, or serve the image over http",
        },
    ];
}

/** Whether the platform's own controllers carry out a boot source's cron; `platformCrons` is the cluster's capability. */
export function isPlatformsCron(
    source: BootSourceSpec["source"] | DataVolumeSource,
    platformCrons: readonly string[],
): boolean {
    const { kind } = describeSource(source as BootSourceSpec["source"]);
    return kind !== undefined && platformCrons.includes(kind);
}

/**
 * The spec as CDI has it. Its images outlive a cron of ours, which is made anew whenever its spec changes: CDI forbids every change
 * of it. With retentionPolicy None our own delete takes them away. One that was adopted keeps its own policy.
 */
export function toCdiCron(
    { keepFor: _ours, retentionPolicy: _alsoOurs, ...spec }: DataImportCron["spec"],
    found: DataImportCron["spec"] | undefined,
): DataImportCron["spec"] {
    const retentionPolicy = found === undefined ? "All" : found.retentionPolicy;
    // CDI's schema drops what stands in the template's metadata: what is asked would never be what is there.
    const template = { spec: spec.template.spec };
    const asked = { ...spec, template, ...(retentionPolicy === undefined ? {} : { retentionPolicy }) };
    return found !== undefined && saysTheSame(found, asked) ? found : asked;
}

/** Whether two specs of a cron ask for the same. */
export function saysTheSame(one: DataImportCron["spec"], other: DataImportCron["spec"]): boolean {
    return isSame(withoutEmpty(one), withoutEmpty(other));
}

/** CDI's controller writes a cron back with every part that its language has a place for, also where nothing is in it. */
function withoutEmpty(value: unknown): unknown {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).map(([key, part]) => [key, withoutEmpty(part)] as const);
    const full = entries.filter(([, part]) => part !== null && part !== undefined && !isSame(part, {}));
    return Object.fromEntries(full);
}

/** Adoption writes no more than the program says: whatever else stands in a live cron, and CDI knows of, stays in it. */
export function adoptedCron(found: DataImportCron["spec"], asked: DataImportCron["spec"]): DataImportCron["spec"] {
    const { schedule, importsToKeep, garbageCollect } = asked;
    const stated = Object.entries({ schedule, importsToKeep, garbageCollect }).filter(
        ([, value]) => value !== undefined,
    );
    return { ...found, ...Object.fromEntries(stated) };
}
