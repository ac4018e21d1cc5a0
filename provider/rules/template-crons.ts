// From the effective list to DataImportCrons, as SSP does it (internal/operands/data-sources/reconcile.go, main of July 2026).
import type { DataImportCron, EffectiveTemplate, Metadata, New, Pointer } from "../model/objects.js";
import { systemNamespace, templateAnnotations } from "./system-list.js";

/** Whose a cron is: SSP's children carry it, as owners may not be of another namespace. */
export const primaryAnnotations = {
    resource: "operator-sdk/primary-resource",
    type: "operator-sdk/primary-resource-type",
} as const;

/** The crons of a list, one for each DataSource: of two entries with one DataSource the later takes the place of the earlier. */
export function cronsOfTemplates(
    templates: readonly EffectiveTemplate[],
    owner: Pick<Metadata, "namespace" | "name">,
): New<"DataImportCron">[] {
    const byDataSource = new Map<string, New<"DataImportCron">>();
    for (const { metadata, spec } of templates) {
        if (spec === undefined) continue;
        const { [templateAnnotations.architectures]: _by, ...annotations } = metadata.annotations ?? {};
        const namespace = metadata.namespace ?? systemNamespace;
        byDataSource.set(`${namespace}/${spec.managedDataSource}`, {
            metadata: {
                name: metadata.name,
                namespace,
                ...(metadata.labels === undefined ? {} : { labels: metadata.labels }),
                annotations: {
                    ...annotations,
                    [primaryAnnotations.resource]: ownerText(owner),
                    [primaryAnnotations.type]: "HyperConverged.hco.kubevirt.io",
                },
            },
            spec: structuredClone(spec),
        });
    }
    return [...byDataSource.values()];
}

/** Whether an operator made it, of an entry of its list. */
export function isOperators({ annotations }: Pick<Metadata, "annotations">): boolean {
    return annotations?.[primaryAnnotations.type] !== undefined;
}

/** Whether a cron was made of an entry of that object's list. */
export function isOfList({ metadata }: Pick<DataImportCron, "metadata">, owner: Pick<Metadata, "namespace" | "name">) {
    return metadata.annotations?.[primaryAnnotations.resource] === ownerText(owner);
}

/** Where the DataSource of an entry is. */
export function dataSourceOf({ metadata, spec }: Pick<EffectiveTemplate, "metadata" | "spec">): Pointer | undefined {
    if (spec === undefined) return undefined;
    return { namespace: metadata.namespace ?? systemNamespace, name: spec.managedDataSource };
}

function ownerText({ namespace = "", name }: Pick<Metadata, "namespace" | "name">): string {
    return `${namespace}/${name}`;
}
