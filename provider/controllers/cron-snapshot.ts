// The snapshot of an import, where its class keeps boot sources as snapshots: the claim stays until it is ready to use.
import type { DataImportCron } from "../model/objects.js";
import { type BootImport } from "../rules/boot-imports.js";
import { childLabels, cronAnnotations } from "../rules/cron-names.js";
import type { CronWorld } from "./contract.js";
import type { Landing } from "../cluster/landing.js";

/** Makes the VolumeSnapshot of an import, or finds it, and has it worked on; says why it cannot be made. */
export async function takeSnapshot(
    cron: DataImportCron,
    of: BootImport,
    { snapshotClass }: Landing,
    { cluster }: CronWorld,
): Promise<string | undefined> {
    const at = { namespace: cron.metadata.namespace, name: of.name };
    const before = await cluster.get("VolumeSnapshot", at);
    const stale = before?.status?.readyToUse !== true && before?.spec.volumeSnapshotClassName !== snapshotClass;
    // Its snapshot class has gone before it was taken: no snapshot ever changes its class.
    if (before !== undefined && stale) await cluster.delete("VolumeSnapshot", at, { uid: before.metadata.uid });
    const found = stale ? undefined : before;
    if (found === undefined) {
        await cluster.create("VolumeSnapshot", {
            metadata: {
                name: of.name,
                namespace: cron.metadata.namespace ?? "default",
                labels: childLabels(cron),
                annotations: annotationsFor(of),
            },
            spec: {
                ...(snapshotClass === undefined ? {} : { volumeSnapshotClassName: snapshotClass }),
                source: { persistentVolumeClaimName: of.name },
            },
        });
    }
    cluster.drive("VolumeSnapshot", at);
    return found?.status?.error?.message;
}

/** What is known of the claim now: with it, it goes. Machines read off the last two how large a disk to restore. */
function annotationsFor({ volume, claim, digests, storageClass }: BootImport): Record<string, string> {
    const size = claim?.spec.resources?.requests?.storage;
    const known = {
        [cronAnnotations.digest]: volume?.metadata.annotations?.[cronAnnotations.digest] ?? digests[0],
        [cronAnnotations.storageClass]: storageClass,
        [cronAnnotations.sourceVolumeMode]: claim?.spec.volumeMode,
        [cronAnnotations.advisedRestoreSize]: size,
    };
    return Object.fromEntries(Object.entries(known).filter((entry): entry is [string, string] => !!entry[1]));
}
