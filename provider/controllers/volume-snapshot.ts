// VolumeSnapshots: an immutable image of a claim's disk, ready to use or with the reason why it is not.
import type { Cluster } from "../cluster/contract.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError, isBootsourceError, toBootsourceError } from "../model/errors.js";
import { imageAnnotation } from "../model/image-facts.js";
import type { DiskRecord, PersistentVolumeClaim, Ref, VolumeSnapshot } from "../model/objects.js";
import { formatQuantity } from "../model/quantity.js";
import { cronAnnotations } from "../rules/cron-names.js";
import type { Controller, ControllerWorld, Verdict } from "./contract.js";

/** What keeps a snapshot from being taken may pass: a claim that is being filled, a machine that is shut down. */
const passing: readonly BootsourceError["code"][] = ["missing-object", "in-use", "conflict"];

/** Looked for again after this long. */
const passingAgain = 1_000;

/** The controller: a snapshot that is ready stays so while its image lies there. */
export const reconcileVolumeSnapshot: Controller<"VolumeSnapshot"> = async (snapshot, world) => {
    const at = refOf(snapshot);
    if (snapshot.metadata.deletionTimestamp !== undefined) {
        // Whoever deleted it was killed over it.
        await world.cluster.delete("VolumeSnapshot", at, { uid: snapshot.metadata.uid });
        return "settled";
    }
    if (snapshot.status?.readyToUse === true && (await world.cluster.volumeOfSnapshot(at))?.state !== "missing") {
        return "settled";
    }
    try {
        const claim = await claimOf(snapshot, world.cluster);
        await refuseOtherDriver(snapshot, claim, world.cluster);
        await take(snapshot, claim, world);
        return "settled";
    } catch (thrown) {
        if (world.signal.aborted) throw thrown;
        if (isGone(thrown)) return "settled";
        return recordFailure(at, toBootsourceError(thrown, `take the snapshot ${describeRef(at)}`), world);
    }
};

async function claimOf({ spec, metadata }: VolumeSnapshot, cluster: Cluster): Promise<PersistentVolumeClaim> {
    const at = { namespace: metadata.namespace, name: spec.source.persistentVolumeClaimName };
    const claim = await cluster.get("PersistentVolumeClaim", at);
    if (claim !== undefined) return claim;
    throw new BootsourceError(
        "missing-object",
        `cannot take the snapshot ${describeRef(refOf({ metadata }))}: there is no claim ${describeRef(at)}; import an image into ` +
            "it, or name another claim",
    );
}

/** A snapshot class is for the storage classes of one driver (the external snapshotter refuses it in the same way). */
async function refuseOtherDriver(
    { spec, metadata }: VolumeSnapshot,
    claim: PersistentVolumeClaim,
    cluster: Cluster,
): Promise<void> {
    const { volumeSnapshotClassName: name } = spec;
    if (name === undefined) return;
    const refuse = (code: BootsourceError["code"], why: string): never => {
        throw new BootsourceError(code, `cannot take the snapshot ${describeRef(refOf({ metadata }))}: ${why}`);
    };
    const found = await cluster.get("VolumeSnapshotClass", { name });
    if (found === undefined) {
        return refuse("missing-object", `there is no VolumeSnapshotClass "${name}"; make it, or name another one`);
    }
    const storageClass = await cluster.get("StorageClass", { name: claim.spec.storageClassName ?? "" });
    if (storageClass === undefined || storageClass.provisioner === found.driver) return;
    refuse(
        "invalid-argument",
        `the VolumeSnapshotClass "${name}" is for ${found.driver}, and the storage class "${storageClass.metadata.name}" is of ` +
            `${storageClass.provisioner}; leave volumeSnapshotClassName out, or name a class of that driver`,
    );
}

async function take(snapshot: VolumeSnapshot, claim: PersistentVolumeClaim, world: ControllerWorld): Promise<void> {
    const at = refOf(snapshot);
    let published: DiskRecord | undefined;
    try {
        const taken = await world.disks.snapshot(snapshot, claim, {
            signal: world.signal,
            announce: async (disk) => {
                published = disk;
                await writeStatus(at, world, (current) => {
                    current.status = { ...current.status, readyToUse: false, disk };
                });
            },
        });
        published = taken.record;
        await writeStatus(at, world, (current) => {
            current.status = {
                readyToUse: true,
                restoreSize: formatQuantity(taken.size),
                disk: taken.record,
                storageClass: taken.storageClass,
            };
            current.metadata.annotations = { ...current.metadata.annotations, ...annotationsFrom(claim, taken.size) };
        });
    } catch (thrown) {
        // Deleted while its image took its name: nobody names that image any more.
        if (isGone(thrown) && published !== undefined) await world.disks.remove(published.path);
        throw thrown;
    }
}

/** What machines and crons read off a snapshot of a boot source, as CDI's cron controller writes it. */
function annotationsFrom({ metadata, spec }: PersistentVolumeClaim, size: number): Record<string, string> {
    const image = metadata.annotations?.[imageAnnotation];
    return {
        [cronAnnotations.sourceVolumeMode]: spec.volumeMode ?? "Filesystem",
        [cronAnnotations.advisedRestoreSize]: spec.resources?.requests?.storage ?? formatQuantity(size),
        ...(image === undefined ? {} : { [imageAnnotation]: image }),
    };
}

async function recordFailure(at: Ref, error: BootsourceError, world: ControllerWorld): Promise<Verdict> {
    const { message, code } = error;
    await writeStatus(at, world, (current) => {
        // The same reason again is no news: its time is when it began.
        if (current.status?.error?.message === message && current.status.readyToUse === false) return;
        const time = new Date(world.clock.now()).toISOString();
        current.status = { ...current.status, readyToUse: false, error: { message, time } };
    }).catch((thrown: unknown) => {
        if (!isGone(thrown)) throw thrown;
    });
    return passing.includes(code) ? { again: passingAgain } : "settled";
}

async function writeStatus(
    at: Ref,
    { cluster }: ControllerWorld,
    change: (current: VolumeSnapshot) => void,
): Promise<void> {
    await cluster.update("VolumeSnapshot", at, change, "status");
}

function refOf({ metadata }: Pick<VolumeSnapshot, "metadata">): Ref {
    return { namespace: metadata.namespace, name: metadata.name };
}

function isGone(thrown: unknown): boolean {
    return isBootsourceError(thrown) && thrown.code === "gone";
}
