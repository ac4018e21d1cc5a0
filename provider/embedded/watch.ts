// A watch over the store: what is there first, then every change, found by comparing versions whenever the bell rings.
import type { Change } from "../cluster/query.js";
import type { Kind, Objects } from "../model/objects.js";
import type { Doorbell } from "./doorbell.js";
import type { Store } from "./store.js";

/** Yields each object of the kind in every state that this watcher gets to see; ends with the signal. */
export async function* watchKind<K extends Kind>(
    store: Store,
    kind: K,
    doorbell: Doorbell,
    signal: AbortSignal,
): AsyncGenerator<Change<Objects[K]>> {
    const seen = new Map<string, Objects[K]>();
    const bell = doorbell.listen();
    try {
        while (!signal.aborted) {
            const present = store.snapshot(kind);
            const uids = new Set(present.map((object) => object.metadata.uid));
            for (const [uid, object] of seen) {
                if (uids.has(uid)) continue;
                seen.delete(uid);
                yield { type: "deleted", object };
            }
            for (const object of present) {
                const { uid, resourceVersion } = object.metadata;
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
