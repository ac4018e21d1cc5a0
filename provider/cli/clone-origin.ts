// What a clone is made of: a boot source's current image, a claim's disk or a snapshot's image, by name.
import type { Cluster } from "../cluster/contract.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError } from "../model/errors.js";
import type { Ref, VolumeSnapshot } from "../model/objects.js";
import { nearest } from "./command-line.js";

/** A disk to clone. */
export interface CloneOrigin {
    /** Absolute. */
    readonly path: string;
    readonly size: number;
    /** The snapshot whose image it is; undefined for a claim's disk, which may be written to and be replaced. */
    readonly snapshot: VolumeSnapshot | undefined;
    /** Whether its storage class keeps snapshots to be built on. */
    readonly overlays: boolean;
    /** "the boot source default/fedora". */
    readonly words: string;
}

/** Finds it: a DataSource goes before a claim, a claim before a snapshot. */
export async function findOrigin(cluster: Cluster, name: string): Promise<CloneOrigin> {
    const [, namespace = "default", plain = name] = /^(?:([^/]+)\/)?([^/]+)$/.exec(name) ?? [];
    const at = { namespace, name: plain };
    const source = await cluster.get("DataSource", at);
    if (source !== undefined) {
        const ready = conditionOf(source, "Ready");
        const words = `the boot source ${namespace}/${plain}`;
        const { pvc, snapshot } = source.status?.source ?? {};
        if (ready?.status === "True" && snapshot !== undefined) return ofSnapshot(cluster, snapshot, words);
        if (ready?.status === "True" && pvc !== undefined) return ofClaim(cluster, pvc, words);
        const why = ready?.message ?? "nobody has looked at it yet";
        throw new BootsourceError("missing-object", `cannot clone ${words}: it is not ready: ${why}`);
    }
    if ((await cluster.get("PersistentVolumeClaim", at)) !== undefined) {
        return ofClaim(cluster, at, `the claim ${namespace}/${plain}`);
    }
    if ((await cluster.get("VolumeSnapshot", at)) !== undefined) {
        return ofSnapshot(cluster, at, `the snapshot ${namespace}/${plain}`);
    }
    const names = (await cluster.list("DataSource")).map(({ metadata }) =>
        metadata.namespace === "default" ? metadata.name : `${metadata.namespace ?? ""}/${metadata.name}`,
    );
    const hint = names.length === 0 ? "there is none in the store" : nearest(name, names);
    throw new BootsourceError(
        "missing-object",
        `cannot clone ${name}: no boot source, claim or snapshot has that name; ${hint}`,
    );
}

async function ofClaim(cluster: Cluster, at: Ref, words: string): Promise<CloneOrigin> {
    const volume = await cluster.volume(at);
    if (volume === undefined || volume.state === "missing") {
        throw new BootsourceError(
            "missing-object",
            `cannot clone ${words}: its disk is not there (yet); import it first`,
        );
    }
    if (volume.directory) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot clone ${words}: it holds an archive; copy ${volume.path} with cp -a`,
        );
    }
    return { path: volume.path, size: volume.size, snapshot: undefined, overlays: false, words };
}

async function ofSnapshot(cluster: Cluster, at: Ref, words: string): Promise<CloneOrigin> {
    const snapshot = await cluster.get("VolumeSnapshot", at);
    const volume = await cluster.volumeOfSnapshot(at);
    const gone =
        volume === undefined || volume.state === "missing" || snapshot?.metadata.deletionTimestamp !== undefined;
    if (gone || snapshot?.status?.readyToUse !== true) {
        throw new BootsourceError(
            "missing-object",
            `cannot clone ${words}: its image is not there (yet); wait until it is ready`,
        );
    }
    const storageClass = await cluster.get("StorageClass", { name: snapshot.status.storageClass ?? "" });
    const overlays = storageClass?.parameters?.["snapshot"] === "overlay";
    return { path: volume.path, size: volume.size, snapshot, overlays, words };
}
