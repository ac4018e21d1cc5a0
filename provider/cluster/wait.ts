// Waiting on conditions instead of on time: the one way in which a resource waits for the world.
import type { Clock } from "../model/clock.js";
import { BootsourceError, throwIfCancelled } from "../model/errors.js";
import type { Kind, Objects, Ref } from "../model/objects.js";
import type { Cluster } from "./contract.js";

/**
 * Drives an object and watches it until `done` gives an answer. `done` sees every state at least once, and undefined once the
 * object is deleted; what it throws ends the wait. An aborted signal ends it with the signal's reason.
 */
export async function waitFor<K extends Kind, T>(
    cluster: Cluster,
    kind: K,
    at: Ref,
    done: (object: Objects[K] | undefined) => T | undefined,
    signal: AbortSignal,
): Promise<T> {
    const over = new AbortController();
    const stop = (): void => {
        over.abort();
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
        throwIfCancelled(signal, `wait for ${kind} ${describeRef(at)}`);
        cluster.drive(kind, at);
        for await (const change of cluster.watch(kind, over.signal, at)) {
            const answer = done(change.type === "deleted" ? undefined : change.object);
            if (answer !== undefined) return answer;
        }
        throwIfCancelled(signal, `wait for ${kind} ${describeRef(at)}`);
        throw new BootsourceError(
            "cancelled",
            `cannot wait for ${kind} ${describeRef(at)}: ${cluster.name} was closed`,
        );
    } finally {
        over.abort();
        signal.removeEventListener("abort", stop);
    }
}

/**
 * Waits until the object is gone: what is deleted goes when its finalizers let it. Watched, and looked for now and then as well: an
 * object that went before the watch began is told of by nobody.
 */
export async function waitUntilGone(
    cluster: Cluster,
    kind: Kind,
    at: Ref & { readonly uid: string },
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
    const over = new AbortController();
    const watching = AbortSignal.any([signal, over.signal]);
    const isGone = async (): Promise<boolean> => (await cluster.get(kind, at))?.metadata.uid !== at.uid;
    const watched = (async () => {
        for await (const { type, object } of cluster.watch(kind, watching, at)) {
            if (type === "deleted" && object.metadata.uid === at.uid) return;
        }
    })();
    // It may fail while we look: whoever waits for it next is told.
    watched.catch(() => undefined);
    try {
        while (!(await isGone())) {
            throwIfCancelled(signal, `wait until ${kind} ${describeRef(at)} is gone`);
            await Promise.race([watched, clock.sleep(lookAgain, watching)]);
        }
    } finally {
        over.abort();
        await watched.catch(() => undefined);
    }
}

const lookAgain = 2_000;

/** "namespace/name", or the name alone for kinds without a namespace. */
export function describeRef(at: Ref): string {
    return at.namespace === undefined ? at.name : `${at.namespace}/${at.name}`;
}
