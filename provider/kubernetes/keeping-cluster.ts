// A cluster with boot sources of every kind: the crons that CDI refuses are kept in ConfigMaps, and carried out by our controllers.
import type { Capabilities, Cluster, Volume } from "../cluster/contract.js";
import type { Change, Query } from "../cluster/query.js";
import type { Ask } from "../controllers/contract.js";
import type { Clock } from "../model/clock.js";
import { isBootsourceError } from "../model/errors.js";
import {
    type DataImportCron,
    type DataVolumeSource,
    type Kind,
    type Metadata,
    type New,
    type Objects,
    type OwnerReference,
    type Ref,
    kinds,
} from "../model/objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { CronWorkers } from "./cron-workers.js";
import { KeptCrons } from "./kept-crons.js";
import { Leases } from "./leases.js";
import { merged } from "./merge.js";
import { agentLease, keepNamespace } from "./namespace-agent.js";

/** What it is made with, beside the cluster. */
export interface Keeping {
    readonly clock: Clock;
    /** Asks sources; undefined where nobody is to be asked. */
    readonly ask: Ask | undefined;
    readonly warn: (message: string) => void;
    /** Whether lists and watches that name no namespace are of the cluster's own one: rights may reach no further. */
    readonly scoped?: boolean;
}

/** A cluster that takes files of this machine. */
type Uploading = Cluster & Required<Pick<Cluster, "upload">>;

/** Milliseconds for which an answer counts whether an agent is there. */
const agentKnownFor = 60_000;

/** The contract over another one: everything but crons goes through. */
export class KeepingCluster implements Cluster {
    readonly name: string;
    readonly namespace: string;
    readonly capabilities: Capabilities;
    readonly #cluster: Uploading;
    readonly #crons: KeptCrons;
    readonly #leases: Leases;
    readonly #workers: CronWorkers;
    readonly #clock: Clock;
    readonly #scope: { readonly namespace?: string };
    readonly #closed = new AbortController();
    /** From then on this is an update, and what is read is what is there at that moment. */
    #established = false;
    /** By namespace: whether an agent was there when it was asked last. */
    readonly #refreshed = new Map<string, { readonly askedAt: number; readonly answer: Promise<boolean> }>();

    constructor(cluster: Uploading, { clock, ask, warn, scoped = false }: Keeping) {
        this.#scope = scoped ? { namespace: cluster.namespace } : {};
        this.#clock = clock;
        this.name = cluster.name;
        this.namespace = cluster.namespace;
        this.capabilities = cluster.capabilities;
        this.#cluster = cluster;
        this.#crons = new KeptCrons(cluster);
        this.#leases = new Leases(cluster, clock);
        this.#workers = new CronWorkers({ cluster: this, clock, leases: this.#leases, ask, warn });
    }

    get identity(): string | undefined {
        return this.#cluster.identity;
    }

    establish(): Promise<string> {
        this.#established = true;
        return this.#cluster.establish();
    }

    async get<K extends Kind>(kind: K, at: Ref): Promise<Objects[K] | undefined> {
        const found = await this.#cluster.get(kind, at);
        if (found !== undefined || kind !== "DataImportCron") return found;
        return this.#kept(at) as Promise<Objects[K] | undefined>;
    }

