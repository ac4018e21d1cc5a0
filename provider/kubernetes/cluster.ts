// A real cluster as the contract: its API server holds the objects, and CDI's controllers do the work.
import type { Capabilities, Cluster, Volume } from "../cluster/contract.js";
import type { Change, Query } from "../cluster/query.js";
import type { Upload } from "../cluster/upload.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { DataVolumeSource, Kind, New, Objects, Ref } from "../model/objects.js";
import { KubernetesApi } from "./api.js";
import { Client } from "./client.js";
import { Authenticator } from "./credentials.js";
import { FirstLooks } from "./first-looks.js";
import { HyperConvergedObjects } from "./hyperconverged.js";
import { identityOf } from "./identity.js";
import type { Target } from "./kubeconfig.js";
import { type Raw, SharedLists, listAll } from "./lists.js";
import { Mirrors } from "./mirrors.js";
import { type Subject, type Verb, apiOf } from "./subjects.js";
import { type UploadSettings, uploadTo } from "./upload-proxy.js";
import { usersOfClaim } from "./users.js";
import { type WatchTools, watchObjects } from "./watch.js";
import { createObject, deleteObject, updateObject } from "./writes.js";

/** The contract over one context of a kubeconfig. Nothing is asked before it is needed. */
export class KubernetesCluster implements Cluster {
    readonly name: string;
    readonly namespace: string;
    readonly capabilities: Capabilities = {
        localVolumes: false,
        mutableDataVolumes: false,
        platformCrons: ["registry", "pvc"],
        cronsTakeAlong: false,
        fileSource: false,
        ownSystemList: false,
        othersWrite: true,
    };
    readonly #client: Client;
    readonly #api: KubernetesApi;
    readonly #clock: Clock;
    readonly #lists: SharedLists;
    readonly #mirrors: Mirrors;
    readonly #hyperConverged: HyperConvergedObjects;
    readonly #closed = new AbortController();
    readonly #uploads: Pick<Target, "proxyUrl"> & { readonly settings: UploadSettings };
    #identity: Promise<string> | undefined;
    #known: string | undefined;
    /** As long as nothing has been written. */
    #firstLooks: FirstLooks | undefined;

    /** `namespace` is the configured one; without it the context's counts, and then `default`. */
    constructor(
        target: Target,
        { clock, namespace, uploads = {} }: { clock: Clock; namespace?: string | undefined; uploads?: UploadSettings },
    ) {
        this.#uploads = { proxyUrl: target.proxyUrl, settings: uploads };
        this.name = `the cluster ${target.context} (${target.server})`;
        this.namespace = namespace ?? target.namespace ?? "default";
        this.#clock = clock;
        this.#client = new Client(target, new Authenticator(target, () => clock.now()));
        this.#api = new KubernetesApi(this.#client, clock, this.name);
        this.#lists = new SharedLists(clock);
        this.#mirrors = new Mirrors((kind) => this.#toolsFor(kind), this.#closed.signal);
        this.#firstLooks = new FirstLooks(this.#api, clock);
        this.#hyperConverged = new HyperConvergedObjects(this.#api, clock);
    }

    /** Known once `identify` has asked for it. */
    get identity(): string | undefined {
        return this.#known;
    }

    /** Asks which cluster this is, once. */
    identify(): Promise<string> {
        this.#identity ??= identityOf(this.#api, this.namespace).then((uid) => (this.#known = uid));
        // A cluster that could not be reached may be reached later.
        this.#identity.catch(() => (this.#identity = undefined));
        return this.#identity;
    }

    /** Makes nothing. From now on this is an update, and what is read is what is there at that moment. */
    establish(): Promise<string> {
        this.#firstLooks = undefined;
        return this.identify();
    }

