// The controllers of a store, and who has them look again: what somebody drives, what changes, and for an agent everything there is.
import { expandClaim } from "../controllers/claim.js";
import type { ControllerWorld } from "../controllers/contract.js";
import { Manager } from "../controllers/manager.js";
import { reconcileDataImportCron } from "../controllers/data-import-cron.js";
import { reconcileDataSource } from "../controllers/data-source.js";
import { reconcileHyperConverged } from "../controllers/hyper-converged.js";
import { reconcileDataVolume } from "../controllers/data-volume.js";
import { reconcileVolumeSnapshot } from "../controllers/volume-snapshot.js";
import type { DataImportCron, DataSource, DataVolume, Kind, Metadata, Objects, Ref } from "../model/objects.js";
import { isOfProfiles } from "./classes.js";
import { type Target, cronOf, pointersTo } from "./dependents.js";
import { sweepLocks, tryLock } from "./lock.js";
import { lockPath, partialDirectory } from "./places.js";
import { Turns } from "./turns.js";

/** What the work needs. */
export interface WorkersOptions {
    readonly directory: string;
    readonly world: Omit<ControllerWorld, "signal" | "poll">;
    /** The store's DataSources, to look at: they are looked at after every write. */
    readonly sources: () => readonly DataSource[];
    /** Asks sources; only while everything is worked on. */
    readonly poll: NonNullable<ControllerWorld["poll"]>;
    readonly onError: (error: unknown) => void;
}

/** Kinds that an agent works on, and those whose changes by other processes it has to hear of. */
const worked = [
    "HyperConverged",
    "DataImportCron",
    "DataVolume",
    "PersistentVolumeClaim",
    "VolumeSnapshot",
    "DataSource",
    "StorageClass",
    "VolumeSnapshotClass",
    "StorageProfile",
] as const;

/** Sources that are asked at once: as many as a registry may well be asked by one machine. */
const pollsAtOnce = 16;

/** One process's work on a store. */
export class Workers {
    readonly #options: WorkersOptions;
    readonly #manager: Manager<ControllerWorld>;
    /** Imports as an agent saw them last, by uid. */
    readonly #volumes = new Map<string, { readonly generation: number; readonly phase: string }>();
    /** An agent begins whatever changes, and polls; everybody else goes on with what was begun here. */
    #begins = false;

    constructor(options: WorkersOptions) {
        this.#options = options;
        const turns = new Turns(pollsAtOnce);
        const poll: WorkersOptions["poll"] = (...question) => turns.within(() => options.poll(...question));
        this.#manager = new Manager({
            world: () => ({ ...options.world, poll: this.#begins ? poll : undefined }),
            controllers: {
                DataVolume: reconcileDataVolume,
                PersistentVolumeClaim: expandClaim,
                VolumeSnapshot: reconcileVolumeSnapshot,
                DataSource: reconcileDataSource,
                DataImportCron: reconcileDataImportCron,
                HyperConverged: reconcileHyperConverged,
            },
            // A killed holder frees it at once.
            takeTurn: ({ metadata }) => {
                const lock = tryLock(lockPath(options.directory, metadata.uid));
                return (
                    lock && {
                        release: () => {
                            lock.release({ remove: true });
                        },
                    }
                );
            },
            turnAgain: 250,
            onError: options.onError,
            triesAgain: () => this.#begins,
        });
    }

    drive(kind: Kind, at: Ref): void {
        this.#manager.drive(kind, at);
    }

    /** Something was written or deleted, here or by another process: whoever looks at it looks again. */
    async changed(kind: Kind, metadata: Metadata): Promise<void> {
        const { world, sources } = this.#options;
        const at = { namespace: metadata.namespace, name: metadata.name };
        for (const source of pointersTo(kind, at, sources())) this.drive("DataSource", source.at);
        const cron = cronOf(kind, metadata);
        if (cron !== undefined) this.#nudge(cron);
        if (!isOfProfiles(kind)) return;
        for (const { metadata: one } of await world.cluster.list("DataImportCron")) {
            this.#nudge({ kind: "DataImportCron", at: { namespace: one.namespace, name: one.name } });
        }
    }

    /** Works on everything until the signal is aborted: what is there, and whatever changes. */
    async work(signal: AbortSignal): Promise<void> {
        this.#begins = true;
        sweepLocks(partialDirectory(this.#options.directory));
        await Promise.all(worked.map((kind) => this.#follow(kind, signal)));
    }

    stop(): Promise<void> {
        return this.#manager.stop();
    }

    async #follow(kind: (typeof worked)[number], signal: AbortSignal): Promise<void> {
        for await (const { type, object } of this.#options.world.cluster.watch(kind, signal)) {
            const { metadata } = object;
            if (type === "present" && this.#isNews(kind, object))
                this.drive(kind, { namespace: metadata.namespace, name: metadata.name });
            if (type === "deleted") this.#volumes.delete(metadata.uid);
            await this.changed(kind, metadata);
            if (type === "deleted" && kind === "DataImportCron") await this.#passOn(object as DataImportCron);
        }
    }

    /** The DataSource of a deleted cron is free for a cron that could not have it. */
    async #passOn({ metadata: { namespace = "default" }, spec }: DataImportCron): Promise<void> {
        for (const other of await this.#options.world.cluster.list("DataImportCron", { namespace })) {
            if (other.spec.managedDataSource !== spec.managedDataSource) continue;
            this.drive("DataImportCron", { namespace, name: other.metadata.name });
        }
    }

    /**
     * An import says how far it is: that is no reason to begin it again before the pause after a failure is over. Whoever works on
     * it does so until it has ended.
     */
    #isNews(kind: Kind, object: Objects[Kind]): boolean {
        if (kind !== "DataVolume") return true;
        const { metadata, status: { phase = "" } = {} } = object as DataVolume;
        const before = this.#volumes.get(metadata.uid);
        this.#volumes.set(metadata.uid, { generation: metadata.generation, phase });
        return before?.generation !== metadata.generation || before.phase === "Succeeded" || before.phase === "Failed";
    }

    #nudge({ kind, at }: Target): void {
        if (this.#begins) this.#manager.drive(kind, at);
        else this.#manager.nudge(kind, at);
    }
}
