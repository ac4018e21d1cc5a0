// Waits a moment for what a DataSource leads to: its disk is told of by another watch than itself, which may be a little later.
import { waitFor } from "../cluster/wait.js";
import type { DataSourceSource } from "../model/objects.js";
import type { World } from "./contract.js";

/** What a cluster of controllers has told of by then is not told of at all: the state then shows what is there. */
const moment = 5_000;

/** Until the claim is bound, or the snapshot ready; never longer than a moment, and never a failure. */
export async function awaitDisk({ pvc, snapshot }: DataSourceSource, { cluster, signal }: World): Promise<void> {
    if (cluster.capabilities.localVolumes) return;
    const soon = AbortSignal.any([signal, AbortSignal.timeout(moment)]);
    const seen = pvc
        ? waitFor(cluster, "PersistentVolumeClaim", pvc, (claim) => claim?.status?.phase === "Bound" || undefined, soon)
        : snapshot &&
          waitFor(
              cluster,
              "VolumeSnapshot",
              snapshot,
              (taken) => taken?.status?.readyToUse === true || undefined,
              soon,
          );
    await seen?.catch(() => undefined);
}