    async get<K extends Kind>(kind: K, at: Ref): Promise<Objects[K] | undefined> {
        const subject = this.#subject("get", kind, at);
        const { api, namespace, name } = subject;
        if (kind === "HyperConverged") return (await this.#hyperConverged.get(subject)) as Objects[K] | undefined;
        const looks = this.#firstLooks ?? this.#mirrors;
        const seen = await looks.look(api, namespace, name);
        if (seen !== undefined) return seen.object as Objects[K] | undefined;
        const answer = await this.#api.ask(subject, "GET");
        return answer.found ? (answer.body as Objects[K]) : undefined;
    }

    async list<K extends Kind>(kind: K, { namespace, labels = {} }: Query = {}): Promise<Objects[K][]> {
        const looks = this.#firstLooks ?? this.#mirrors;
        const known = await looks.list(apiOf(kind), namespace, labels);
        if (known !== undefined) return known as unknown as Objects[K][];
        const labelSelector = Object.entries(labels)
            .map(([label, value]) => `${label}=${value}`)
            .join(",");
        const query = { labelSelector };
        const listed = await this.#lists.get(kind, `${namespace ?? ""} ${labelSelector}`, () =>
            listAll(this.#api, { kind: apiOf(kind), namespace, query }),
        );
        return structuredClone(listed?.items ?? []) as unknown as Objects[K][];
    }

    async serves(kind: Kind): Promise<boolean> {
        const subject = { verb: "list", api: apiOf(kind), namespace: this.namespace } as const;
        const answer = await this.#api.ask(subject, "GET", { query: { limit: "1" } });
        return answer.found || answer.served;
    }

    async create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]> {
        const subject = this.#subject("create", kind, object.metadata);
        return (await this.#written(kind, subject, createObject(this.#api, subject, object))) as unknown as Objects[K];
    }

    async update<K extends Kind>(
        kind: K,
        at: Ref,
        change: (object: Objects[K]) => void,
        part?: "status",
    ): Promise<Objects[K]> {
        const subject = { ...this.#subject("update", kind, at), part: apiOf(kind).statusPart ? part : undefined };
        const apply = (object: Raw): void => {
            change(object as unknown as Objects[K]);
        };
        if (kind === "HyperConverged") {
            this.#firstLooks = undefined;
            return (await this.#hyperConverged.update(subject, change as never)) as Objects[K];
        }
        const updated = updateObject(this.#api, subject, apply, this.#clock);
        return (await this.#written(kind, subject, updated)) as unknown as Objects[K];
    }

    /** The children follow: what must be gone is waited for. */
    async delete(kind: Kind, at: Ref, only?: { uid: string; resourceVersion?: string }): Promise<void> {
        const subject = this.#subject("delete", kind, at);
        const deleted = deleteObject(this.#api, subject, only).then(() => undefined);
        await this.#written(kind, subject, deleted);
    }

    async *watch<K extends Kind>(
        kind: K,
        signal: AbortSignal,
        only?: Partial<Ref>,
    ): AsyncGenerator<Change<Objects[K]>> {
        const over = AbortSignal.any([signal, this.#closed.signal]);
        const { name } = only ?? {};
        if (kind === "HyperConverged") {
            const dialect = await this.#hyperConverged.watched();
            const place = { api: dialect.api, namespace: only?.namespace, name };
            for await (const { type, object } of watchObjects(place, this.#toolsFor(kind), over))
                yield { type, object: dialect.read(object) } as unknown as Change<Objects[K]>;
            return;
        }
        const { api, namespace } =
            only === undefined ? { api: apiOf(kind) } : this.#subject("watch", kind, { name: "", ...only });
        const shared = name === undefined ? undefined : this.#mirrors.follow(api, namespace, name, over);
        if (shared !== undefined) yield* shared as AsyncIterable<unknown> as AsyncIterable<Change<Objects[K]>>;
        // A mirror that cannot go on leaves everybody to themselves, who then hear why.
        for await (const change of watchObjects({ api, namespace, name }, this.#toolsFor(kind), over)) {
            this.#mirrors.heard(api, change);
            yield change as unknown as Change<Objects[K]>;
        }
    }

    /** Nothing: the cluster's own controllers work on every object. */
    drive(): void {
        return;
    }

    /** Disks lie on the cluster's nodes. */
    volume(): Promise<Volume | undefined> {
        return Promise.resolve(undefined);
    }

    upload(claim: Ref, upload: Upload): Promise<void> {
        const at = { ...claim, namespace: claim.namespace ?? this.namespace };
        const signal = AbortSignal.any([upload.signal, this.#closed.signal]);
        const tools = { api: this.#api, clock: this.#clock, name: this.name, ...this.#uploads };
        return uploadTo(at, { ...upload, signal }, tools);
    }

    usersOf(claim: Ref): Promise<readonly string[]> {
        return usersOfClaim(this.#api, { ...claim, namespace: claim.namespace ?? this.namespace });
    }

    volumeOfSnapshot(): Promise<Volume | undefined> {
        return Promise.resolve(undefined);
    }

    /** A restored claim is a disk of its own: no storage driver makes the platform keep the snapshot for it. */
    usersOfSnapshot(): Promise<readonly string[]> {
        return Promise.resolve([]);
    }

    /** What CDI's crons poll: its webhook refuses a cron of any other source ("Missing source"). */
    refreshes({ registry, pvc }: DataVolumeSource): Promise<boolean> {
        return Promise.resolve(registry !== undefined || pvc !== undefined);
    }

    work(): Promise<void> {
        return Promise.reject(
            new BootsourceError(
                "invalid-argument",
                `cannot keep ${this.name} current: this is its bare API, whose own controllers do the work`,
            ),
        );
    }

    async close(): Promise<void> {
        this.#closed.abort();
        await this.#client.close();
    }

    #subject(verb: Verb, kind: Kind, { namespace, name }: Ref): Subject & { readonly name: string } {
        const api = apiOf(kind);
        return { verb, api, namespace: api.namespaced ? (namespace ?? this.namespace) : undefined, name };
    }

    #toolsFor(kind: string): WatchTools {
        const heard = (): void => {
            this.#lists.forget(kind);
        };
        return { api: this.#api, clock: this.#clock, cluster: this.name, heard };
    }

    /** Forgets shared lists before and after: a list that was read meanwhile may show either. */
    async #written<T extends Raw | undefined>(
        kind: Kind,
        { api, namespace, name }: Subject & { name: string },
        write: Promise<T>,
    ): Promise<T> {
        this.#firstLooks = undefined;
        this.#lists.forget(kind);
        try {
            const written = await write;
            if (written === undefined) this.#mirrors.deleted(api, namespace, name);
            else this.#mirrors.wrote(api, namespace, written);
            return written;
        } finally {
            this.#lists.forget(kind);
        }
    }
}
