// Lists of one kind, page by page, shared by all who ask at about the same time: a preview of a thousand boot sources asks once.
import type { Clock } from "../model/clock.js";
import type { Metadata } from "../model/objects.js";
import type { KubernetesApi } from "./api.js";
import type { Api } from "./subjects.js";

/** An object as the server sent it. */
export interface Raw {
    metadata: Metadata;
    [field: string]: unknown;
}

/** A list and the version of the world that it shows. */
export interface Listed {
    readonly items: readonly Raw[];
    readonly resourceVersion: string;
}

/** Objects per page: with some 10 kB each, an answer stays below what proxies allow. */
const pageSize = 250;
/** How long a list counts for those who come later. What we write or hear of a kind ends it at once. */
const shareFor = 1_000;

/** All objects of an API that a query names; undefined where the cluster does not know the kind. */
export async function listAll(
    api: KubernetesApi,
    { kind, namespace, query }: { kind: Api; namespace: string | undefined; query: Record<string, string | undefined> },
    signal?: AbortSignal,
): Promise<Listed | undefined> {
    // A list that is read too slowly loses its place: then it begins again, and at last it is asked for whole.
    for (let attempt = 0; ; attempt++) {
        const items: Raw[] = [];
        let next: string | undefined;
        try {
            do {
                const limit = attempt < 3 ? String(pageSize) : undefined;
                const answer = await api.ask({ verb: "list", api: kind, namespace }, "GET", {
                    query: { ...query, limit, continue: next },
                    ...(signal === undefined ? {} : { signal }),
                });
                if (!answer.found) {
                    if (answer.served) throw answer.error;
                    return undefined;
                }
                const page = answer.body as { items?: Raw[]; metadata: { continue?: string; resourceVersion: string } };
                items.push(...(page.items ?? []));
                next = page.metadata.continue;
                if (!next) return { items, resourceVersion: page.metadata.resourceVersion };
            } while (next);
        } catch (thrown) {
            if (next === undefined || (thrown as { facts?: { status?: number } }).facts?.status !== 410) throw thrown;
        }
    }
}

/** A copy for whoever asked, with what a list leaves out. */
export function dressed<T extends Raw | undefined>({ apiVersion, kind }: Api, object: T): T {
    return object === undefined ? object : { apiVersion, kind, ...structuredClone(object) };
}

/** Lists that several askers share. */
export class SharedLists {
    readonly #clock: Clock;
    readonly #lists = new Map<string, { readonly listed: Promise<Listed | undefined>; until: number }>();

    constructor(clock: Clock) {
        this.#clock = clock;
    }

    /** The list of that key: one that is under way, or a moment old, else a new one. What it holds must not be changed. */
    get(kind: string, query: string, list: () => Promise<Listed | undefined>): Promise<Listed | undefined> {
        const key = `${kind} ${query}`;
        const found = this.#lists.get(key);
        if (found !== undefined && this.#clock.now() < found.until) return found.listed;
        const entry = { listed: list(), until: Infinity };
        this.#lists.set(key, entry);
        entry.listed.then(
            () => (entry.until = this.#clock.now() + shareFor),
            () => (entry.until = 0),
        );
        return entry.listed;
    }

    /** Something of the kind has changed: whoever asks from now on sees it. */
    forget(kind: string): void {
        for (const key of this.#lists.keys()) if (key.startsWith(`${kind} `)) this.#lists.delete(key);
    }
}
