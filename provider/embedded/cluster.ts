// A directory as a cluster: the contract over a store's objects, with the controllers that a real cluster would bring.
import type { Cluster, Volume } from "../cluster/contract.js";
import { type Change, type Query, answers } from "../cluster/query.js";
import { describeRef } from "../cluster/wait.js";
import { removeWithCron } from "../controllers/cron-remove.js";
import type { Disks } from "../controllers/contract.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import { type Network, directNetwork } from "../model/network.js";
import {
    type DataImportCron,
    type Kind,
    type Metadata,
    type New,
    type Objects,
    type Ref,
    type StorageClass,
    kinds,
} from "../model/objects.js";
import { capabilities } from "./capabilities.js";
import { Classes, type PlacedClass, isOfProfiles, settleProfiles } from "./classes.js";
import { storeDisks } from "./disks.js";
import { Doorbell } from "./doorbell.js";
import { versionOf } from "../importer/version.js";
import { takeAgentLock } from "./agent-lock.js";
import { isLocked, tryLock } from "./lock.js";
import { agentLockPath, lockPath } from "./places.js";
import { refuseUnsafe } from "./safe-names.js";
import { Slots } from "./slots.js";
import { Store } from "./store.js";
import { thinClonesOf } from "./thin-clones.js";
import { usersOfVolume } from "./users.js";
import { observeVolume } from "./volumes.js";
import { bellName, watchKind, watchOne } from "./watch.js";
import { Workers } from "./workers.js";

/** How often an update begins again after a lost race; each loss means that somebody else has made progress. */
const races = 20;

/** What a store is opened with. */
export interface EmbeddedOptions {
    readonly clock: Clock;
    readonly warn: (message: string) => void;
    /** Default: everybody is asked directly. */
    readonly network?: Network | undefined;
    /** Imports at once, in all processes together. Default 4. */
    readonly parallelImports?: number | undefined;
    /** Storage classes that the store is to have. Default: one named `local`, in a store that has none. */
    readonly storageClasses?: readonly PlacedClass[] | undefined;
}

/** The embedded world's contract over one directory. Nothing is opened before it is asked for, nothing made by a read. */
export class EmbeddedCluster implements Cluster {
    readonly name: string;
    readonly namespace = "default";
    readonly capabilities = capabilities;
    readonly #directory: string;
    readonly #clock: Clock;
    readonly #classes: Classes;
    readonly #disks: Disks;
    readonly #network: Network;
    readonly #closed = new AbortController();
    readonly #warn: (message: string) => void;
    #reading: Store | undefined;
    #writing: Store | undefined;
    #workers: Workers | undefined;
    #doorbell: Doorbell | undefined;
    #refreshed: boolean | undefined;

    /** `directory` is absolute; `warn` hears of faults that no object's status can tell. */
    constructor(directory: string, options: EmbeddedOptions) {
        const { clock, network = directNetwork, parallelImports, storageClasses = [] } = options;
        this.#directory = directory;
        this.#classes = new Classes(directory, storageClasses);
        this.#clock = clock;
        this.#network = network;
        const classes = (): StorageClass[] => this.#read()?.list("StorageClass") ?? [];
        this.#disks = storeDisks(directory, { clock, network, slots: new Slots(directory, parallelImports), classes });
        this.#warn = options.warn;
        this.name = `the store ${directory}`;
    }

    get identity(): string | undefined {
        return this.#read()?.uid;
    }

    async establish(): Promise<string> {
        return this.#write().uid;
    }

    async get<K extends Kind>(kind: K, at: Ref): Promise<Objects[K] | undefined> {
        return this.#promised(kind)?.find(({ metadata }) => metadata.name === at.name) ?? this.#read()?.get(kind, at);
    }

    async list<K extends Kind>(kind: K, query?: Query): Promise<Objects[K][]> {
        // Parsed once for everybody who asks between two writes; whoever asks may change what they are given.
        const found = this.#promised(kind) ?? this.#read()?.snapshot(kind) ?? [];
        return found.filter((object) => answers(object.metadata, query)).map((object) => structuredClone(object));
    }

