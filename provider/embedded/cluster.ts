// A directory as a cluster: the contract over a store's objects, with the controllers that a real cluster would bring.
import type { Capabilities, Cluster, Volume } from "../cluster/contract.js";
import { type Change, type Query, answers } from "../cluster/query.js";
import { describeRef } from "../cluster/wait.js";
import { expandClaim } from "../controllers/claim.js";
import { reconcileDataVolume } from "../controllers/data-volume.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import { type Kind, type Metadata, type New, type Objects, type Ref, kinds } from "../model/objects.js";
import { isDnsSubdomain } from "../model/names.js";
import { defaultClass } from "./default-class.js";
import { storeDisks } from "./disks.js";
import { Doorbell } from "./doorbell.js";
import { tryLock } from "./lock.js";
import { Manager } from "./manager.js";
import { Store } from "./store.js";
import { usersOf } from "./users.js";
import { lockPath, observeVolume } from "./volumes.js";
import { watchKind } from "./watch.js";

/** How often an update begins again after a lost race; each loss means that somebody else has made progress. */
const races = 20;

/** The embedded world's contract over one directory. Nothing is opened before it is asked for, nothing made by a read. */
export class EmbeddedCluster implements Cluster {
    readonly name: string;
    readonly capabilities: Capabilities = { localVolumes: true, mutableDataVolumes: true, fileSource: true };
    readonly #directory: string;
    readonly #clock: Clock;
    readonly #closed = new AbortController();
    readonly #warn: (message: string) => void;
    #reading: Store | undefined;
    #writing: Store | undefined;
    #manager: Manager | undefined;
    #doorbell: Doorbell | undefined;

    /** `directory` is absolute; `warn` hears of faults that no object's status can tell. */
    constructor(directory: string, options: { clock: Clock; warn: (message: string) => void }) {
        this.#directory = directory;
        this.#clock = options.clock;
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
        return this.#read()?.get(kind, at);
    }

    async list<K extends Kind>(kind: K, query?: Query): Promise<Objects[K][]> {
        const found = this.#read()?.list(kind) ?? defaultClass.ofNewStore(kind);
        return found.filter((object) => answers(object.metadata, query));
    }

    async create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]> {
        refuseUnsafe(kind, object.metadata);
        const store = this.#write();
        store.insert(kind, object as Omit<Objects[K], "metadata"> & { metadata: Partial<Metadata> }, this.#now());
        this.#changed();
        return this.#present(kind, object.metadata);
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
            if (store.replace(kind, object, part !== "status" && JSON.stringify(specOf(object)) !== spec)) {
                this.#changed();
                // A claim's spec is changed to grow it: that is work of its own. A status speaks of work that was done.
                if (kind === "PersistentVolumeClaim" && part !== "status") this.drive(kind, at);
                return this.#present(kind, at);
            }
        }
        throw new BootsourceError(
            "conflict",
            `cannot update ${kind} ${describeRef(at)}: it changes all the time; try again`,
        );
    }

    async delete(kind: Kind, at: Ref, only?: { uid: string }): Promise<void> {
        const object = this.#read()?.get(kind, at);
        if (object === undefined || (only !== undefined && object.metadata.uid !== only.uid)) return;
        const { uid } = object.metadata;
        for (const child of this.#childrenOf(uid)) await this.delete(child.kind, child.at, { uid: child.uid });
        // The disk goes first: a kill in between leaves a claim without a disk, which the next delete takes away.
        const volume = kind === "PersistentVolumeClaim" ? await this.volume(at) : undefined;
        if (volume !== undefined) await storeDisks(this.#directory, this.#clock).remove(volume.path);
        if (kind === "DataVolume") await this.#clearPartial(uid);
        this.#write().remove(kind, at);
        this.#changed();
    }

    watch<K extends Kind>(kind: K, signal: AbortSignal): AsyncIterable<Change<Objects[K]>> {
        const store = this.#write();
        return watchKind(store, kind, this.#bell(), AbortSignal.any([signal, this.#closed.signal]));
    }

    drive(kind: Kind, at: Ref): void {
        this.#managed().drive(kind, at);
    }

    async volume(claim: Ref): Promise<Volume | undefined> {
        const object = await this.get("PersistentVolumeClaim", claim);
        return object === undefined ? undefined : observeVolume(this.#directory, object);
    }

    async usersOf(claim: Ref): Promise<readonly string[]> {
        const { path, state } = (await this.volume(claim)) ?? {};
        return path === undefined || state === "missing" ? [] : usersOf(path);
    }

    async close(): Promise<void> {
        this.#closed.abort();
        await this.#manager?.stop();
        this.#reading?.close();
        this.#writing?.close();
    }

    #read(): Store | undefined {
        return this.#writing ?? (this.#reading ??= Store.read(this.#directory));
    }

    #write(): Store {
        if (this.#writing === undefined) {
            this.#writing = Store.open(this.#directory);
            defaultClass.ensure(this.#writing, this.#now());
        }
        return this.#writing;
    }

    #present<K extends Kind>(kind: K, at: Ref): Objects[K] {
        const object = this.#write().get(kind, at);
        if (object === undefined)
            throw new BootsourceError("gone", `cannot update ${kind} ${describeRef(at)}: it is gone`);
        return object;
    }

    #changed(): void {
        this.#bell().ring();
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

    /** What a killed import left. Whoever holds the lock is alive, and cleans up by itself when it finds the object gone. */
    async #clearPartial(uid: string): Promise<void> {
        const lock = tryLock(lockPath(this.#directory, uid));
        if (lock === undefined) return;
        await storeDisks(this.#directory, this.#clock).clear(uid);
        lock.release({ remove: true });
    }

    #managed(): Manager {
        this.#manager ??= new Manager({
            world: { cluster: this, disks: storeDisks(this.#directory, this.#clock), clock: this.#clock },
            controllers: { DataVolume: reconcileDataVolume, PersistentVolumeClaim: expandClaim },
            lockPath: (uid) => lockPath(this.#directory, uid),
            onError: (error) => {
                this.#warn(`a controller of ${this.name} failed: ${String(error)}`);
            },
        });
        return this.#manager;
    }

    #bell(): Doorbell {
        return (this.#doorbell ??= new Doorbell(this.#directory, this.#clock));
    }

    #now(): string {
        return new Date(this.#clock.now()).toISOString();
    }
}

/** Names become paths: whatever the caller has checked, nothing but a DNS name is let in here. */
function refuseUnsafe(kind: Kind, { name, namespace }: Ref): void {
    const missing = kinds[kind].namespaced !== (namespace !== undefined);
    if (!missing && isDnsSubdomain(name) && (namespace === undefined || isDnsSubdomain(namespace))) return;
    throw new BootsourceError(
        "invalid-argument",
        `cannot create ${kind} "${describeRef({ namespace, name })}": a name has lower-case letters, digits, "-" and "." only` +
            (missing ? ", and this kind needs exactly the namespace that belongs to it" : ""),
    );
}

function specOf(object: object): unknown {
    return "spec" in object ? object.spec : undefined;
}
