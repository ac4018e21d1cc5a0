// Which objects look at another one: they are worked on again when it changes.
import type { DataSource, Kind, Metadata, Ref } from "../model/objects.js";
import { cronLabels } from "../rules/cron-names.js";

/** An object by kind and place. */
export interface Target {
    readonly kind: Kind;
    readonly at: Ref;
}

/** DataSources that point at the object. A pointer to another DataSource follows that one. */
export function pointersTo(kind: Kind, at: Ref, sources: readonly DataSource[]): Target[] {
    const key = pointerKeys[kind];
    if (key === undefined) return [];
    return sources
        .filter(({ spec }) => spec.source[key]?.name === at.name && spec.source[key].namespace === at.namespace)
        .map(({ metadata }) => ({
            kind: "DataSource",
            at: { namespace: metadata.namespace, name: metadata.name },
        }));
}

const pointerKeys: { readonly [K in Kind]?: "pvc" | "snapshot" | "dataSource" } = {
    // A claim is ready as a source when its DataVolume is.
    DataVolume: "pvc",
    PersistentVolumeClaim: "pvc",
    VolumeSnapshot: "snapshot",
    DataSource: "dataSource",
};

/** The cron that an object belongs to. */
export function cronOf(kind: Kind, { namespace, name, labels }: Metadata): Target | undefined {
    const cron = kind === "DataImportCron" ? name : labels?.[cronLabels.cron];
    return cron === undefined ? undefined : { kind: "DataImportCron", at: { namespace, name: cron } };
}