    async create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]> {
        refuseUnsafe(kind, object.metadata);
        const store = this.#write();
        store.insert(kind, object as Omit<Objects[K], "metadata"> & { metadata: Partial<Metadata> }, this.#now());
        const made = this.#present(kind, object.metadata);
        await this.#changed(kind, made.metadata);
        return made;
    }

    async update<K extends Kind>(
        kind: K,
        at: Ref,
        change: (object: Objects[K]) => void,
        part?: "status",
    ): Promise<Objects[K]> {
        const store = this.#write();
        for (let race = 0; race < races; race++) {
            const object = this.#present(kind, at);
            const before = JSON.stringify(object);
            const spec = JSON.stringify(specOf(object));
            change(object);
            if (JSON.stringify(object) === before) return object;
            const asks = part !== "status" && JSON.stringify(specOf(object)) !== spec;
            if (store.replace(kind, object, asks)) {
                await this.#changed(kind, object.metadata);
                // A claim's spec is changed to grow it: that is work of its own.
                if (kind === "PersistentVolumeClaim" && asks) this.drive(kind, at);
                return this.#present(kind, at);
            }
        }
        throw new BootsourceError(
            "conflict",
            `cannot update ${kind} ${describeRef(at)}: it changes all the time; try again`,
        );
    }

    async delete(kind: Kind, at: Ref, only?: { uid: string; resourceVersion?: string }): Promise<void> {
        const object = this.#read()?.get(kind, at);
        if (object === undefined || (only !== undefined && object.metadata.uid !== only.uid)) return;
        if (only?.resourceVersion !== undefined && !this.#condemn(kind, object, only.resourceVersion)) return;
        const { uid } = object.metadata;
        if (kind === "DataImportCron") await removeWithCron(object as DataImportCron, this, this.#now());
        for (const child of this.#childrenOf(uid)) await this.delete(child.kind, child.at, { uid: child.uid });
        // The disk goes first: a kill in between leaves an object without a disk, which the next delete takes away.
        const volume = await this.#volumeOf(kind, at);
        if (volume !== undefined) await this.#disks.remove(volume.path);
        if (kind === "DataSource") await this.#disks.link(at, undefined);
        if (kind === "DataVolume" || kind === "VolumeSnapshot") await this.#clearPartial(uid);
        this.#write().remove(kind, at);
        await this.#changed(kind, object.metadata);
        // Its controller may have made one more meanwhile, and finds out by itself about those that it makes from now on.
        for (const child of this.#childrenOf(uid)) await this.delete(child.kind, child.at, { uid: child.uid });
    }

    watch<K extends Kind>(kind: K, signal: AbortSignal, only?: Partial<Ref>): AsyncIterable<Change<Objects[K]>> {
        const store = this.#write();
        const ends = AbortSignal.any([signal, this.#closed.signal]);
        const { namespace, name } = only ?? {};
        if (name === undefined) return watchKind(store, { kind, namespace }, this.#bell(), ends);
        return watchOne(store, kind, { namespace, name }, this.#bell(), ends);
    }

    drive(kind: Kind, at: Ref): void {
        this.#working().drive(kind, at);
    }

    async volume(claim: Ref): Promise<Volume | undefined> {
        const object = await this.get("PersistentVolumeClaim", claim);
        return observeVolume(this.#directory, object?.status?.disk);
    }

    async usersOf(claim: Ref): Promise<readonly string[]> {
        return usersOfVolume(await this.volume(claim));
    }

    async volumeOfSnapshot(snapshot: Ref): Promise<Volume | undefined> {
        const object = await this.get("VolumeSnapshot", snapshot);
        return observeVolume(this.#directory, object?.status?.disk);
    }

    async usersOfSnapshot(snapshot: Ref): Promise<readonly string[]> {
        const object = await this.get("VolumeSnapshot", snapshot);
        const clones = object === undefined ? [] : await thinClonesOf(object);
        return [...clones, ...(await usersOfVolume(await this.volumeOfSnapshot(snapshot)))];
    }

    async refreshes(): Promise<boolean> {
        // Once per run: 500 boot sources need not look 500 times.
        return (this.#refreshed ??= isLocked(agentLockPath(this.#directory)));
    }

    async work(signal: AbortSignal, begun?: () => void): Promise<void> {
        await this.establish();
        const lock = await takeAgentLock(this.#directory);
        try {
            begun?.();
            await this.#working().work(AbortSignal.any([signal, this.#closed.signal]));
        } finally {
            await this.#workers?.stop();
            this.#workers = undefined;
            lock.release({ remove: true });
        }
    }

    async close(): Promise<void> {
        this.#closed.abort();
        await this.#workers?.stop();
        this.#reading?.close();
        this.#writing?.close();
    }

    #read(): Store | undefined {
        return this.#writing ?? (this.#reading ??= Store.read(this.#directory));
    }

    #write(): Store {
        if (this.#writing === undefined) {
            this.#writing = Store.open(this.#directory);
            if (this.#classes.ensure(this.#writing, this.#now())) this.#bell().ring();
        }
        return this.#writing;
    }

    /** What the store will have as soon as it is written to: a preview sees it already. */
    #promised<K extends Kind>(kind: K): Objects[K][] | undefined {
        return this.#writing === undefined ? this.#classes.promised(kind, this.#read(), this.#now()) : undefined;
    }

    #present<K extends Kind>(kind: K, at: Ref): Objects[K] {
        const object = this.#write().get(kind, at);
        if (object === undefined)
            throw new BootsourceError("gone", `cannot update ${kind} ${describeRef(at)}: it is gone`);
        return object;
    }

    async #changed(kind: Kind, metadata: Metadata): Promise<void> {
        // At once, not by a controller: whoever changes a profile or what it stands on reads next what now counts.
        if (isOfProfiles(kind)) settleProfiles(this.#write(), this.#now());
        await this.#working().changed(kind, metadata);
        this.#bell().ring(isOfProfiles(kind) ? undefined : bellName(kind, metadata));
    }

    #childrenOf(uid: string): { kind: Kind; at: Ref; uid: string }[] {
        const all = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
            (this.#read()?.list(kind) ?? []).map(({ metadata }) => ({ kind, metadata })),
        );
        return all
            .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
            .map(({ kind, metadata }) => ({
                kind,
                at: { namespace: metadata.namespace, name: metadata.name },
                uid: metadata.uid,
            }));
    }

    /** Nobody takes up from now on what is being deleted; false where somebody wrote to it since that version. */
    #condemn<K extends Kind>(kind: K, object: Objects[K], resourceVersion: string): boolean {
        const metadata = { ...object.metadata, resourceVersion, deletionTimestamp: this.#now() };
        return this.#write().replace(kind, { ...object, metadata }, false);
    }

    async #volumeOf(kind: Kind, at: Ref): Promise<Volume | undefined> {
        if (kind === "VolumeSnapshot") return this.volumeOfSnapshot(at);
        return kind === "PersistentVolumeClaim" ? this.volume(at) : undefined;
    }

    /** What a killed import left. Whoever holds the lock is alive, and cleans up by itself when it finds the object gone. */
    async #clearPartial(uid: string): Promise<void> {
        const lock = tryLock(lockPath(this.#directory, uid));
        if (lock === undefined) return;
        await this.#disks.clear(uid);
        lock.release({ remove: true });
    }

    #working(): Workers {
        this.#workers ??= new Workers({
            directory: this.#directory,
            world: { cluster: this, disks: this.#disks, clock: this.#clock },
            sources: () => this.#read()?.snapshot("DataSource") ?? [],
            poll: (source, access, signal) => versionOf(source, access, this.#network, signal),
            onError: (error) => {
                this.#warn(`a controller of ${this.name} failed: ${String(error)}`);
            },
        });
        return this.#workers;
    }

    #bell(): Doorbell {
        return (this.#doorbell ??= new Doorbell(this.#directory, this.#clock));
    }

    #now(): string {
        return new Date(this.#clock.now()).toISOString();
    }
}

function specOf(object: object): unknown {
    return "spec" in object ? object.spec : undefined;
}
