// Whose a boot source is: the platform's own, as it is or overridden or switched off, or somebody's (the HyperConverged object tells).
import type { DataImportCron, DataSource, EffectiveTemplate, HyperConverged } from "../model/objects.js";
import { isEnabled } from "./effective-templates.js";
import { systemNamespace, systemNamespaces } from "./system-list.js";
import { primaryAnnotations } from "./template-crons.js";

/**
 * `system`: an entry that the platform ships. `overridden`: one in whose place somebody's entry of its name is. `disabled`: the
 * platform's, with automatic updates off (by the switch, or by an entry that says so). `custom`: everything else.
 */
export type BootOrigin = "system" | "overridden" | "custom" | "disabled";

/** The entry of the effective list that a cron was made of; undefined for one of another hand. */
export function entryOfCron(
    { metadata, spec }: Pick<DataImportCron, "metadata" | "spec">,
    list: HyperConverged | undefined,
): EffectiveTemplate | undefined {
    const entries = list?.status?.dataImportCronTemplates ?? [];
    return entries.find(
        ({ metadata: { name, namespace }, spec: asked }) =>
            (name === metadata.name || architectures.some((one) => `${name}-${one}` === metadata.name)) &&
            // An entry that names no namespace is for the platform's own.
            (namespace === undefined ? isPlatforms(metadata.namespace, list) : namespace === metadata.namespace) &&
            asked !== undefined &&
            (spec.managedDataSource === asked.managedDataSource ||
                architectures.some((one) => spec.managedDataSource === `${asked.managedDataSource}-${one}`)),
    );
}

/** Of an entry of the effective list; a custom one says nothing. */
export function originOfEntry(entry: EffectiveTemplate | undefined): BootOrigin {
    if (entry?.status.commonTemplate !== true) return "custom";
    return entry.status.modified === true ? "overridden" : "system";
}

/**
 * Of a DataSource that no cron moves: the platform keeps its own also while nothing is imported for them, each leading to the claim
 * of its own name.
 */
export function originWithoutCron(
    { metadata, spec }: Pick<DataSource, "metadata" | "spec">,
    list: HyperConverged | undefined,
): BootOrigin {
    const { namespace = "default", name, annotations = {} } = metadata;
    const { pvc } = spec.source;
    const isReset = pvc?.name === name && pvc.namespace === namespace && isPlatforms(namespace, list);
    const isOff = disabledEntries(list).some((one) => one.namespace === namespace && one.name === name);
    return isReset || isOff || annotations[primaryAnnotations.type] !== undefined ? "disabled" : "custom";
}

function isPlatforms(namespace: string | undefined, list: HyperConverged | undefined): boolean {
    if (list === undefined || namespace === undefined) return false;
    return systemNamespaces.includes(namespace) || namespace === list.spec.workloadSources?.commonBootImageNamespace;
}

/** DataSources of entries that say that they are off, as far as the entries say which. */
export function disabledEntries(
    list: HyperConverged | undefined,
): { namespace: string; name: string; entry: string }[] {
    const { dataImportCronTemplates: entries = [] } = list?.spec.workloadSources ?? {};
    return entries
        .filter((entry) => !isEnabled(entry))
        .map(({ metadata, spec }) => ({
            namespace: metadata.namespace ?? systemNamespace,
            // An entry that only switches off needs no spec; the platform's own are named after their DataSources.
            name: spec?.managedDataSource ?? metadata.name.replace(/-image-cron$/, ""),
            entry: metadata.name,
        }));
}

/** With boot sources of several architectures an entry becomes a cron and a DataSource of each, which end in its name. */
const architectures = ["amd64", "arm64", "s390x"] as const;
