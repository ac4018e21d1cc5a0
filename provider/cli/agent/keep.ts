// Keeps one store current for as long as the agent lives: a store that cannot be used for a while is told, and taken up again.
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "../../cluster/contract.js";
import type { Clock } from "../../model/clock.js";
import { BootsourceError, isBootsourceError, toBootsourceError } from "../../model/errors.js";
import type { OpenStore } from "../stores.js";
import type { AgentEvent } from "./cron-events.js";
import { EventReader, type ToldKind, toldKinds } from "./events.js";

/** A store as the agent has it. */
export interface KeptStore {
    readonly directory: string;
    /** Open while it is worked on. */
    cluster: Cluster | undefined;
    /** Why it is not worked on. */
    failing: string | undefined;
    /** Imports by how they ended, since the agent began. */
    readonly imports: { finished: number; failed: number };
}

/** How it is kept. */
export interface Keeping {
    readonly open: (warn: (message: string) => void) => OpenStore | Promise<OpenStore>;
    readonly tell: (event: AgentEvent) => void;
    readonly clock: Clock;
    readonly signal: AbortSignal;
}

/** How soon an unusable store is tried again: at first, and at most. */
const again = { first: 2_000, most: 60_000 } as const;

/** How often it is looked whether the store is still where it was. */
const looksEvery = 5_000;

/** A store that was never worked on is not waited for where a person has to do something first. */
const hopeless: readonly BootsourceError["code"][] = ["in-use", "not-configured", "invalid-argument", "store-unusable"];

/** Ends with the signal; throws where the store cannot be worked on from the beginning. */
export async function keepStore(store: KeptStore, keeping: Keeping): Promise<void> {
    const { tell, clock, signal } = keeping;
    const so: { worked: boolean; wait: number } = { worked: false, wait: again.first };
    while (!hasEnded(signal)) {
        try {
            await workOn(store, keeping, () => {
                tell({ level: "info", event: so.worked ? "store-back" : "started", pid: process.pid });
                so.worked = true;
                so.wait = again.first;
            });
        } catch (thrown) {
            if (hasEnded(signal)) return;
            const error = toBootsourceError(thrown, `keep the store ${store.directory} current`);
            if (!so.worked && isBootsourceError(thrown) && hopeless.includes(error.code)) throw error;
            store.failing = error.message;
            tell({ level: "error", event: "store-failed", reason: error.message });
            await clock.sleep(so.wait, signal);
            so.wait = Math.min(2 * so.wait, again.most);
        }
    }
}

async function workOn(store: KeptStore, { open, tell, clock, signal }: Keeping, begun: () => void): Promise<void> {
    const { cluster, directory } = await open((reason) => {
        tell({ level: "error", event: "controller-failed", reason });
    });
    const over = new AbortController();
    const ends = AbortSignal.any([signal, over.signal]);
    try {
        const reader = await EventReader.over(cluster, clock);
        const count = (event: AgentEvent): void => {
            if (event.event === "import-finished") store.imports.finished += 1;
            if (event.event === "import-failed") store.imports.failed += 1;
            tell(event);
        };
        const started = (): void => {
            store.cluster = cluster;
            store.failing = undefined;
            begun();
        };
        // The first of them that fails ends the others.
        const parts = [
            cluster.work(ends, started),
            ...(cluster.capabilities.localVolumes ? [untilMoved(directory, clock, ends)] : []),
            ...toldKinds.map((kind) => follow(kind, cluster, reader, count, ends)),
        ];
        const ended = parts.map((part) =>
            part.finally(() => {
                over.abort();
            }),
        );
        const failed = (await Promise.allSettled(ended)).find(({ status }) => status === "rejected");
        if (failed?.status === "rejected") throw failed.reason;
    } finally {
        store.cluster = undefined;
        await cluster.close();
    }
}

/** Asked again after every wait: it changes meanwhile. */
function hasEnded({ aborted }: AbortSignal): boolean {
    return aborted;
}

async function follow(
    kind: ToldKind,
    cluster: Cluster,
    reader: EventReader,
    tell: (event: AgentEvent) => void,
    signal: AbortSignal,
): Promise<void> {
    for await (const change of cluster.watch(kind, signal)) {
        for (const event of await reader.read(kind, change)) tell(event);
    }
}

/** An open database goes on being readable when it was removed or replaced: then nobody else sees what is written to it. */
async function untilMoved(directory: string, clock: Clock, signal: AbortSignal): Promise<void> {
    const look = (): Promise<bigint | undefined> =>
        stat(join(directory, "store.db"), { bigint: true }).then(
            ({ ino }) => ino,
            () => undefined,
        );
    const before = await look();
    while (!signal.aborted) {
        const now = await look();
        if (now === undefined || now !== before) {
            const what = now === undefined ? "cannot be read any more" : "is another one than before";
            throw new BootsourceError(
                "store-unusable",
                `cannot keep the store ${directory} current: its store.db ${what}; bring it back, or check its rights and its disk`,
            );
        }
        await clock.sleep(looksEvery, signal);
    }
}
