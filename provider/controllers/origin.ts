// The disk that a DataVolume clones: a claim's, whole and at rest, or a snapshot's; or one of the same content, in place of a download.
import { copyOfAnnotation } from "../cluster/boot-imports.js";
import type { Cluster, Volume } from "../cluster/contract.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { imageFactsIn } from "../model/image-facts.js";
import type { DataVolume, PersistentVolumeClaim, Ref, VolumeSnapshot } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import type { Origin } from "./contract.js";

/**
 * The disk that the annotation `copy-of` or the source names; undefined where bytes come from elsewhere. Throws `missing-object`,
 * which is worth waiting for, while the source is not there or not filled, and `in-use` where a program has its disk open: a
 * copy of a disk that is written to meanwhile is no disk (CDI waits there, reason CloneSourceInUse).
 */
export async function readOrigin(
    volume: DataVolume,
    claim: PersistentVolumeClaim,
    cluster: Cluster,
): Promise<Origin | undefined> {
    const same = await sameContent(volume, claim, cluster);
    if (same !== undefined) return same;
    const { pvc, snapshot } = volume.spec.source;
    if (snapshot !== undefined) return cloneOfSnapshot(snapshot, cluster);
    return pvc === undefined ? undefined : cloneOfClaim(pvc, cluster);
}

/** A disk with what the source holds, with what is known of its image; undefined where it is not exactly as it was imported. */
async function sameContent(
    { metadata }: DataVolume,
    claim: PersistentVolumeClaim,
    cluster: Cluster,
): Promise<Origin | undefined> {
    const [form, namespace, name = ""] = metadata.annotations?.[copyOfAnnotation]?.split("/") ?? [];
    if (form !== "pvc" && form !== "snapshot") return undefined;
    const at = { namespace, name };
    const holder = await cluster.get(form === "pvc" ? "PersistentVolumeClaim" : "VolumeSnapshot", at);
    const volume = form === "pvc" ? await cluster.volume(at) : await cluster.volumeOfSnapshot(at);
    const disk = holder?.status?.disk;
    const image = holder === undefined ? undefined : imageFactsIn(holder.metadata);
    if (disk === undefined || image === undefined || volume?.state !== "intact" || volume.directory) return undefined;
    if (!isWhole(holder) || !fits(volume, claim)) return undefined;
    // A snapshot cannot be written to; machines that are built on it only read.
    if (form === "pvc" && (await cluster.usersOf(at)).length > 0) return undefined;
    return { disk, image };
}

/** A claim's disk is recorded when it is whole, a snapshot's image when it is about to be. */
function isWhole(holder: PersistentVolumeClaim | VolumeSnapshot | undefined): boolean {
    const status = holder?.status ?? {};
    return !("readyToUse" in status) || status.readyToUse;
}

/** The image alone may fit where the disk, which was grown for another claim, does not. */
function fits({ size }: Volume, { spec }: PersistentVolumeClaim): boolean {
    const asked = spec.resources?.requests?.storage;
    return asked === undefined || parseQuantity(asked) >= size;
}

async function cloneOfSnapshot(at: Ref, cluster: Cluster): Promise<Origin> {
    const snapshot = await cluster.get("VolumeSnapshot", at);
    const { disk, readyToUse } = snapshot?.status ?? {};
    if (snapshot === undefined) throw missing("VolumeSnapshot", at, "there is no such snapshot");
    if (disk === undefined || readyToUse !== true) throw missing("VolumeSnapshot", at, "it is not ready to use yet");
    const { state } = (await cluster.volumeOfSnapshot(at)) ?? {};
    if (state === "missing") throw missing("VolumeSnapshot", at, "its image is gone");
    return { disk };
}

async function cloneOfClaim(at: Ref, cluster: Cluster): Promise<Origin> {
    const claim = await cluster.get("PersistentVolumeClaim", at);
    const disk = claim?.status?.disk;
    const none = claim === undefined ? "there is no such claim" : "it is not filled yet";
    if (disk === undefined) throw missing("PersistentVolumeClaim", at, none);
    const { state, directory } = (await cluster.volume(at)) ?? {};
    if (state === "missing") throw missing("PersistentVolumeClaim", at, "its disk is gone");
    if (directory === true) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot clone the claim ${describeRef(at)}: it holds an archive, not a disk; import the archive once more instead`,
        );
    }
    const users = await cluster.usersOf(at);
    if (users.length === 0) return { disk };
    throw new BootsourceError(
        "in-use",
        `cannot clone the claim ${describeRef(at)}: its disk is open in ${users.join(", ")}; shut that down first`,
    );
}

function missing(kind: "PersistentVolumeClaim" | "VolumeSnapshot", at: Ref, why: string): BootsourceError {
    const [what, then] = kind === "VolumeSnapshot" ? ["snapshot", "take it first"] : ["claim", "import it first"];
    return new BootsourceError(
        "missing-object",
        `cannot clone the ${what} ${describeRef(at)}: ${why}; ${then}, or name another one`,
        { facts: { kind, namespace: at.namespace ?? "", name: at.name } },
    );
}
