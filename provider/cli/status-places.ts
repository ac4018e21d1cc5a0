// The stores and clusters whose status is shown: each is opened and read for itself, so that a dead one does not hide the others.
import { resolve } from "node:path";
import type { Clock } from "../model/clock.js";
import { type BootsourceError, toBootsourceError } from "../model/errors.js";
import { isStale, placeStatus, type PlaceStatus } from "../rules/place-status.js";
import type { CommandLine } from "./command-line.js";
import { readPlace } from "./status-read.js";
import { isOfCluster, openNamespace, openStore, type OpenStore, storesNamed } from "./stores.js";

/** A place as it was found; without a status it could not be read. */
export interface Found {
    /** The directory; of a cluster the context's name, or where none is named the kubeconfig's path. */
    readonly store: string;
    /** Undefined for a store. */
    readonly kubeconfig: string | undefined;
    readonly context: string | undefined;
    /** Undefined for a store, and where it is about all namespaces. */
    readonly namespace: string | undefined;
    readonly error: BootsourceError | undefined;
    /** Whether somebody keeps everything that is on a schedule current. */
    readonly agent: boolean;
    readonly stale: boolean;
    readonly status: PlaceStatus | undefined;
}

/** Where to look. */
export interface Place extends Pick<Found, "store" | "kubeconfig" | "context" | "namespace"> {
    open(): Promise<Pick<OpenStore, "cluster">>;
}

/** What the flags and the environment name, in its order. */
export function placesNamed(
    doing: string,
    line: CommandLine,
    environment: Readonly<Record<string, string | undefined>>,
): Place[] {
    if (!isOfCluster(line)) {
        return storesNamed(doing, line, environment).map((store) => ({
            ...{ store, kubeconfig: undefined, context: undefined, namespace: undefined },
            open: () => openStore(doing, store, line),
        }));
    }
    const { namespace } = line.values;
    const kubeconfig = resolve(line.values["kubeconfig"] ?? "");
    const contexts = line.lists["context"] ?? [undefined];
    return [...new Set(contexts)].map((context) => ({
        ...{ store: context ?? kubeconfig, kubeconfig, context, namespace },
        open: () => openNamespace(doing, line, undefined, { ...(context && { context }), everywhere: true }),
    }));
}

/** How soon a place that could not be opened is tried again. */
const triedAgainAfter = 15_000;
/** How long a look at a place may hold up those at others; the last one counts meanwhile. */
const patience = 5_000;

/** One place, looked at again and again. */
export class Watched {
    readonly #place: Place;
    readonly #clock: Clock;
    #cluster: OpenStore["cluster"] | undefined;
    #triedAt = 0;
    #last: Found | undefined;
    #looking: Promise<Found> | undefined;

    constructor(place: Place, clock: Clock) {
        this.#place = place;
        this.#clock = clock;
    }

    /** As it is now; a later look that takes long gives what the one before found. */
    async look(): Promise<Found> {
        this.#looking ??= this.#find().finally(() => (this.#looking = undefined));
        const last = this.#last;
        if (last === undefined) return this.#looking;
        const enough = new AbortController();
        const found = await Promise.race([this.#looking, this.#clock.sleep(patience, enough.signal).then(() => last)]);
        enough.abort();
        return found;
    }

    async close(): Promise<void> {
        const cluster = this.#cluster;
        this.#cluster = undefined;
        await cluster?.close();
    }

    async #find(): Promise<Found> {
        const { store, kubeconfig, context, namespace } = this.#place;
        const at = { store, kubeconfig, context, namespace };
        if (this.#last?.error !== undefined && this.#cluster === undefined) {
            if (this.#clock.now() - this.#triedAt < triedAgainAfter) return this.#last;
        }
        try {
            this.#triedAt = this.#clock.now();
            const cluster = (this.#cluster ??= (await this.#place.open()).cluster);
            const objects = await readPlace(cluster, kubeconfig !== undefined && namespace === undefined);
            const scheduled = objects.crons.filter(({ spec }) => spec.schedule !== "");
            const kept = await Promise.all(
                scheduled.map(({ spec, metadata }) => cluster.refreshes(spec.template.spec.source, metadata.namespace)),
            );
            // What is open goes on being readable when another store has taken its place, and knows an agent of the beginning alone.
            if (kubeconfig === undefined) await this.close();
            const status = placeStatus(objects, this.#clock.now());
            const agent = kept.length > 0 && kept.every(Boolean);
            this.#last = { ...at, error: undefined, agent, stale: isStale(status), status };
        } catch (thrown) {
            const error = toBootsourceError(thrown, `show the status of ${store}`);
            this.#last = { ...at, error, agent: false, stale: false, status: undefined };
        }
        return this.#last;
    }
}
