// Waits until the platform has followed the HyperConverged: crons that go are gone, those that stay say what was asked, machines can clone.
import type { Cluster } from "../cluster/contract.js";
import { describeRef, waitFor } from "../cluster/wait.js";
import { want } from "../cluster/polls.js";
import { isSame } from "../model/canonical.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError, throwIfCancelled } from "../model/errors.js";
import type { DataImportCron, DataSource, DataVolume, EffectiveTemplate, Pointer } from "../model/objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { cronAnnotations, cronLabels } from "../rules/cron-names.js";
import { systemNamespace } from "../rules/system-list.js";
import { saysNoOther } from "../rules/system-entries.js";
import { dataSourceOf } from "../rules/template-crons.js";
import type { World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** What is waited for. */
export interface Expected {
    /** The entries that are to be carried out. */
    readonly active: readonly EffectiveTemplate[];
    /** Crons that are to go for good. */
    readonly leaving: readonly DataImportCron[];
    /** Digests that the stack itself asks for, by the entry's name: where nobody polls. */
    readonly digests: Readonly<Record<string, string>>;
    /** Whether to wait for the images too. */
    readonly ready: boolean;
    readonly timeoutSeconds: number | undefined;
}

/** Nobody rings for a list that another operator works through: so often it is looked, in milliseconds. */
const lookAgain = 500;

/** A DataSource that the platform does not look after is never reset: nobody waits for that longer than so many looks. */
const mostResets = 20;

/** What nobody but a person mends. */
const hopeless: ReadonlySet<string> = new Set(["ErrDataSourceAlreadyManaged", "DataSourceNotManaged", "ImportFailed"]);

/** Throws what failed, once all others have come. */
export async function awaitSystem(hyperConverged: Pointer, expected: Expected, world: World): Promise<void> {
    const { cluster, clock } = world;
    const doing = "bring the system boot sources in line";
    const stall = startStallTimer(doing, expected.timeoutSeconds ?? defaultTimeoutSeconds, world);
    const asked = new Set<string>();
    try {
        for (let look = 0; ; look++) {
            throwIfCancelled(world.signal, doing);
            if (stall.signal.aborted) throw stall.signal.reason as Error;
            cluster.drive("HyperConverged", hyperConverged);
            const looks = await Promise.all([
                ...expected.leaving.map((cron) => lookForGone(cron, cluster, look < mostResets)),
                ...expected.active.map((one) => lookFor(one, expected, asked, world)),
            ]);
            const waiting = looks.filter(({ state }) => state === "waiting");
            world.progress(`${looks.length - waiting.length} of ${looks.length} system boot sources are in line`);
            if (waiting.length === 0) {
                const failed = looks.filter(({ state }) => state === "failed");
                if (failed.length > 0) throw failedTo(failed, looks.length);
                return;
            }
            stall.saw(looks, waiting[0]?.why);
            await clock.sleep(lookAgain, stall.signal);
        }
    } finally {
        stall.stop();
    }
}

/** Waits until a platform's status is about the object as it is, and shows its list (or none of it). */
export async function awaitList(
    at: Pointer,
    shown: boolean,
    timeoutSeconds: number | undefined,
    world: World,
): Promise<void> {
    const stall = startStallTimer("wait for HyperConverged", timeoutSeconds ?? defaultTimeoutSeconds, world);
    try {
        await waitFor(
            world.cluster,
            "HyperConverged",
            at,
            (object) => {
                const { observedGeneration, dataImportCronTemplates: list = [] } = object?.status ?? {};
                stall.saw(object?.status, "its status is not about the changed object yet; does its operator run?");
                if (object === undefined || (observedGeneration ?? 0) < object.metadata.generation) return undefined;
                return list.some(({ status }) => status.commonTemplate === true) === shown || !shown ? true : undefined;
            },
            stall.signal,
        );
    } finally {
        stall.stop();
    }
}

interface Look {
    readonly name: string;
    readonly state: "arrived" | "waiting" | "failed";
    readonly why: string;
    /** What moves while it is on its way. */
    readonly seen?: unknown;
}

async function lookForGone({ metadata, spec }: DataImportCron, cluster: Cluster, patient: boolean): Promise<Look> {
    const { namespace, name } = metadata;
    const found = await cluster.get("DataImportCron", { namespace, name });
    if (found !== undefined) {
        return {
            name,
            state: "waiting",
            why: `the DataImportCron ${describeRef({ namespace, name })} is not removed yet`,
        };
    }
    const at = { namespace, name: spec.managedDataSource };
    const source = await cluster.get("DataSource", at);
    const isReset = source === undefined || (source.metadata.labels?.[cronLabels.cron] !== name && isSettled(source));
    const why = `the DataSource ${describeRef(at)} is not reset yet`;
    return { name, state: isReset || !patient ? "arrived" : "waiting", why };
}

/** Whether its status speaks of where it points. */
function isSettled(source: DataSource): boolean {
    const { source: seen } = source.status ?? {};
    return conditionOf(source, "Ready")?.status !== "True" || seen === undefined || isSame(seen, source.spec.source);
}

async function lookFor(
    template: EffectiveTemplate,
    { digests, ready }: Expected,
    asked: Set<string>,
    world: World,
): Promise<Look> {
    const { cluster } = world;
    const { name, namespace = systemNamespace } = template.metadata;
    const at = { namespace, name };
    const cron = await cluster.get("DataImportCron", at);
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined || !saysNoOther(cron.spec, template.spec)) {
        return { name, state: "waiting", why: `the DataImportCron ${describeRef(at)} is not there as asked yet` };
    }
    if (!asked.has(name)) await begin(cron, digests[name], world);
    asked.add(name);
    const dataSource = dataSourceOf(template);
    if (!ready || dataSource === undefined) return { name, state: "arrived", why: "" };
    const now = (await cluster.get("DataImportCron", at)) ?? cron;
    const upToDate = conditionOf(now, "UpToDate");
    if (upToDate !== undefined && upToDate.status !== "True" && hopeless.has(upToDate.reason)) {
        return { name, state: "failed", why: upToDate.message };
    }
    const source = await cluster.get("DataSource", dataSource);
    const volume = await cluster.get("DataVolume", {
        namespace,
        name: now.status?.currentImports?.[0]?.DataVolumeName ?? "none",
    });
    const seen = [upToDate, source?.status, volume?.status];
    const why = upToDate?.message ?? conditionOf(source, "Ready")?.message ?? "";
    const isSaid = [upToDate, conditionOf(source, "Ready")].every((condition) => condition?.status === "True");
    const isReady = isSaid && speaksOfThis(now, digests[name], cluster) && (await isThere(source, volume, cluster));
    return { name, state: isReady ? "arrived" : "waiting", why, seen };
}

