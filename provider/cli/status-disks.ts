// What the images of boot sources take: on this machine what their files do, on a cluster what the platform says.
import { lstat } from "node:fs/promises";
import type { Cluster, Volume } from "../cluster/contract.js";
import type { Metadata, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import type { BootObjects } from "../rules/boot-status.js";
import { cronLabels } from "../rules/cron-names.js";

/** Bytes by uid of claim or snapshot, of those that belong to a cron or that a DataSource leads to. */
export async function disksOf(
    { dataSources, claims, snapshots }: Pick<BootObjects, "dataSources" | "claims" | "snapshots">,
    cluster: Cluster,
): Promise<Map<string, number>> {
    const served = new Set(
        dataSources.flatMap(({ spec: { source } }) => [source.pvc, source.snapshot].map((at) => at && keyOf(at))),
    );
    const belongs = ({ metadata }: { metadata: Metadata }): boolean =>
        metadata.labels?.[cronLabels.cron] !== undefined || served.has(keyOf(metadata));
    const disks = new Map<string, number>();
    const measure = async (
        { metadata }: { metadata: Metadata },
        said: string | undefined,
        volumeOf: (at: Ref) => Promise<Volume | undefined>,
    ) => {
        const { namespace, name, uid } = metadata;
        const volume = await volumeOf({ namespace, name });
        if (volume !== undefined && volume.state !== "missing") disks.set(uid, await bytesOn(volume));
        // On a cluster the platform's word counts for the disk.
        else if (!cluster.capabilities.localVolumes) disks.set(uid, parseQuantity(said ?? "0"));
    };
    await Promise.all([
        ...claims
            .filter(belongs)
            .map((claim) => measure(claim, claim.status?.capacity?.storage, (at) => cluster.volume(at))),
        ...snapshots
            .filter(belongs)
            .map((one) => measure(one, one.status?.restoreSize, (at) => cluster.volumeOfSnapshot(at))),
    ]);
    return disks;
}

/** What a disk takes, holes not counted: most of a fresh image is one. */
async function bytesOn({ path, size, directory }: Volume): Promise<number> {
    if (directory) return size;
    // Taken away this very moment: the next look tells.
    const found = await lstat(path).catch(() => undefined);
    return found === undefined ? 0 : Math.min(size, found.blocks * 512);
}

function keyOf({ namespace = "default", name }: { readonly namespace?: string; readonly name: string }): string {
    return `${namespace}/${name}`;
}