    async list<K extends Kind>(kind: K, query?: Query): Promise<Objects[K][]> {
        const within = kinds[kind].namespaced ? { ...this.#scope, ...query } : query;
        const found = await this.#cluster.list(kind, within);
        if (kind !== "DataImportCron") return found;
        return [...found, ...((await this.#crons.list(within).catch(unreadable)) as Objects[K][])];
    }

    async create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]> {
        if (kind !== "DataImportCron") return this.#cluster.create(kind, this.#owned(object));
        const cron = object as unknown as New<"DataImportCron">;
        if (isPlatformsCron(cron.spec.template.spec.source, this.capabilities.platformCrons)) {
            return this.#cluster.create(kind, object);
        }
        return (await this.#crons.create(cron)) as Objects[K];
    }

    async update<K extends Kind>(
        kind: K,
        at: Ref,
        change: (object: Objects[K]) => void,
        part?: "status",
    ): Promise<Objects[K]> {
        if (kind === "DataImportCron" && (await this.#kept(at)) !== undefined) {
            return (await this.#crons.update(at, change as (cron: DataImportCron) => void)) as Objects[K];
        }
        const owned = (object: Objects[K]): void => {
            change(object);
            const { metadata }: { metadata: Metadata } = object;
            if (metadata.ownerReferences !== undefined)
                metadata.ownerReferences = this.#owners(metadata.ownerReferences);
        };
        return this.#cluster.update(kind, at, owned, part);
    }

    async delete(kind: Kind, at: Ref, only?: { uid: string; resourceVersion?: string }): Promise<void> {
        if (kind === "DataImportCron" && (await this.#kept(at)) !== undefined) return this.#crons.delete(at, only);
        return this.#cluster.delete(kind, at, only);
    }

    async *watch<K extends Kind>(
        kind: K,
        signal: AbortSignal,
        only?: Partial<Ref>,
    ): AsyncGenerator<Change<Objects[K]>> {
        const all = kinds[kind].namespaced && this.#scope.namespace !== undefined ? this.#scope : undefined;
        const place: Partial<Ref> | undefined = only ?? all;
        const platforms = this.#cluster.watch(kind, signal, place);
        if (kind !== "DataImportCron") {
            yield* platforms;
            return;
        }
        const { name } = place ?? {};
        const ours = this.#crons.watch(place, signal) as AsyncIterable<Change<Objects[K]>>;
        if (name === undefined) yield* merged(platforms, ours);
        else yield* (await this.#kept({ ...place, name })) === undefined ? platforms : ours;
    }

    drive(kind: Kind, at: Ref): void {
        if (kind === "DataImportCron" && !this.#closed.signal.aborted) this.#workers.drive(kind, at);
    }

    volume(claim: Ref): Promise<Volume | undefined> {
        return this.#cluster.volume(claim);
    }

    upload(...file: Parameters<Uploading["upload"]>): Promise<void> {
        return this.#cluster.upload(...file);
    }

    usersOf(claim: Ref): Promise<readonly string[]> {
        return this.#cluster.usersOf(claim);
    }

    volumeOfSnapshot(snapshot: Ref): Promise<Volume | undefined> {
        return this.#cluster.volumeOfSnapshot(snapshot);
    }

    usersOfSnapshot(snapshot: Ref): Promise<readonly string[]> {
        return this.#cluster.usersOfSnapshot(snapshot);
    }

    async refreshes(source: DataVolumeSource, namespace = this.namespace): Promise<boolean> {
        if (isPlatformsCron(source, this.capabilities.platformCrons)) return true;
        // A thousand boot sources need not look a thousand times; who looks on for hours sees an agent come and go.
        const now = this.#clock.now();
        const known = this.#refreshed.get(namespace);
        if (known !== undefined && now - known.askedAt < agentKnownFor) return known.answer;
        const answer = this.#leases.isHeld(agentLease(namespace)).catch(refused);
        this.#refreshed.set(namespace, { askedAt: now, answer });
        return answer;
    }

    async serves(kind: Kind): Promise<boolean> {
        return (await this.#cluster.serves?.(kind)) ?? true;
    }

    async work(signal: AbortSignal, begun?: () => void): Promise<void> {
        await this.establish();
        const [workers, crons, leases, clock] = [this.#workers, this.#crons, this.#leases, this.#clock];
        const ends = AbortSignal.any([signal, this.#closed.signal]);
        await keepNamespace({ cluster: this, workers, crons, leases, clock }, ends, begun);
    }

    async close(): Promise<void> {
        this.#closed.abort();
        await this.#workers.stop();
        await this.#cluster.close();
    }

    async #kept(at: Ref): Promise<DataImportCron | undefined> {
        try {
            return await this.#crons.get(at, { shared: !this.#established });
        } catch (thrown) {
            // A role from before there were any: what cannot be read was not made by whoever has it.
            if (isForbidden(thrown)) return undefined;
            throw thrown;
        }
    }

    #owned<K extends Kind>(object: New<K>): New<K> {
        const { ownerReferences } = object.metadata;
        if (ownerReferences === undefined) return object;
        return { ...object, metadata: { ...object.metadata, ownerReferences: this.#owners(ownerReferences) } };
    }

    /** To the API server a kept cron is a ConfigMap: by another name it would take what the cron owns for orphaned. */
    #owners(owners: readonly OwnerReference[]): OwnerReference[] {
        return owners.map((owner) => (this.#crons.isOne(owner.uid) ? { ...owner, kind: "ConfigMap" } : owner));
    }
}

function isForbidden(thrown: unknown): boolean {
    return isBootsourceError(thrown) && thrown.code === "forbidden";
}

/** A role that gives no ConfigMaps: what cannot be read was not made by whoever has it. */
function unreadable(thrown: unknown): [] {
    if (isForbidden(thrown)) return [];
    throw thrown;
}

/** Who may not see an agent goes on as if there were none: it finds its polls done. */
function refused(thrown: unknown): boolean {
    if (isForbidden(thrown)) return false;
    throw thrown;
}
