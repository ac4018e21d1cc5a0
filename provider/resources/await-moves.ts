// Waits until boot sources have followed a default: some at a time, each ready in its new place before its old image goes.
import { describeRef } from "../cluster/wait.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError, throwIfCancelled } from "../model/errors.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import { cronAnnotations } from "../rules/cron-names.js";
import { failureOf } from "./await-import.js";
import type { World } from "./contract.js";
import {
    type Follower,
    cronRef,
    cronsWithin,
    followersOf,
    hasArrived,
    isOfStack,
    lookAtStorage,
    underWay,
} from "./followers.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** How many move at once where the arguments do not say: each is read and written at the same time. */
export const defaultMovesAtOnce = 4;

/** Nobody rings for a claim or a snapshot: so often they are looked at, in milliseconds. */
const lookAgain = 1_000;

/** Whom we have begun with, and the version of an import of theirs that was there already: it may have failed in an earlier run. */
type Begun = Map<Follower, string | undefined>;

/** Brings those that the arguments wait for to the class; throws what failed, after all others have come. */
export async function awaitMoves(spec: StorageDefaultSpec, world: World): Promise<void> {
    const { cluster, clock } = world;
    const waiting = await whoMoves(spec, world);
    const failed = new Map<string, string>();
    const total = waiting.length;
    const patience = spec.timeoutSeconds ?? defaultTimeoutSeconds;
    const stall = startStallTimer(`move boot sources to ${spec.storageClassName}`, patience, world);
    const begun: Begun = new Map();
    try {
        while (waiting.length > 0) {
            throwIfCancelled(world.signal, `move boot sources to ${spec.storageClassName}`);
            if (stall.signal.aborted) throw stall.signal.reason as Error;
            const now = waiting.slice(0, spec.movesAtOnce ?? defaultMovesAtOnce);
            const looks: unknown[] = [];
            for (const one of now) {
                await begin(one, begun, spec, world);
                const volume = await underWay(one, spec.storageClassName, cluster);
                looks.push([
                    one.dataSource,
                    volume?.status?.phase,
                    volume?.status?.progress,
                    volume?.status?.transferred,
                ]);
                const failure =
                    volume?.status?.phase === "Failed" && volume.metadata.resourceVersion !== begun.get(one)
                        ? failureOf(volume).message
                        : undefined;
                if (failure !== undefined) failed.set(describeRef(one.dataSource), failure);
                if (failure !== undefined || (await hasArrived(one, cluster))) waiting.splice(waiting.indexOf(one), 1);
            }
            world.progress(
                `${total - waiting.length - failed.size} of ${total} boot sources are on ${spec.storageClassName}`,
            );
            stall.saw([looks, waiting.length], await reasonOf(now, world));
            if (waiting.length > 0) await clock.sleep(lookAgain, stall.signal);
        }
    } finally {
        stall.stop();
    }
    if (failed.size === 0) return;
    const all = [...failed].map(([name, reason]) => `${name}: ${reason}`).join("; ");
    throw new BootsourceError(
        "failed",
        `cannot move ${failed.size} of ${total} boot sources to ${spec.storageClassName}: ${all}; their present images serve on; ` +
            "run the update again once that is mended",
    );
}

/** Those that are not there yet, of the stack or of everybody. */
async function whoMoves({ storageClassName, waitFor = "own" }: StorageDefaultSpec, world: World): Promise<Follower[]> {
    if (waitFor === "none") return [];
    const crons = (await cronsWithin(world)).filter((cron) => waitFor === "all" || isOfStack(cron, world.urn));
    // Before its first image there is nothing that could move.
    const serving = crons.filter(({ metadata }) => metadata.annotations?.[cronAnnotations.desiredDigest] !== undefined);
    const found = await followersOf(storageClassName, serving, await lookAtStorage(world.cluster));
    const away = await Promise.all(found.map(async (one) => ((await hasArrived(one, world.cluster)) ? [] : [one])));
    return away.flat();
}

/** Has its controller look, in worlds without one of their own; one that failed in an earlier run is tried anew. */
async function begin(
    one: Follower,
    begun: Begun,
    { storageClassName }: StorageDefaultSpec,
    { cluster, clock }: World,
): Promise<void> {
    if (begun.has(one)) return;
    const before = await underWay(one, storageClassName, cluster);
    begun.set(one, before?.metadata.resourceVersion);
    if (before?.status?.phase === "Failed") {
        await cluster.update("DataImportCron", cronRef(one), ({ metadata }) => {
            const requested = new Date(clock.now()).toISOString();
            metadata.annotations = { ...metadata.annotations, [cronAnnotations.requested]: requested };
        });
    }
    cluster.drive("DataImportCron", cronRef(one));
}

/** Why the first of them is not there. */
async function reasonOf([first]: readonly Follower[], { cluster }: World): Promise<string | undefined> {
    const cron = first && (await cluster.get("DataImportCron", cronRef(first)));
    const said = conditionOf(cron, "UpToDate");
    return said === undefined || said.status === "True" ? undefined : said.message || undefined;
}
