// Which kinds are mirrored: from the sixth look at a kind in a namespace on, one list and one watch serve everybody in this process.
import { type Change, answers } from "../cluster/query.js";
import { type Raw, dressed } from "./lists.js";
import { Mirror } from "./mirror.js";
import type { Api } from "./subjects.js";
import type { WatchTools } from "./watch.js";

/** So many looks are asked for one by one: whoever has one image does not watch a namespace for it. */
const few = 5;

/** Roles may give no list of the first two, and some servers hold thousands of them; nobody looks often at a claim by its name. */
const never: readonly string[] = ["Secret", "ConfigMap"];

interface Place {
    looks: number;
    mirror: Mirror | undefined;
    /** A mirror could not go on: everybody asks for themselves from then on. */
    failed: boolean;
}

/** The mirrors of one process. */
export class Mirrors {
    readonly #toolsFor: (kind: string) => WatchTools;
    readonly #signal: AbortSignal;
    readonly #places = new Map<string, Place>();

    constructor(toolsFor: (kind: string) => WatchTools, signal: AbortSignal) {
        this.#toolsFor = toolsFor;
        this.#signal = signal;
    }

    /** The answer of a mirror; undefined where the object is to be asked for by itself. */
    async look(
        api: Api,
        namespace: string | undefined,
        name: string,
    ): Promise<{ object: Raw | undefined } | undefined> {
        const mirror = this.#mirrorOf(api, namespace);
        // Claims are bound a moment after what stands for them has told of its success.
        if (api.kind === "PersistentVolumeClaim") return undefined;
        await mirror?.ready;
        const seen = mirror?.get(name);
        // What belongs to no namespace may have been made a moment ago, by the step of the program before this one.
        if (seen === undefined || (seen.object === undefined && !api.namespaced)) return undefined;
        return { object: dressed(api, seen.object) };
    }

    /** The same for all objects with these labels. */
    async list(
        api: Api,
        namespace: string | undefined,
        labels: Readonly<Record<string, string>>,
    ): Promise<Raw[] | undefined> {
        if (api.namespaced && namespace === undefined) return undefined;
        const mirror = this.#mirrorOf(api, namespace);
        await mirror?.ready;
        return mirror
            ?.list()
            ?.filter(({ metadata }) => answers(metadata, { labels }))
            .map((object) => dressed(api, object));
    }

    /** The same for all that happens to one object; it may end before its signal does. */
    follow(
        api: Api,
        namespace: string | undefined,
        name: string,
        signal: AbortSignal,
    ): AsyncIterable<Change<Raw>> | undefined {
        const mirror = this.#mirrorOf(api, namespace);
        if (mirror === undefined) return undefined;
        return (async function* () {
            for await (const { type, object } of mirror.follow(name, signal))
                yield { type, object: dressed(api, object) };
        })();
    }

    /** What a watch of somebody's own has told: who is woken by it looks here next. */
    heard({ kind }: Api, { type, object }: Change<Raw>): void {
        const mirror = this.#places.get(keyOf(kind, object.metadata.namespace))?.mirror;
        mirror?.heard({ type, object: structuredClone(object) });
    }

    /** What this process wrote. */
    wrote({ kind }: Api, namespace: string | undefined, object: Raw): void {
        this.#places.get(keyOf(kind, namespace))?.mirror?.wrote(object);
    }

    /** What this process deleted. */
    deleted({ kind }: Api, namespace: string | undefined, name: string): void {
        this.#places.get(keyOf(kind, namespace))?.mirror?.deleted(name);
    }

    #mirrorOf(api: Api, namespace: string | undefined): Mirror | undefined {
        if (never.includes(api.kind)) return undefined;
        const key = keyOf(api.kind, namespace);
        const place: Place = this.#places.get(key) ?? { looks: 0, mirror: undefined, failed: false };
        this.#places.set(key, place);
        place.looks += 1;
        if (place.looks <= few || place.failed) return undefined;
        place.mirror ??= new Mirror({ api, namespace, name: undefined }, this.#toolsFor(api.kind), this.#signal, () => {
            place.mirror = undefined;
            place.failed = true;
        });
        return place.mirror;
    }
}

function keyOf(kind: string, namespace: string | undefined): string {
    return `${kind} ${namespace ?? ""}`;
}
