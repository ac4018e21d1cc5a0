// All objects of one kind and namespace as a single watch keeps them: what many resources ask and wait for is asked once.
import type { Change } from "../cluster/query.js";
import type { Listed, Raw } from "./lists.js";
import { type Watched, type WatchTools, watchObjects } from "./watch.js";

type Listener = (change: Change<Raw>) => void;

/** So many of the last that went: no watch lags further behind another. */
const mostGone = 1000;

/**
 * Answers only while its watch is open. What this process writes, and what another watch of it hears, is told to it: nobody reads
 * less than they wrote, or than they were woken for.
 */
export class Mirror {
    readonly #objects = new Map<string, Raw>();
    /** By uid: what one watch has told to be gone, a slower one may still tell of. */
    readonly #wentAway = new Set<string>();
    readonly #listeners = new Map<string, Set<Listener>>();
    /** Names that were deleted here; what became of them the watch has not told yet. */
    readonly #doubtful = new Set<string>();
    readonly #ended: AbortSignal;
    #open = false;

    /** Once the watch is open for the first time, or is over. */
    readonly ready: Promise<void>;

    /** Runs until the signal is aborted; where it cannot go on, `failed` says so and everybody asks for themselves. */
    constructor(watched: Watched, tools: WatchTools, signal: AbortSignal, failed: () => void) {
        const ended = new AbortController();
        this.#ended = ended.signal;
        let begun = (): void => undefined;
        this.ready = new Promise((resolve) => (begun = resolve));
        const hooks = {
            ...tools,
            listed: (listed: Listed) => {
                this.#drop(listed);
            },
            opened: (open: boolean) => {
                this.#open = open;
                if (open) begun();
            },
        };
        void (async () => {
            for await (const { type, object } of watchObjects(watched, hooks, signal)) {
                this.heard({ type, object });
            }
        })()
            .catch(() => undefined)
            .finally(() => {
                failed();
                ended.abort();
                begun();
            });
    }

    /** Undefined where it cannot be told by what is here. */
    get(name: string): { readonly object: Raw | undefined } | undefined {
        if (!this.#open || this.#doubtful.has(name)) return undefined;
        return { object: this.#objects.get(name) };
    }

    /** Undefined where it cannot be told by what is here. */
    list(): Raw[] | undefined {
        return this.#open && this.#doubtful.size === 0 ? [...this.#objects.values()] : undefined;
    }

    /** What a watch has told, this one's or another. */
    heard({ type, object }: Change<Raw>): void {
        if (type === "present") this.wrote(object);
        else this.#gone(object);
    }

    /** The object as it is by now; what is older than what is here is passed over. */
    wrote(object: Raw): void {
        const { name, uid, resourceVersion } = object.metadata;
        if (this.#wentAway.has(uid)) return;
        const before = this.#objects.get(name)?.metadata;
        if (before !== undefined && !isNewer(resourceVersion, before.resourceVersion)) return;
        this.#objects.set(name, object);
        this.#doubtful.delete(name);
        this.#tell({ type: "present", object });
    }

    /** Its deletion was accepted: whether it is gone, or waits for its finalizers, is not known yet. */
    deleted(name: string): void {
        if (this.#objects.has(name)) this.#doubtful.add(name);
    }

    /** What is there, then every change, until the signal is aborted or the mirror ends. */
    async *follow(name: string, signal: AbortSignal): AsyncGenerator<Change<Raw>> {
        const over = AbortSignal.any([signal, this.#ended]);
        const present = this.#objects.get(name);
        const changes: Change<Raw>[] = present === undefined ? [] : [{ type: "present", object: present }];
        let wake = (): void => undefined;
        const listener: Listener = (change) => {
            changes.push(change);
            wake();
        };
        const listeners = this.#listeners.get(name) ?? new Set();
        this.#listeners.set(name, listeners.add(listener));
        const stop = (): void => {
            wake();
        };
        over.addEventListener("abort", stop, { once: true });
        try {
            while (!over.aborted) {
                for (let next = changes.shift(); next !== undefined; next = changes.shift()) yield next;
                if (isOver(over)) return;
                await new Promise<void>((resolve) => (wake = resolve));
            }
        } finally {
            over.removeEventListener("abort", stop);
            listeners.delete(listener);
            if (listeners.size === 0) this.#listeners.delete(name);
        }
    }

    #gone(object: Raw): void {
        const { name, uid } = object.metadata;
        if (this.#wentAway.has(uid)) return;
        this.#wentAway.add(uid);
        const [oldest = uid] = this.#wentAway;
        if (this.#wentAway.size > mostGone) this.#wentAway.delete(oldest);
        if (this.#objects.get(name)?.metadata.uid === uid) {
            this.#objects.delete(name);
            this.#doubtful.delete(name);
        }
        this.#tell({ type: "deleted", object });
    }

    /** What a list does not show is gone, unless it was written after the list. */
    #drop({ items, resourceVersion }: Listed): void {
        const uids = new Set(items.map(({ metadata }) => metadata.uid));
        for (const object of [...this.#objects.values()]) {
            const { uid, resourceVersion: written } = object.metadata;
            if (!uids.has(uid) && !isNewer(written, resourceVersion)) this.#gone(object);
        }
    }

    #tell(change: Change<Raw>): void {
        for (const listener of this.#listeners.get(change.object.metadata.name) ?? []) listener(change);
    }
}

/** Asked anew each time: a signal changes while somebody looks at what they were told. */
function isOver(signal: AbortSignal): boolean {
    return signal.aborted;
}

/** Kubernetes' versions are numbers that grow; where they are none, what comes later counts. */
function isNewer(version: string, than: string): boolean {
    const [left, right] = [Number(version), Number(than)];
    return Number.isSafeInteger(left) && Number.isSafeInteger(right) ? left > right : version !== than;
}
