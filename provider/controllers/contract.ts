// What a controller is: a function from one object to its next state, over the cluster and the disks of its world.
import type { Cluster } from "../cluster/contract.js";
import type { Clock } from "../model/clock.js";
import type { DataVolume, DiskRecord, Kind, Objects, PersistentVolumeClaim, StagedDisk } from "../model/objects.js";

/** What is left to do: nothing, or the same again after so many milliseconds (or as soon as something changes). */
export type Verdict = "settled" | { readonly again: number };

/** Brings one object a step further. Called by one process at a time for each object; observed state decides, never memory. */
export type Controller<K extends Kind> = (object: Objects[K], world: ControllerWorld) => Promise<Verdict>;

/** All that a controller may touch. */
export interface ControllerWorld {
    readonly cluster: Cluster;
    readonly disks: Disks;
    readonly clock: Clock;
    readonly signal: AbortSignal;
}

/** Credentials and trust, read from the Secrets and ConfigMaps that a DataVolume names. */
export interface Access {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly caCertificates?: string | undefined;
    readonly headers: readonly string[];
}

/** How an import tells how far it is. */
export interface ImportWatcher {
    readonly signal: AbortSignal;
    progress(transferred: number, total: number | undefined): void;
}

/** The disks of a world that keeps them itself. */
export interface Disks {
    /** Writes a verified disk beside its final place; nothing is left where it fails. */
    stage(
        volume: DataVolume,
        claim: PersistentVolumeClaim,
        access: Access,
        watcher: ImportWatcher,
    ): Promise<StagedDisk>;
    /** Gives a staged disk its final name, also when that was done already; undefined where the staged disk is lost. */
    publish(staged: StagedDisk): Promise<DiskRecord | undefined>;
    /** Makes the disk at least this large; says how large it now is. */
    expand(record: DiskRecord, size: number): Promise<{ record: DiskRecord; size: number }>;
    /** Removes what a dead import of this object left, and a disk that no claim names any more. */
    clear(uid: string): Promise<void>;
    remove(path: string): Promise<void>;
}
