// Another image under a name where the platform forbids to change a DataVolume: the old one goes before the new one can come.
import { describeRef, waitUntilGone } from "../cluster/wait.js";
import { isSame } from "../model/canonical.js";
import type { DataVolume, Ref } from "../model/objects.js";
import type { World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** Whether an unfinished DataVolume is the very one that is wanted: then it is waited for, and CDI goes on with it. */
export function isUnderWay({ spec, status }: DataVolume, wanted: DataVolume["spec"]): boolean {
    const begun = status?.phase ?? "";
    return !["Succeeded", "Failed"].includes(begun) && isSame(spec, wanted);
}

/** Deletes a DataVolume and waits until its claim has gone with it: CDI refuses another one while a claim of that name is there. */
export async function clearTheWay(at: Ref, { metadata }: DataVolume, world: World): Promise<void> {
    const { cluster } = world;
    const claim = await cluster.get("PersistentVolumeClaim", at);
    const stall = startStallTimer(`remove the old DataVolume ${describeRef(at)}`, defaultTimeoutSeconds, world);
    const until = { clock: world.clock, signal: stall.signal };
    try {
        await cluster.delete("DataVolume", at, { uid: metadata.uid });
        const users = claim === undefined ? [] : await cluster.usersOf(at);
        // Kubernetes keeps a claim as long as a pod has it mounted.
        stall.saw("deleted", users.length === 0 ? undefined : `in use by ${users.join(", ")}`);
        await waitUntilGone(cluster, "DataVolume", { ...at, uid: metadata.uid }, until);
        if (claim === undefined) return;
        await cluster.delete("PersistentVolumeClaim", at, { uid: claim.metadata.uid });
        await waitUntilGone(cluster, "PersistentVolumeClaim", { ...at, uid: claim.metadata.uid }, until);
    } finally {
        stall.stop();
    }
}
