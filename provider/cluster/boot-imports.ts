// What belongs to a DataImportCron in its world, and what of it must stay whatever the rules say.
import type { Cluster } from "./contract.js";
import type { DataImportCron, Metadata, Ref } from "../model/objects.js";
import { type BootImport, importsAmong } from "../rules/boot-imports.js";
import { cronLabels } from "../rules/cron-names.js";

/** The imports of a cron: found by its label, whole where their disks are there. */
export async function importsOf(
    { metadata }: Pick<DataImportCron, "metadata">,
    cluster: Cluster,
): Promise<BootImport[]> {
    const { namespace = "default", name } = metadata;
    const query = { namespace, labels: { [cronLabels.cron]: name } };
    const volumes = await cluster.list("DataVolume", query);
    const claims = await cluster.list("PersistentVolumeClaim", query);
    const snapshots = await cluster.list("VolumeSnapshot", query);
    const isThere = async (at: Ref, kind: "claim" | "snapshot"): Promise<boolean> => {
        const volume = kind === "claim" ? await cluster.volume(at) : await cluster.volumeOfSnapshot(at);
        // A world whose volumes are not files here says nothing of their disks: its objects count.
        return volume === undefined ? !cluster.capabilities.localVolumes : volume.state !== "missing";
    };
    const wholeOf = async (objects: readonly { metadata: Metadata }[], kind: "claim" | "snapshot") => {
        const found = await Promise.all(
            objects.map(async ({ metadata: at }) => ((await isThere(refOf(at), kind)) ? at.name : undefined)),
        );
        return new Set(found.filter((known) => known !== undefined));
    };
    const whole = { claims: await wholeOf(claims, "claim"), snapshots: await wholeOf(snapshots, "snapshot") };
    return importsAmong({ volumes, claims, snapshots, whole });
}

/** Names of claims, or of snapshots, that a DataSource of any namespace points at, or that an unfinished DataVolume is cloned from. */
export async function pointedAt(
    form: "pvc" | "snapshot",
    namespace: string | undefined,
    cluster: Cluster,
): Promise<Set<string>> {
    // On a cluster rights may reach no further than the namespace.
    const within = cluster.capabilities.localVolumes || namespace === undefined ? {} : { namespace };
    const sources = await cluster.list("DataSource", within);
    const pointers = sources.flatMap(({ spec, status }) => [spec.source[form], status?.source?.[form]]);
    const unfinished = (await cluster.list("DataVolume", within)).filter(({ status }) => status?.phase !== "Succeeded");
    const origins = unfinished.flatMap(({ spec, metadata }) => [spec.source[form], copyOf(metadata, form)]);
    return new Set(
        [...pointers, ...origins]
            .filter((at) => at !== undefined && at.namespace === namespace)
            .map((at) => String(at?.name)),
    );
}

/** Whether somebody outside has a form of the import in use, or wrote to it: then it stays. */
export async function isInUse(one: BootImport, cluster: Cluster): Promise<boolean> {
    if (one.claim !== undefined) {
        const at = refOf(one.claim.metadata);
        if ((await cluster.volume(at))?.state === "written" || (await cluster.usersOf(at)).length > 0) return true;
    }
    return one.snapshot !== undefined && (await cluster.usersOfSnapshot(refOf(one.snapshot.metadata))).length > 0;
}

/** Where an object is. */
export function refOf({ namespace, name }: Pick<Metadata, "namespace" | "name">): Ref {
    return { namespace, name };
}

/** The annotation that lets a DataVolume be copied from a disk of the same content, in place of a download. */
export const copyOfAnnotation = "pulumi-bootsource/copy-of";

function copyOf({ annotations }: Metadata, form: string): { namespace: string; name: string } | undefined {
    const [of, namespace, name] = annotations?.[copyOfAnnotation]?.split("/") ?? [];
    return of !== form || namespace === undefined || name === undefined ? undefined : { namespace, name };
}
