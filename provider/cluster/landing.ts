// Where a cron's images land: the storage class in effect and why, and the format that its profile says they are kept in.
import type { Cluster } from "./contract.js";
import type { DataImportCron, DataSource, Ref, SourceFormat } from "../model/objects.js";
import { classOfSnapshot } from "../rules/boot-imports.js";
import { cronAnnotations, cronLabels } from "../rules/cron-names.js";
import { chooseStorageClass, whyChosen } from "../rules/storage-class.js";

/** Where images land. */
export interface Landing {
    /** Undefined while there is none. */
    readonly storageClass: string | undefined;
    /** Why this class, or what is waited for. */
    readonly why: string;
    /** What is waited for, where no class is there. */
    readonly waiting: string | undefined;
    readonly format: SourceFormat;
    /** The class to snapshot with, where there is one. */
    readonly snapshotClass: string | undefined;
}

/** Chooses as CDI does: the class named, else the virtualization default, else the cluster's (pkg/controller/common/util.go). */
export async function landingFor(
    { spec }: Pick<DataImportCron, "spec">,
    cluster: Pick<Cluster, "get" | "list">,
): Promise<Landing> {
    const { storage, contentType = "kubevirt" } = spec.template.spec;
    const name = storage?.storageClassName;
    const asked = { name, virtualization: contentType === "kubevirt" };
    const chosen = chooseStorageClass(await cluster.list("StorageClass"), asked);
    if (chosen === undefined) {
        const waiting =
            name === undefined
                ? "no storage class is marked as default; mark one, or name one in storageClassName"
                : `there is no storage class "${name}"; make it, or name another one`;
        return { storageClass: undefined, why: waiting, waiting, format: "pvc", snapshotClass: undefined };
    }
    const profile = await cluster.get("StorageProfile", { name: chosen.metadata.name });
    return {
        storageClass: chosen.metadata.name,
        why: whyChosen(chosen, asked),
        waiting: undefined,
        format: profile?.status?.dataImportCronSourceFormat ?? "pvc",
        snapshotClass: profile?.status?.snapshotClass,
    };
}

/** "fast (snapshot)": a class, and the format that images are kept in there. */
export function describeLanding(storageClass: string | undefined, format: string): string {
    return `${storageClass ?? ""} (${format})`;
}

/** The same of where the current image of a DataSource lies, whoever brought it there; undefined while there is none. */
export async function presentLanding(at: Ref, cluster: Pick<Cluster, "get">): Promise<string | undefined> {
    const source = await cluster.get("DataSource", at);
    const { pvc, snapshot } = source?.spec.source ?? {};
    if (pvc !== undefined) {
        return describeLanding((await cluster.get("PersistentVolumeClaim", pvc))?.spec.storageClassName, "pvc");
    }
    if (snapshot === undefined) return undefined;
    const taken = await cluster.get("VolumeSnapshot", snapshot);
    const known = taken && (classOfSnapshot(taken) ?? (await classNotedOn(source, cluster)));
    return describeLanding(known, "snapshot");
}

/** CDI notes on its cron where it brings images in, and nothing on the snapshot that it takes of one. */
async function classNotedOn(
    source: DataSource | undefined,
    cluster: Pick<Cluster, "get">,
): Promise<string | undefined> {
    const name = source?.metadata.labels?.[cronLabels.cron];
    if (name === undefined) return undefined;
    const cron = await cluster.get("DataImportCron", { namespace: source?.metadata.namespace, name });
    return cron?.metadata.annotations?.[cronAnnotations.storageClass];
}
