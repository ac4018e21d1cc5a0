// The boot source that is killed: how its store is opened, and when everything that was asked of it is done.
import type { Cluster } from "../../provider/cluster/contract.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { conditionOf } from "../../provider/model/conditions.js";
import { directNetwork } from "../../provider/model/network.js";
import type { SourceFormat } from "../../provider/model/objects.js";

/** Where the cron and its DataSource are. */
export const [cronAt, dataSourceAt] = [
    { namespace: "default", name: "fedora-image-cron" },
    { namespace: "default", name: "fedora" },
];

/** What is asked of it: which version, where, and in which form. */
export interface Goal {
    readonly store: string;
    /** The registry, as its references name it. */
    readonly host: string;
    readonly digest: string;
    readonly storageClass: string;
    readonly format: SourceFormat;
}

/** Opens the store with its two classes, both of which take snapshots. */
export function openStore({ store, host }: Pick<Goal, "store" | "host">): EmbeddedCluster {
    const storageClasses = (["one", "two"] as const).map((name) => ({
        declaration: {
            name,
            snapshot: "overlay" as const,
            ...(name === "one" ? { defaults: ["cluster" as const] } : {}),
        },
        directory: undefined,
    }));
    const network = { ...directNetwork, insecureRegistries: [host] };
    return new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined, network, storageClasses });
}

/** Has everything kept current until the goal is reached, as an agent does. */
export async function workUntil(cluster: EmbeddedCluster, goal: Goal): Promise<void> {
    const over = new AbortController();
    const work = cluster.work(over.signal);
    try {
        const end = AbortSignal.timeout(120_000);
        for await (const _change of cluster.watch("DataImportCron", AbortSignal.any([end, over.signal]))) {
            if (await isReached(cluster, goal)) return;
        }
        const told = await Promise.all(
            (["DataImportCron", "DataSource", "DataVolume", "PersistentVolumeClaim", "VolumeSnapshot"] as const).map(
                async (kind) =>
                    (await cluster.list(kind)).map(({ metadata, spec, status }) => [metadata.name, spec, status]),
            ),
        );
        const users = await Promise.all(
            (await cluster.list("PersistentVolumeClaim")).map(async ({ metadata }) => [
                await cluster.volume(metadata),
                await cluster.usersOf(metadata),
            ]),
        );
        throw new Error(`not reached: ${JSON.stringify(goal)}; ${JSON.stringify([users, ...told.reverse()])}`);
    } finally {
        over.abort();
        await work;
    }
}

/** Whether the DataSource leads to what is asked for, and nothing else is left. */
async function isReached(cluster: Cluster, { digest, storageClass, format }: Goal): Promise<boolean> {
    const cron = await cluster.get("DataImportCron", cronAt);
    const { pvc, snapshot } = (await cluster.get("DataSource", dataSourceAt))?.status?.source ?? {};
    const claims = await cluster.list("PersistentVolumeClaim");
    const snapshots = await cluster.list("VolumeSnapshot");
    const [form] = format === "pvc" ? claims : snapshots;
    const classOf = format === "pvc" ? claims[0]?.spec.storageClassName : snapshots[0]?.status?.storageClass;
    return (
        conditionOf(cron, "UpToDate")?.status === "True" &&
        cron?.status?.currentImports?.[0]?.Digest === digest &&
        claims.length + snapshots.length === 1 &&
        form?.metadata.name === (format === "pvc" ? pvc : snapshot)?.name &&
        classOf === storageClass
    );
}
