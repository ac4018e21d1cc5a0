// The contract of a cluster: objects, watch and capabilities. Two worlds implement it and know nothing of each other.
import type { Change, Query } from "./query.js";
import type { BootsourceError } from "../model/errors.js";
import type { Upload } from "./upload.js";
import type { DataVolumeSource, Kind, New, Objects, Ref } from "../model/objects.js";

/** What a cluster can do, as data: asked before acting, so that nothing fails by surprise. */
export interface Capabilities {
    /** Whether volumes are files on this machine (`volume` answers, paths are outputs). */
    readonly localVolumes: boolean;
    /** Whether a DataVolume's spec may change in place, with the old disk kept until the new one is ready. */
    readonly mutableDataVolumes: boolean;
    /**
     * Kinds of sources whose DataImportCrons the platform's own controllers carry out, and forbid to change: a changed one is made
     * anew under its name. All others are carried out by ours.
     */
    readonly platformCrons: readonly string[];
    /** Whether a deleted cron takes along what its retentionPolicy says; else our own delete does that. */
    readonly cronsTakeAlong: boolean;
    /** Whether a DataVolume may read a file of this machine. */
    readonly fileSource: boolean;
    /**
     * Whether there is no operator that keeps a list of system boot sources: then the HyperConverged object is made by whoever needs
     * it, its switch off at first, and our controller carries it out.
     */
    readonly ownSystemList: boolean;
    /** Whether operators write to the same objects, and may take back what is written here. */
    readonly othersWrite: boolean;
}

/** What is known of the disk of a claim or a snapshot where volumes are files on this machine. */
export interface Volume {
    /** Absolute path of the raw disk, or of the directory that an archive was unpacked to. */
    readonly path: string;
    /** `intact` as imported, `written` since its import, `missing` altogether. */
    readonly state: "intact" | "written" | "missing";
    /** Bytes of the disk, or of an archive's files; 0 where it is missing. */
    readonly size: number;
    /** True where an archive was unpacked: the path is a directory then. */
    readonly directory: boolean;
}

/**
 * What may be done to the world. Calls are idempotent; reads change nothing; deleting nothing succeeds. Errors: `already-exists`
 * from create, `gone` from update, `conflict` where an update loses too many races, `store-unusable` or `unreachable`.
 */
export interface Cluster {
    /** Names the world for good: the uid of the store; undefined for a store that does not exist yet. */
    readonly identity: string | undefined;
    /**
     * Why nothing can be asked of the world now. Only a preview is given such a world: reads answer that nothing is there, which
     * then says nothing.
     */
    readonly unreachable?: BootsourceError;
    /** For messages: "the store /srv/images". */
    readonly name: string;
    /** Where objects go whose resource names no namespace. */
    readonly namespace: string;
    readonly capabilities: Capabilities;
    /** Makes the world exist where it can be made (a store's directory and database), and names it. Never in a preview. */
    establish(): Promise<string>;
    get<K extends Kind>(kind: K, at: Ref): Promise<Objects[K] | undefined>;
    list<K extends Kind>(kind: K, query?: Query): Promise<Objects[K][]>;
    /** Whether it has such objects at all, where a list of none may mean either; a world that has them all does not say. */
    serves?(kind: Kind): Promise<boolean>;
    create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]>;
    /** Read, change, write. `change` may run again after a conflict; fields that we do not know are kept. */
    update<K extends Kind>(
        kind: K,
        at: Ref,
        change: (object: Objects[K]) => void,
        part?: "status",
    ): Promise<Objects[K]>;
    /**
     * Accepted, with the children that the object owns; with a uid only that very object is deleted, with a resourceVersion only
     * as long as nobody has written to it since. Whoever notes on an object that it is needed is then either in time or told `gone`.
     */
    delete(kind: Kind, at: Ref, only?: { uid: string; resourceVersion?: string }): Promise<void>;
    /** By kind, of a namespace or one object: first what is there, then every change, at least once; ends with the signal. */
    watch<K extends Kind>(kind: K, signal: AbortSignal, only?: Partial<Ref>): AsyncIterable<Change<Objects[K]>>;
    /** Does the object's work in this process from now on, in worlds without controllers of their own. */
    drive(kind: Kind, at: Ref): void;
    /** The disk of a claim; undefined where volumes are not files of this machine, or there is no such claim. */
    volume(claim: Ref): Promise<Volume | undefined>;
    /** Programs that have the claim's disk open or locked, for a message; empty where none is known. Takes a while to find out. */
    usersOf(claim: Ref): Promise<readonly string[]>;
    /** The image of a snapshot, like `volume`; undefined too while there is none. */
    volumeOfSnapshot(snapshot: Ref): Promise<Volume | undefined>;
    /**
     * Thin clones that are built on a snapshot's image, and programs that have it open or locked: machines whose disks are such
     * clones, for one. Like `usersOf`.
     */
    usersOfSnapshot(snapshot: Ref): Promise<readonly string[]>;
    /**
     * Sends a file of this machine to the claim of a DataVolume that is UploadReady, and ends once it was received whole. Only
     * where disks lie elsewhere: a store reads the file itself.
     */
    upload?(claim: Ref, upload: Upload): Promise<void>;
    /**
     * Whether somebody (an agent, CDI) keeps boot sources of that source current on their schedules, in that namespace; without one
     * in the cluster's own.
     */
    refreshes(source: DataVolumeSource, namespace?: string): Promise<boolean>;
    /**
     * Keeps everything current until the signal is aborted: polls on schedule, imports, repoints, collects; `begun` is told once
     * it does. One process at a time does so: throws `in-use` where another one does.
     */
    work(signal: AbortSignal, begun?: () => void): Promise<void>;
    /** Stops the work under way, waits until it has let go, and closes what is open. */
    close(): Promise<void>;
}
