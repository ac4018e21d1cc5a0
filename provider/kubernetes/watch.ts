// A watch that does not end: first what is there, then every change, over drops, bookmarks and versions that the server forgot.
import type { Change } from "../cluster/query.js";
import type { Clock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import type { KubernetesApi } from "./api.js";
import { type Status, connectionFailure, notServed, refusal } from "./api-errors.js";
import { readLines } from "./lines.js";
import { type Listed, type Raw, listAll } from "./lists.js";
import type { Api } from "./subjects.js";

/** What to watch. */
export interface Watched {
    readonly api: Api;
    readonly namespace: string | undefined;
    /** One object alone. */
    readonly name: string | undefined;
}

/** With what: `heard` is told of every change, before it is passed on. */
export interface WatchTools {
    readonly api: KubernetesApi;
    readonly clock: Clock;
    readonly cluster: string;
    readonly heard: () => void;
    /** Told of each list, once its changes have been passed on. */
    readonly listed?: (listed: Listed) => void;
    /** Told when the server begins to tell of changes, and when it ceases to. */
    readonly opened?: (open: boolean) => void;
}

/** Seconds until the server ends a watch by itself; another one follows at once. */
const watchSeconds = 290;

/** Yields each object in every state that is heard of, at least once; ends with the signal, throws what never passes. */
export async function* watchObjects(
    watched: Watched,
    tools: WatchTools,
    signal: AbortSignal,
): AsyncGenerator<Change<Raw>> {
    const seen = new Map<string, Raw>();
    let version: string | undefined;
    let failures = 0;
    while (!signal.aborted) {
        try {
            if (version === undefined) {
                const listed = await present(watched, tools, signal);
                for (const change of difference(seen, listed.items)) yield told(change, tools);
                tools.listed?.(listed);
                version = listed.resourceVersion;
            }
            for await (const { type, object } of events(watched, version, tools, signal)) {
                failures = 0;
                version = object.metadata.resourceVersion;
                const change = type === "BOOKMARK" ? undefined : noted(seen, type, object);
                if (change !== undefined) yield told(change, tools);
            }
            // The server ends a watch now and then. One that ends it at once is not asked a thousand times a second.
            failures += 1;
        } catch (thrown) {
            if (isOver(signal)) return;
            const passes = isBootsourceError(thrown) && !thrown.terminal;
            if (!passes || failures > mostFailures) throw thrown;
            // The server has forgotten that version: what happened since is found by comparing.
            if (thrown.facts["status"] === 410) version = undefined;
            failures += 1;
        }
        if (failures > 1) await tools.clock.sleep(Math.min(100 * 2 ** failures, 15_000), signal);
    }
}

/** Some two minutes, as the waits grow. */
const mostFailures = 13;

async function present(
    { api: kind, namespace, name }: Watched,
    tools: WatchTools,
    signal: AbortSignal,
): Promise<Listed> {
    const query = { fieldSelector: selectorOf(name) };
    const listed = await listAll(tools.api, { kind, namespace, query }, signal);
    if (listed === undefined) throw notServed({ verb: "watch", api: kind, namespace, name }, tools.cluster);
    return listed;
}

interface Event {
    readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
    readonly object: Raw;
}

async function* events(
    { api: kind, namespace, name }: Watched,
    resourceVersion: string,
    { api, cluster, opened }: WatchTools,
    signal: AbortSignal,
): AsyncGenerator<Event> {
    const subject = { verb: "watch", api: kind, namespace } as const;
    const answer = await api.open(subject, {
        query: {
            fieldSelector: selectorOf(name),
            resourceVersion,
            watch: "true",
            allowWatchBookmarks: "true",
            timeoutSeconds: String(watchSeconds),
        },
        signal,
    });
    opened?.(true);
    try {
        for await (const line of readLines(answer.chunks())) {
            const event = JSON.parse(line) as Event | { readonly type: "ERROR"; readonly object: Status };
            if (event.type === "ERROR") throw refusal(subject, event.object.code ?? 500, event.object, cluster);
            yield event;
        }
    } catch (thrown) {
        throw connectionFailure(subject, thrown, cluster);
    } finally {
        opened?.(false);
        answer.discard();
    }
}

/** Asked anew each time: a signal changes while we wait. */
function isOver(signal: AbortSignal): boolean {
    return signal.aborted;
}

function selectorOf(name: string | undefined): string | undefined {
    return name === undefined ? undefined : `metadata.name=${name}`;
}

/** What became of the objects since they were last seen. */
function difference(seen: Map<string, Raw>, items: readonly Raw[]): Change<Raw>[] {
    const uids = new Set(items.map(({ metadata }) => metadata.uid));
    const gone = [...seen.values()].filter(({ metadata }) => !uids.has(metadata.uid));
    const changes = [
        ...gone.map((object) => noted(seen, "DELETED", object)),
        ...items.map((object) => noted(seen, "ADDED", object)),
    ];
    return changes.filter((change) => change !== undefined);
}

/** Notes an object; undefined where it was seen like that already. */
function noted(seen: Map<string, Raw>, type: Event["type"], object: Raw): Change<Raw> | undefined {
    const { uid, resourceVersion } = object.metadata;
    if (type === "DELETED") {
        seen.delete(uid);
        return { type: "deleted", object };
    }
    if (seen.get(uid)?.metadata.resourceVersion === resourceVersion) return undefined;
    seen.set(uid, object);
    return { type: "present", object };
}

function told(change: Change<Raw>, { heard }: WatchTools): Change<Raw> {
    heard();
    return change;
}
