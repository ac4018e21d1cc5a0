// A preview looks at each object once: from the sixth look at a kind on, one list answers for all that are still to be looked at.
import { answers } from "../cluster/query.js";
import type { Clock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import type { KubernetesApi } from "./api.js";
import { type Raw, dressed, listAll } from "./lists.js";
import type { Api } from "./subjects.js";

/** So many of a kind and namespace are asked for one by one. */
const few = 5;
/** How long a list answers: nothing is written meanwhile, and what others write a preview may miss anyway. */
const goodFor = 15_000;

interface Group {
    /** Every name that was looked at: another look at it is somebody who waits for a change, and wants to see it. */
    readonly looked: Set<string>;
    looks: number;
    list: Promise<ReadonlyMap<string, Raw> | undefined> | undefined;
    until: number;
}

/** The looks of one process that has not written anything yet. */
export class FirstLooks {
    readonly #api: KubernetesApi;
    readonly #clock: Clock;
    readonly #groups = new Map<string, Group>();

    constructor(api: KubernetesApi, clock: Clock) {
        this.#api = api;
        this.#clock = clock;
    }

    /** The answer of a list; undefined where the object is to be asked for by itself. */
    async look(
        kind: Api,
        namespace: string | undefined,
        name: string,
    ): Promise<{ readonly object: Raw | undefined } | undefined> {
        // What belongs to no namespace is looked at by everybody: a class, or what CDI knows of it.
        const again = kind.namespaced && this.#groupOf(kind, namespace).looked.has(name);
        this.#groupOf(kind, namespace).looked.add(name);
        const listed = again ? undefined : await this.#listed(kind, namespace);
        return listed === undefined ? undefined : { object: dressed(kind, listed.get(name)) };
    }

    /** All with these labels; undefined where they are to be asked for by themselves. */
    async list(
        kind: Api,
        namespace: string | undefined,
        labels: Readonly<Record<string, string>>,
    ): Promise<Raw[] | undefined> {
        if (kind.namespaced && (namespace === undefined || Object.keys(labels).length === 0)) return undefined;
        const listed = await this.#listed(kind, namespace);
        const found = [...(listed?.values() ?? [])].filter(({ metadata }) => answers(metadata, { labels }));
        return listed && found.map((object) => dressed(kind, object));
    }

    /** The list that answers for everybody; undefined for the first few, and where it is not allowed. */
    async #listed(kind: Api, namespace: string | undefined): Promise<ReadonlyMap<string, Raw> | undefined> {
        // Roles for previews give no Secrets, and some servers hold thousands of these two.
        if (kind.kind === "Secret" || kind.kind === "ConfigMap") return undefined;
        const group = this.#groupOf(kind, namespace);
        group.looks += 1;
        if (group.looks <= few) return undefined;
        if (group.list === undefined || this.#clock.now() >= group.until) {
            group.list = this.#list(kind, namespace);
            group.until = this.#clock.now() + goodFor;
        }
        return group.list;
    }

    #groupOf({ kind }: Api, namespace: string | undefined): Group {
        const key = `${kind} ${namespace ?? ""}`;
        const group = this.#groups.get(key) ?? { looked: new Set(), looks: 0, list: undefined, until: 0 };
        this.#groups.set(key, group);
        return group;
    }

    /** Undefined where it is refused, which each object's own answer then explains, and where there is no such kind. */
    async #list(kind: Api, namespace: string | undefined): Promise<ReadonlyMap<string, Raw> | undefined> {
        try {
            const listed = await listAll(this.#api, { kind, namespace, query: {} });
            return listed && new Map(listed.items.map((object) => [object.metadata.name, object]));
        } catch (thrown) {
            if (isBootsourceError(thrown) && thrown.code === "forbidden") return undefined;
            throw thrown;
        }
    }
}
