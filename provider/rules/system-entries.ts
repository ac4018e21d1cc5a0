// The entry that an override becomes in the HyperConverged's list: always whole, as an entry without a source ends HCO's webhook.
import { isSame } from "../model/canonical.js";
import { nearest } from "../model/nearest.js";
import type { DataImportCron, DataImportCronTemplate } from "../model/objects.js";
import type { SystemOverride } from "../model/system-boot-sources.js";
import { withoutUndefined } from "../model/without-undefined.js";
import { saysTheSame } from "./cdi-cron.js";
import { toClaim, toSource } from "./data-volume.js";
import { templateAnnotations } from "./system-list.js";

/** The entry: what the platform ships, with what is to be another. One that only switches off needs no more than its name. */
export function entryOf(shipped: DataImportCronTemplate, override: SystemOverride): DataImportCronTemplate {
    const { name, namespace } = shipped.metadata;
    if (override.enabled === false)
        return { metadata: { name, annotations: { [templateAnnotations.enable]: "false" } } };
    const base = specOf(shipped);
    const { schedule, importsToKeep, garbageCollect, retentionPolicy } = override;
    return {
        metadata: {
            name,
            ...(namespace === undefined ? {} : { namespace }),
            // Injected by the platform where it is absent: said here, it is no difference.
            annotations: { [templateAnnotations.bindImmediate]: "true" },
        },
        spec: {
            ...base,
            ...withoutUndefined({ schedule, importsToKeep, garbageCollect, retentionPolicy }),
            template: { ...base.template, spec: { ...base.template.spec, ...changed(base, shipped, override) } },
        },
    };
}

/** Whether an entry says what another one asks for; what the platform adds to it where it says nothing is no difference. */
export function saysAll(found: unknown, asked: unknown): boolean {
    if (typeof asked !== "object" || asked === null || Array.isArray(asked)) return isSame(found, asked);
    if (typeof found !== "object" || found === null) return Object.keys(asked).length === 0;
    return Object.entries(asked).every(
        ([key, value]) => value === undefined || saysAll((found as Record<string, unknown>)[key], value),
    );
}

/** What the platform adds to the spec of an entry that says nothing of it (since 1.18). */
export const injected: readonly string[] = [
    "retentionPolicy",
    "importsToKeep",
] satisfies (keyof DataImportCron["spec"])[];

/** Whether a spec says what is asked and nothing else, but for what the platform adds: a field that is no longer asked for counts. */
export function saysNoOther(found: DataImportCron["spec"] | undefined, asked: DataImportCron["spec"] | undefined) {
    if (found === undefined || asked === undefined) return found === asked;
    const added = injected.filter((key) => !(key in asked));
    return saysTheSame({ ...found, ...Object.fromEntries(added.map((key) => [key, undefined])) }, asked);
}

/** The shipped entry that a name means, of the entry itself or of its DataSource. */
export function shippedNamed(
    name: string,
    system: readonly DataImportCronTemplate[],
): DataImportCronTemplate | undefined {
    return (
        system.find(({ metadata }) => metadata.name === name) ??
        system.find(({ spec }) => spec?.managedDataSource === name)
    );
}

/** Why no entry is meant by a name: "there is no system boot source "fedra"; did you mean "fedora"?". */
export function unknownName(name: string, system: readonly DataImportCronTemplate[]): string {
    const names = system.map(({ metadata, spec }) => spec?.managedDataSource ?? metadata.name).sort();
    const meant = nearest(name, names);
    const hint = meant === undefined ? `there are ${names.join(", ") || "none"}` : `did you mean "${meant}"?`;
    return `there is no system boot source "${name}"; ${hint}`;
}

function changed(
    base: DataImportCron["spec"],
    { metadata }: DataImportCronTemplate,
    { source, storage }: SystemOverride,
): Partial<DataImportCron["spec"]["template"]["spec"]> {
    const { resources, ...claim } = storage === undefined ? {} : toClaim({ storage });
    const before = base.template.spec.storage;
    return {
        ...(source === undefined
            ? {}
            : { source: toSource({ source, namespace: metadata.namespace }, metadata.name, (path) => path) }),
        ...(storage === undefined
            ? {}
            : { storage: { ...before, ...claim, ...(resources === undefined ? {} : { resources }) } }),
    };
}

/** A shipped entry has a spec: only an entry that switches off may do without. */
function specOf({ spec, metadata }: DataImportCronTemplate): DataImportCron["spec"] {
    if (spec === undefined) throw new TypeError(`the platform's entry ${metadata.name} has no spec`);
    return structuredClone(spec);
}
