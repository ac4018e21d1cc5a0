// A watch over the store: what is there first, then every change, found by comparing versions whenever the bell rings.
import type { Change } from "../cluster/query.js";
import type { Kind, Objects, Ref } from "../model/objects.js";
import type { Doorbell } from "./doorbell.js";
import type { Store } from "./store.js";

/** Yields each object of the kind, of one namespace where one is named, in every state that this watcher gets to see; ends with the signal. */
export async function* watchKind<K extends Kind>(
    store: Store,
    { kind, namespace }: { readonly kind: K; readonly namespace: string | undefined },
    doorbell: Doorbell,
    signal: AbortSignal,
): AsyncGenerator<Change<Objects[K]>> {
    const seen = new Map<string, Objects[K]>();
    let last: readonly Objects[K][] | undefined;
    const bell = doorbell.listen();
    try {
        while (!signal.aborted) {
            const present = store.snapshot(kind);
            if (present === last) {
                await bell.heard(signal);
                continue;
            }
            last = present;
            const uids = new Set(present.map((object) => object.metadata.uid));
            for (const [uid, object] of seen) {
                if (uids.has(uid)) continue;
                seen.delete(uid);
                yield { type: "deleted", object };
            }
            for (const object of present) {
                const { uid, resourceVersion } = object.metadata;
                if (namespace !== undefined && object.metadata.namespace !== namespace) continue;
                if (seen.get(uid)?.metadata.resourceVersion === resourceVersion) continue;
                seen.set(uid, object);
                yield { type: "present", object };
            }
            await bell.heard(signal);
        }
    } finally {
        bell.stop();
    }
}

/** The same of one object alone: it is read by itself, and what happens to others wakes nobody here. */
export async function* watchOne<K extends Kind>(
    store: Store,
    kind: K,
    at: Ref,
    doorbell: Doorbell,
    signal: AbortSignal,
): AsyncGenerator<Change<Objects[K]>> {
    let seen: Objects[K] | undefined;
    const bell = doorbell.listen(bellName(kind, at));
    try {
        while (!signal.aborted) {
            const object = store.get(kind, at);
            const before = seen;
            seen = object;
            if (before !== undefined && before.metadata.uid !== object?.metadata.uid) {
                yield { type: "deleted", object: before };
            }
            if (object !== undefined && object.metadata.resourceVersion !== before?.metadata.resourceVersion) {
                yield { type: "present", object };
            }
            await bell.heard(signal);
        }
    } finally {
        bell.stop();
    }
}

/** What the bell calls an object by. */
export function bellName(kind: Kind, { namespace = "", name }: Ref): string {
    return `${kind}/${namespace}/${name}`;
}
