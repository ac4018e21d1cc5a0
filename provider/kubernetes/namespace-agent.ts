// Keeps a namespace's boot sources current that CDI does not: one agent at a time does, and others stand by to take its place.
import type { Cluster } from "../cluster/contract.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { Kind, Objects, Pointer } from "../model/objects.js";
import { cronLabels } from "../rules/cron-names.js";
import type { CronWorkers } from "./cron-workers.js";
import type { KeptCrons } from "./kept-crons.js";
import type { Held, Leases } from "./leases.js";

/** With what it works. */
export interface AgentTools {
    readonly cluster: Cluster;
    readonly crons: KeptCrons;
    readonly workers: CronWorkers;
    readonly leases: Leases;
    readonly clock: Clock;
}

/** The lease of whoever keeps a namespace current. */
export function agentLease(namespace: string): Pointer {
    return { namespace, name: "bootsource-agent" };
}

/** How often a stand-by looks whether it is needed. */
const standsByFor = 2_000;

/** How often it is looked for crons that are new or were changed. */
const looksEvery = 3_000;

/** What crons stand on, and what belongs to them: when it changes they are looked at again. */
const followed = [
    "DataVolume",
    "PersistentVolumeClaim",
    "VolumeSnapshot",
    "DataSource",
    "StorageClass",
    "StorageProfile",
] as const;

/** Until the signal is aborted; `begun` is told once it is this one's turn, or there is one to stand by for. */
export async function keepNamespace(
    tools: AgentTools,
    signal: AbortSignal,
    begun: (() => void) | undefined,
): Promise<void> {
    const { cluster, workers } = tools;
    const lease = await standBy(tools, signal, begun);
    if (lease === undefined) return;
    try {
        workers.pollsToo();
        const over = new AbortController();
        const ends = AbortSignal.any([signal, lease.lost, over.signal]);
        const parts = [followCrons(tools, ends), ...followed.map((kind) => follow(kind, tools, ends))];
        // The first of them that fails ends the others.
        const ended = parts.map((part) =>
            part.finally(() => {
                over.abort();
            }),
        );
        const failed = (await Promise.allSettled(ended)).find(({ status }) => status === "rejected");
        if (failed?.status === "rejected") throw failed.reason;
        if (!lease.lost.aborted || signal.aborted) return;
        throw new BootsourceError(
            "in-use",
            `cannot keep ${cluster.name} current: its lease could not be renewed in time, and another agent may have it`,
            { terminal: false },
        );
    } finally {
        await workers.stop();
        await lease.release();
    }
}

async function standBy(
    { cluster, leases, clock }: AgentTools,
    signal: AbortSignal,
    begun: (() => void) | undefined,
): Promise<Held | undefined> {
    for (let time = 0; !signal.aborted; time += 1) {
        const lease = await leases.take(agentLease(cluster.namespace));
        if (time === 0) begun?.();
        if (lease !== undefined) return lease;
        await clock.sleep(standsByFor, signal);
    }
    return undefined;
}

/** New ones, and those whose programs have changed; each is looked at once more when somebody writes to it. */
async function followCrons({ cluster, crons, workers, clock }: AgentTools, signal: AbortSignal): Promise<void> {
    const seen = new Map<string, string>();
    while (!signal.aborted) {
        for (const { metadata } of await crons.list({ namespace: cluster.namespace })) {
            if (seen.get(metadata.uid) === metadata.resourceVersion) continue;
            seen.set(metadata.uid, metadata.resourceVersion);
            workers.drive("DataImportCron", { namespace: cluster.namespace, name: metadata.name });
        }
        await clock.sleep(looksEvery, signal);
    }
}

async function follow(kind: (typeof followed)[number], tools: AgentTools, signal: AbortSignal): Promise<void> {
    const { cluster, crons, workers } = tools;
    const { namespace } = cluster;
    const seen = new Map<string, string>();
    try {
        for await (const { type, object } of cluster.watch(kind, signal, { namespace })) {
            const { uid, labels } = object.metadata;
            const told = type === "deleted" ? type : newsOf(kind, object);
            if (seen.get(uid) === told) continue;
            if (type === "deleted") seen.delete(uid);
            else seen.set(uid, told);
            const isShared = kind === "StorageClass" || kind === "StorageProfile";
            for (const { metadata } of await crons.list({ namespace })) {
                if (!isShared && labels?.[cronLabels.cron] !== metadata.name) continue;
                workers.drive("DataImportCron", { namespace, name: metadata.name });
            }
        }
    } catch (thrown) {
        // Snapshots are an extension that not every cluster has.
        if (kind !== "VolumeSnapshot" || !isBootsourceError(thrown) || thrown.code !== "not-served") throw thrown;
    }
}

/** How far an import is, is no news: it is told again and again. */
function newsOf(kind: Kind, object: Objects[(typeof followed)[number]]): string {
    if (kind !== "DataVolume") return object.metadata.resourceVersion;
    const { metadata, status } = object as Objects["DataVolume"];
    const said = status?.conditions?.map(({ type, status: is, message }) => [type, is, message]);
    return JSON.stringify([status?.phase, said, metadata.deletionTimestamp]);
}
