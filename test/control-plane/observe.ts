// Follows all objects of a kind: what is there, then every change, over drops and restarts of the API server.
import type { KubeObject } from "./api.js";

/** Who follows. */
export interface Following {
    /** Told of every object that is there or has changed. */
    seen(object: KubeObject): void;
    gone?(object: KubeObject): void;
}

/** What a client must be able to do for that. */
export interface Follower {
    get(path: string): Promise<KubeObject>;
    stream(path: string, line: (line: string) => void, signal: AbortSignal): Promise<void>;
}

/** Follows until the signal is aborted. */
export async function follow(api: Follower, path: string, signal: AbortSignal, following: Following): Promise<void> {
    const known = new Map<string, KubeObject>();
    const take = (object: KubeObject): void => {
        known.set(object.metadata.uid ?? "", object);
        following.seen(object);
    };
    const drop = (object: KubeObject): void => {
        known.delete(object.metadata.uid ?? "");
        following.gone?.(object);
    };
    while (!signal.aborted) {
        try {
            const list = (await api.get(path)) as KubeObject & { items: KubeObject[] };
            const there = new Set(list.items.map(({ metadata }) => metadata.uid));
            for (const [uid, object] of known) if (!there.has(uid)) drop(object);
            list.items.forEach(take);
            const from = `watch=1&allowWatchBookmarks=true&resourceVersion=${list.metadata.resourceVersion ?? ""}`;
            await api.stream(
                `${path}?${from}`,
                (line) => {
                    const { type, object } = JSON.parse(line) as { type: string; object: KubeObject };
                    if (type === "ADDED" || type === "MODIFIED") take(object);
                    else if (type === "DELETED") drop(object);
                },
                signal,
            );
        } catch {
            // The API server is away, or does not serve the kind yet: both pass.
            await new Promise((resolve) => setTimeout(resolve, 100));
        }
    }
}