/** For a moment statuses still speak of an image that was just taken away to be brought in elsewhere: its disk is looked at. */
async function isThere(
    source: DataSource | undefined,
    volume: DataVolume | undefined,
    cluster: Cluster,
): Promise<boolean> {
    if (volume !== undefined && volume.status?.phase !== "Succeeded") return false;
    const { pvc, snapshot } = source?.spec.source ?? {};
    const disk = pvc
        ? await cluster.get("PersistentVolumeClaim", pvc)
        : snapshot && (await cluster.get("VolumeSnapshot", snapshot));
    return disk !== undefined && disk.metadata.deletionTimestamp === undefined;
}

/** Whether what the cron says is about what is asked; CDI's crons are made anew with every change, and say nothing old. */
function speaksOfThis(
    { metadata, spec, status }: DataImportCron,
    digest: string | undefined,
    { capabilities }: Cluster,
): boolean {
    if (isPlatformsCron(spec.template.spec.source, capabilities.platformCrons)) return true;
    const [generation = "0"] = (status?.observed ?? "").split(" ");
    if (Number(generation) < metadata.generation) return false;
    return digest === undefined || status?.currentImports?.[0]?.Digest === digest;
}

/** In a world where nobody polls the stack says which version it is to be; what failed in an earlier run is tried anew. */
async function begin(cron: DataImportCron, digest: string | undefined, { cluster, clock }: World): Promise<void> {
    const at = { namespace: cron.metadata.namespace, name: cron.metadata.name };
    if (isPlatformsCron(cron.spec.template.spec.source, cluster.capabilities.platformCrons)) return;
    const now = new Date(clock.now()).toISOString();
    await cluster.update("DataImportCron", at, ({ metadata }) => {
        const annotations = (metadata.annotations ??= {});
        if (digest !== undefined && annotations[cronAnnotations.desiredDigest] !== digest) {
            want(annotations, { digest, digests: [] });
            annotations[cronAnnotations.lastCronTime] = now;
        }
        if (conditionOf(cron, "UpToDate")?.status !== "True") annotations[cronAnnotations.requested] = now;
    });
    cluster.drive("DataImportCron", at);
}

function failedTo(failed: readonly Look[], total: number): BootsourceError {
    const all = failed.map(({ name, why }) => `${name}: ${why}`).join("; ");
    return new BootsourceError(
        "failed",
        `cannot bring ${failed.length} of ${total} system boot sources in line: ${all}; run the update again once that is mended`,
    );
}
