// Another spec where the platform forbids to change a cron's: the cron goes and comes again, its DataSource and images stay.
import { describeRef, waitUntilGone } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, Pointer } from "../model/objects.js";
import { releaseAccess } from "./access-objects.js";
import { importsToKeepAs } from "./boot-source-adopt-cdi.js";
import type { World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/**
 * Makes the cron anew under its name, with `change` applied to what it said before. Its annotations come along: the digest and
 * the storage class by which CDI finds its images again, and downloads none.
 */
export async function remakeCron(
    at: Pointer,
    found: DataImportCron,
    change: (cron: Pick<DataImportCron, "metadata" | "spec">) => void,
    world: World,
): Promise<DataImportCron> {
    const { cluster, clock } = world;
    const { labels, annotations, uid } = found.metadata;
    if (found.spec.retentionPolicy === "None") {
        throw new BootsourceError(
            "refused",
            `cannot change the DataImportCron ${describeRef(at)}: CDI forbids it, and it cannot be made anew either, because it was ` +
                "adopted with retentionPolicy None and CDI would delete its images with it; leave it as it is, or make another boot source",
        );
    }
    const [current] = found.status?.currentImports ?? [];
    const kept = current === undefined ? {} : importsToKeepAs(found.spec, current);
    const fresh = structuredClone({ metadata: { ...at, labels, annotations }, spec: found.spec, ...kept });
    change(fresh as DataImportCron);
    await releaseAccess({ kind: "DataImportCron", metadata: found.metadata, spec: found.spec }, world);
    const stall = startStallTimer(`remove the old DataImportCron ${describeRef(at)}`, defaultTimeoutSeconds, world);
    try {
        await cluster.delete("DataImportCron", at, { uid });
        await waitUntilGone(cluster, "DataImportCron", { ...at, uid }, { clock, signal: stall.signal });
    } finally {
        stall.stop();
    }
    return cluster.create("DataImportCron", fresh as DataImportCron);
}
