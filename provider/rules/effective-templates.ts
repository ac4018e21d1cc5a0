// The effective list of boot sources, as HCO makes it of what it ships and of what is written (controllers/handlers/golden-images, 1.16 to 1.19).
import type { DataImportCronTemplate, EffectiveTemplate, HyperConverged } from "../model/objects.js";
import { templateAnnotations } from "./system-list.js";

/** What the list is made of. */
export interface Shipped {
    /** The platform's entries. */
    readonly system: readonly DataImportCronTemplate[];
    /** Takes the place of their schedules (`status.dataImportSchedule`). */
    readonly schedule: string | undefined;
}

/** The list by name: shipped entries where the switch is on, each as it is or as somebody's entry of its name has it, and all others. */
export function effectiveTemplates(spec: HyperConverged["spec"], { system, schedule }: Shipped): EffectiveTemplate[] {
    const { dataImportCronTemplates: entries = [], commonBootImageNamespace } = spec.workloadSources ?? {};
    const names = new Set(system.map(({ metadata }) => metadata.name));
    const custom = entries.filter(({ metadata }) => !names.has(metadata.name));
    const common = !isOn(spec)
        ? // With the switch off an entry of a shipped name is neither: it is nowhere.
          []
        : system.flatMap((shipped): EffectiveTemplate[] => {
              const scheduled = withSchedule(shipped, schedule);
              const entry = entries.find(({ metadata }) => metadata.name === shipped.metadata.name);
              if (entry === undefined) return [{ ...placed(scheduled, commonBootImageNamespace), status: isCommon }];
              return isEnabled(entry) ? [overridden(scheduled, entry)] : [];
          });
    return [...common, ...custom.filter(isEnabled).map((entry) => ({ ...structuredClone(entry), status: {} }))].sort(
        (a, b) => (a.metadata.name < b.metadata.name ? -1 : 1),
    );
}

const isCommon = { commonTemplate: true } as const;

/** Whether the platform's own entries count. */
export function isOn({ workloadSources }: HyperConverged["spec"]): boolean {
    return workloadSources?.enableCommonBootImageImport !== false;
}

/** Whether an entry counts: nothing but "true" does, where it says anything. */
export function isEnabled({ metadata }: Pick<DataImportCronTemplate, "metadata">): boolean {
    const said = metadata.annotations?.[templateAnnotations.enable];
    return said === undefined || said.toLowerCase() === "true";
}

/** A shipped entry with the schedule that the platform gives it. */
export function withSchedule(template: DataImportCronTemplate, schedule: string | undefined): DataImportCronTemplate {
    const copy = structuredClone(template);
    if (copy.spec !== undefined && schedule !== undefined) copy.spec.schedule = schedule;
    return copy;
}

function placed(template: DataImportCronTemplate, namespace: string | undefined): DataImportCronTemplate {
    return namespace === undefined ? template : { ...template, metadata: { ...template.metadata, namespace } };
}

/** The spec is the entry's as a whole, but for an empty schedule; labels stay the shipped ones, the namespace is the entry's. */
function overridden(shipped: DataImportCronTemplate, entry: DataImportCronTemplate): EffectiveTemplate {
    const { namespace: _shipped, ...metadata } = shipped.metadata;
    const { namespace, annotations } = entry.metadata;
    const spec = structuredClone(entry.spec);
    if (spec?.schedule === "") spec.schedule = shipped.spec?.schedule ?? "";
    return {
        metadata: {
            ...metadata,
            ...(namespace === undefined ? {} : { namespace }),
            annotations: { ...metadata.annotations, ...annotations },
        },
        ...(spec === undefined ? {} : { spec }),
        status: { commonTemplate: true, modified: true },
    };
}
