// A process to be killed: takes the snapshot of a claim in a store, or goes on with it, until it is ready to use.
import { waitFor } from "../../provider/cluster/wait.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";

/** The snapshot that is taken, of a claim named the same. */
const at = { namespace: "default", name: "disk" };

async function main(store: string): Promise<void> {
    const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined });
    if ((await cluster.get("VolumeSnapshot", at)) === undefined) {
        const source = { persistentVolumeClaimName: at.name };
        await cluster.create("VolumeSnapshot", { metadata: at, spec: { source } });
    }
    const done = AbortSignal.timeout(20_000);
    await waitFor(cluster, "VolumeSnapshot", at, (one) => (one?.status?.readyToUse === true ? one : undefined), done);
    await cluster.close();
}

void main(String(process.argv[2]));
