// Waiting on conditions instead of on time: the one way in which a resource waits for the world.
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
        for await (const change of cluster.watch(kind, over.signal)) {
            const { namespace, name } = change.object.metadata;
            if (name !== at.name || namespace !== at.namespace) continue;
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

/** "namespace/name", or the name alone for kinds without a namespace. */
export function describeRef(at: Ref): string {
    return at.namespace === undefined ? at.name : `${at.namespace}/${at.name}`;
}
