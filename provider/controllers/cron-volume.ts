// The DataVolume of one version of a boot source, and what it says of how far it is.
import { conditionOf } from "../model/conditions.js";
import type { DataImportCron, DataVolume, New } from "../model/objects.js";
import type { BootImport, Wanted } from "../rules/boot-imports.js";
import { askedOf, childLabels, cronAnnotations } from "../rules/cron-names.js";
import { pinnedTo } from "../rules/pinned-source.js";

/** The version to bring in, and where to. */
export interface Order {
    readonly wanted: Wanted;
    /** Undefined while no class is there: the import then waits for one. */
    readonly storageClass: string | undefined;
    /** The same version in another form or on another class: nothing has to be downloaded. */
    readonly origin: BootImport | undefined;
}

/** How far the import of a version is. */
export interface Import {
    readonly name: string;
    readonly phase: string;
    /** What the import says of itself, where something is the matter. */
    readonly reason: string | undefined;
}

/** The DataVolume of a version. */
export function newVolume(
    cron: DataImportCron,
    { wanted, storageClass }: Order,
    name: string,
    more: Readonly<Record<string, string>> = {},
): New<"DataVolume"> {
    const { spec, metadata } = cron.spec.template;
    const { namespace = "default" } = cron.metadata;
    return {
        metadata: {
            name,
            namespace,
            labels: childLabels(cron),
            annotations: {
                ...metadata?.annotations,
                // CDI asks for it on every import of a cron, whatever the template says.
                [cronAnnotations.bindImmediate]: "true",
                [cronAnnotations.digest]: wanted.digest,
                [attempt]: askedOf(cron),
                ...more,
            },
        },
        spec: {
            ...spec,
            source: pinnedTo(wanted.digest, spec.source),
            storage: { ...spec.storage, ...(storageClass === undefined ? {} : { storageClassName: storageClass }) },
        },
    };
}

/** How far it is, as the DataVolume says. */
export function importIn(volume: DataVolume): Import {
    const { phase = "" } = volume.status ?? {};
    const reason = conditionOf(volume, "Running")?.message;
    return { name: volume.metadata.name, phase, reason: reason === "" ? undefined : reason };
}

/** Which round a DataVolume was last tried for: a failed one is tried once in each. */
export const attempt = "pulumi-bootsource/attempt";
