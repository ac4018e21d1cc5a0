// A claim without its DataVolume: CDI before 1.62 takes a DataVolume away some time after it has filled its claim. The image is as good as ever.
import type { Cluster } from "../cluster/contract.js";
import { type Owner, holds, ownerOf } from "../cluster/ownership.js";
import { describeRef, waitUntilGone } from "../cluster/wait.js";
import type { DataVolume, PersistentVolumeClaim, Ref } from "../model/objects.js";
import type { Data, World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** The claim, where it is of this very resource, bound and filled; a DataVolume's marks are on its claim as well. */
export async function claimAlone(
    at: Ref,
    owner: Partial<Owner>,
    { cluster }: World,
): Promise<PersistentVolumeClaim | undefined> {
    const claim = await ownClaim(at, owner, cluster);
    return claim !== undefined && !isDying(claim) && isFilled(claim, at.name) ? claim : undefined;
}

/** The same, for whoever is about to make a DataVolume of that name: a claim that goes with its own is waited for until it is gone. */
export async function claimAloneOrGone(
    at: Ref,
    owner: Partial<Owner>,
    world: World,
): Promise<PersistentVolumeClaim | undefined> {
    const claim = await ownClaim(at, owner, world.cluster);
    if (claim === undefined) return undefined;
    if (!isDying(claim)) return isFilled(claim, at.name) ? claim : undefined;
    await removeClaimAlone(at, claim, world);
    return undefined;
}

async function ownClaim(
    at: Ref,
    { token, urn }: Partial<Owner>,
    cluster: Cluster,
): Promise<PersistentVolumeClaim | undefined> {
    if (cluster.capabilities.localVolumes) return undefined;
    const claim = await cluster.get("PersistentVolumeClaim", at);
    if (claim === undefined) return undefined;
    const ours = token === undefined ? ownerOf(claim.metadata)?.urn === urn : holds(claim.metadata, token);
    return ours ? claim : undefined;
}

/**
 * Its DataVolume was deleted, and Kubernetes' garbage collector takes the claim after it, a moment later. CDI that keeps a claim takes
 * the DataVolume off its owners first.
 */
function isDying({ metadata }: PersistentVolumeClaim): boolean {
    const { deletionTimestamp, ownerReferences = [] } = metadata;
    return deletionTimestamp !== undefined || ownerReferences.some(({ kind }) => kind === "DataVolume");
}

/** Whether CDI has finished with it, by its own marks. */
function isFilled({ metadata, status }: PersistentVolumeClaim, name: string): boolean {
    const said = (key: string): string | undefined => metadata.annotations?.[`cdi.kubevirt.io/storage.${key}`];
    return status?.phase === "Bound" && (said("populatedFor") === name || said("pod.phase") === "Succeeded");
}

/** The DataVolume as it would be, with what the state remembers of it. */
export function volumeOfClaim(claim: PersistentVolumeClaim, last: Data | undefined): DataVolume {
    const { size, conditions } = (last ?? {}) as { size?: number; conditions?: { type: string }[] };
    const storage = size === undefined ? claim.status?.capacity?.storage : String(size);
    return {
        metadata: claim.metadata,
        spec: { source: {}, storage: storage === undefined ? {} : { resources: { requests: { storage } } } },
        status: {
            phase: "Succeeded",
            claimName: claim.metadata.name,
            conditions: (conditions ?? []) as NonNullable<DataVolume["status"]>["conditions"] & object,
        },
    };
}

/** Takes it away, and waits until it is gone: another image is to have its name. */
export async function removeClaimAlone(at: Ref, { metadata }: PersistentVolumeClaim, world: World): Promise<void> {
    const { cluster, clock } = world;
    const stall = startStallTimer(`remove the old claim ${describeRef(at)}`, defaultTimeoutSeconds, world);
    try {
        await cluster.delete("PersistentVolumeClaim", at, { uid: metadata.uid });
        const gone = { ...at, uid: metadata.uid };
        await waitUntilGone(cluster, "PersistentVolumeClaim", gone, { clock, signal: stall.signal });
    } finally {
        stall.stop();
    }
}
