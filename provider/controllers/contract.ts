// What a controller is: a function from one object to its next state, over the cluster and the disks of its world.
import type { Cluster } from "../cluster/contract.js";
import type { Access } from "../model/access.js";
import type { Clock } from "../model/clock.js";
import type {
    DataVolume,
    DataVolumeSource,
    DiskRecord,
    ImageFacts,
    Kind,
    Objects,
    PersistentVolumeClaim,
    Ref,
    StagedDisk,
    VolumeSnapshot,
} from "../model/objects.js";
import type { Version } from "../model/upstream.js";

/** What is left to do: nothing, or the same again after so many milliseconds (or as soon as something changes). */
export type Verdict = "settled" | { readonly again: number };

/** Brings one object a step further. Called by one process at a time for each object; observed state decides, never memory. */
export type Controller<K extends Kind, W = ControllerWorld> = (object: Objects[K], world: W) => Promise<Verdict>;

/** All that a controller may touch, in a world that keeps its disks itself. */
export interface ControllerWorld extends CronWorld {
    readonly disks: Disks;
}

/** All that the controller of crons may touch: it makes and removes objects, and leaves disks to others. */
export interface CronWorld {
    readonly cluster: Cluster;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    /**
     * Asks a source what it holds now. Given to who refreshes on schedule (the agent) alone: without it a cron follows what its
     * annotation asks for, and asks nobody.
     */
    readonly poll?: Ask | undefined;
    /**
     * The same, for everybody who brings images in: where the platform's importer cannot be held to a version, a source is asked
     * once more when its import has ended. Absent where the importer is held to it.
     */
    readonly confirm?: Ask | undefined;
    /** Milliseconds between two looks at what nobody tells of, where it is not as usual. */
    readonly looksEvery?: number | undefined;
}

/** One question to a source: what it holds now. */
export type Ask = (source: DataVolumeSource, access: Access, signal: AbortSignal) => Promise<Version>;

/** What a DataVolume names of the cluster, read before its disk is written. */
export interface Ingredients {
    readonly access: Access;
    /** The disk that is cloned; undefined where bytes come from elsewhere. */
    readonly origin: Origin | undefined;
}

/** A disk to clone. */
export interface Origin {
    readonly disk: DiskRecord;
    /** What was found out about the image in it, where the clone is to pass for an import of that image. */
    readonly image?: ImageFacts;
}

/** How an import tells how far it is. */
export interface ImportWatcher {
    readonly signal: AbortSignal;
    progress(transferred: number, total: number | undefined): void;
    /** The import waits for its turn: so many run at once. */
    queued(parallel: number): void;
}

/** The disks of a world that keeps them itself. */
export interface Disks {
    /** Writes a verified disk beside its final place, with what a dead import of this object left; nothing is left where it fails. */
    stage(
        volume: DataVolume,
        claim: PersistentVolumeClaim,
        ingredients: Ingredients,
        watcher: ImportWatcher,
    ): Promise<StagedDisk>;
    /** Gives a staged disk its final name, also when that was done already; undefined where the staged disk is lost. */
    publish(staged: StagedDisk, claim: PersistentVolumeClaim): Promise<DiskRecord | undefined>;
    /** Makes the disk at least this large; says how large it now is. */
    expand(record: DiskRecord, size: number): Promise<{ record: DiskRecord; size: number }>;
    /** Removes what a claim had before its present disk: the one that its status named, and what a kill left beside this one. */
    keepOnly(path: string, former: string | undefined): Promise<void>;
    /** Removes what a dead import of this object left, and a disk that no claim names any more. */
    clear(uid: string): Promise<void>;
    remove(path: string): Promise<void>;
    /**
     * Takes an immutable image of a claim's disk in the way of its storage class, also when that was done already. Throws
     * `invalid-argument` where the class has no way to snapshot, `in-use` where the disk is open, `missing-object` without a disk.
     */
    snapshot(
        snapshot: VolumeSnapshot,
        claim: PersistentVolumeClaim,
        how: {
            readonly signal: AbortSignal;
            /** Is told of the image before it takes its final name, to write it down: a kill between loses nothing. */
            readonly announce: (record: DiskRecord) => Promise<void>;
        },
    ): Promise<{ record: DiskRecord; size: number; storageClass: string }>;
    /** Lets sources/<namespace>/<name>.img lead to a DataSource's current disk; without one the link goes. Never half a link. */
    link(dataSource: Ref, disk: DiskRecord | undefined): Promise<void>;
}
