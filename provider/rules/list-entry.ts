// A boot source as an entry of the HyperConverged's list: what it cannot be there, what is written, and what of it is not as it was written.
import { type BootSourceSpec, updateModeOf } from "../model/boot-source.js";
import { describeSource, inlineAccess } from "../model/image-source.js";
import type { DataImportCron, DataImportCronTemplate, Pointer } from "../model/objects.js";
import type { Refusal } from "./cdi-volume.js";
import { type placesOf, toCronSpec } from "./boot-source-objects.js";
import { defaultImportsToKeep } from "./cron-names.js";
import { isEnabled } from "./effective-templates.js";
import { saysNoOther } from "./system-entries.js";
import { systemNamespaces, templateAnnotations } from "./system-list.js";

/** Whether the arguments ask for an entry of the list. */
export function isCarriedByList(spec: object | undefined): boolean {
    return spec !== undefined && "carrier" in spec && spec.carrier === "hyperConverged";
}

/** What the platform's operator does with an entry is poll it on its schedule: everything else needs a cron of our own. */
export function refusedByList(spec: BootSourceSpec): Refusal[] {
    const { kind, details } = describeSource(spec.source);
    const mode = updateModeOf(spec);
    const or = 'or leave out carrier: "hyperConverged"';
    const refusals: Refusal[] = [];
    if (kind !== undefined && kind !== "registry" && kind !== "pvc") {
        refusals.push({
            path: ["source"],
            reason: `the platform's crons read registry and pvc sources, and no ${kind}; give one of those, ${or}`,
        });
    }
    if (mode === "reviewed") {
        refusals.push({
            path: ["updates"],
            reason: `the platform moves its boot sources by their schedule; leave out updates, ${or}`,
        });
    }
    if (mode === "pinned") {
        const path = spec.pin === undefined ? ["source", "registry", "url"] : ["pin"];
        refusals.push({
            path,
            reason: `the platform moves its boot sources by their schedule, and holds none; give no digest, ${or}`,
        });
    }
    if (spec.schedule === "" && kind === "registry") {
        refusals.push({
            path: ["schedule"],
            reason: `without a schedule the platform never asks its source; give one, ${or}`,
        });
    }
    if (spec.keepFor !== undefined) {
        refusals.push({
            path: ["keepFor"],
            reason: `the platform keeps imports by their number alone; use importsToKeep, ${or}`,
        });
    }
    if (spec.bindImmediately === false) {
        refusals.push({
            path: ["bindImmediately"],
            reason: `the platform binds the claims of its boot sources at once; leave it out, ${or}`,
        });
    }
    if (Object.values(inlineAccess(details ?? {})).some((given) => given !== undefined)) {
        const reason = `an entry of the platform's list names credentials and certificates, and holds none; make a Secret or a ConfigMap, and name it in secretRef or certConfigMap, ${or}`;
        refusals.push({ path: ["source", kind ?? "registry"], reason });
    }
    return refusals;
}

/**
 * The spec of the entry. Policy and number are always said: where they are not the platform puts its own there, and since 1.18 that one
 * deletes images with the cron. What goes with the boot source is deleted by us. `ownList` where the list is carried out by us.
 */
export function toListSpec(
    spec: BootSourceSpec,
    places: ReturnType<typeof placesOf>,
    ownList: boolean,
    resolvePath: (path: string) => string,
): DataImportCron["spec"] {
    const { template, ...asked } = toCronSpec(spec, places, resolvePath);
    return {
        ...asked,
        importsToKeep: asked.importsToKeep ?? defaultImportsToKeep,
        retentionPolicy: "All",
        // CDI's schema drops what stands in the template's metadata.
        template: ownList ? template : { spec: template.spec },
    };
}

/** The entry with what others wrote beside ours; `before` are the arguments that it was last written from, `marks` say whose it is. */
export function toListEntry(
    spec: BootSourceSpec,
    wanted: DataImportCron["spec"],
    { name, namespace }: ReturnType<typeof placesOf>["cron"],
    {
        there,
        before,
        marks,
    }: { there: DataImportCronTemplate | undefined; before: object | undefined; marks: Record<string, string> },
): DataImportCronTemplate {
    const former = (before ?? {}) as Pick<BootSourceSpec, "labels" | "annotations">;
    const labels = merged(there?.metadata.labels, former.labels, spec.labels);
    const { [templateAnnotations.enable]: _off, ...annotations } = merged(
        there?.metadata.annotations,
        former.annotations,
        { ...spec.annotations, ...marks, [templateAnnotations.bindImmediate]: "true" },
    );
    const isAsked = saysNoOther(there?.spec, wanted);
    return {
        metadata: { name, namespace, ...(Object.keys(labels).length === 0 ? {} : { labels }), annotations },
        spec: isAsked && there?.spec !== undefined ? there.spec : wanted,
    };
}

/** Whether an entry is carried out, and its images stay: what somebody changes of that has no argument of its own. */
export function isInForce(entry: DataImportCronTemplate): boolean {
    return isEnabled(entry) && entry.spec?.retentionPolicy === "All";
}

/** Whether an entry keeps that DataSource current; one that names no namespace is for the platform's own. */
export function leadsTo({ metadata, spec }: DataImportCronTemplate, { namespace, name }: Pointer): boolean {
    const isThere =
        metadata.namespace === undefined ? systemNamespaces.includes(namespace) : metadata.namespace === namespace;
    return isThere && spec?.managedDataSource === name;
}

function merged(
    there: Readonly<Record<string, string>> = {},
    before: Readonly<Record<string, string>> = {},
    after: Readonly<Record<string, string>> = {},
): Record<string, string> {
    const kept = Object.entries(there).filter(([key]) => !(key in before));
    return { ...Object.fromEntries(kept), ...after };
}
