// The contract of a cluster: objects, watch and capabilities. Two worlds implement it and know nothing of each other.
import type { Change, Query } from "./query.js";
import type { Kind, New, Objects, Ref } from "../model/objects.js";

/** What a cluster can do, as data: asked before acting, so that nothing fails by surprise. */
export interface Capabilities {
    /** Whether volumes are files on this machine (`volume` answers, paths are outputs). */
    readonly localVolumes: boolean;
    /** Whether a DataVolume's spec may change in place, with the old disk kept until the new one is ready. */
    readonly mutableDataVolumes: boolean;
    /** Whether a DataVolume may read a file of this machine. */
    readonly fileSource: boolean;
}

/** What is known of a claim's disk where volumes are files on this machine. */
export interface Volume {
    /** Absolute path of the raw disk. */
    readonly path: string;
    /** `intact` as imported, `written` since its import, `missing` altogether. */
    readonly state: "intact" | "written" | "missing";
    /** Bytes of the disk; 0 where it is missing. */
    readonly size: number;
}

/**
 * What may be done to the world. Calls are idempotent; reads change nothing; deleting nothing succeeds. Errors: `already-exists`
 * from create, `gone` from update, `conflict` where an update loses too many races, `store-unusable` or `unreachable`.
 */
export interface Cluster {
    /** Names the world for good: the uid of the store; undefined for a store that does not exist yet. */
    readonly identity: string | undefined;
    /** For messages: "the store /srv/images". */
    readonly name: string;
    readonly capabilities: Capabilities;
    /** Makes the world exist where it can be made (a store's directory and database), and names it. Never in a preview. */
    establish(): Promise<string>;
    get<K extends Kind>(kind: K, at: Ref): Promise<Objects[K] | undefined>;
    list<K extends Kind>(kind: K, query?: Query): Promise<Objects[K][]>;
    create<K extends Kind>(kind: K, object: New<K>): Promise<Objects[K]>;
    /** Read, change, write. `change` may run again after a conflict; fields that we do not know are kept. */
    update<K extends Kind>(
        kind: K,
        at: Ref,
        change: (object: Objects[K]) => void,
        part?: "status",
    ): Promise<Objects[K]>;
    /** Accepted, with the children that the object owns; with a uid only that very object is deleted. */
    delete(kind: Kind, at: Ref, only?: { uid: string }): Promise<void>;
    /** By kind: first what is there, then every change, at least once; ends when the signal is aborted. */
    watch<K extends Kind>(kind: K, signal: AbortSignal): AsyncIterable<Change<Objects[K]>>;
    /** Does the object's work in this process from now on, in worlds without controllers of their own. */
    drive(kind: Kind, at: Ref): void;
    /** The disk of a claim; undefined where volumes are not files of this machine, or there is no such claim. */
    volume(claim: Ref): Promise<Volume | undefined>;
    /** Programs that have the claim's disk open or locked, for a message; empty where none is known. Takes a while to find out. */
    usersOf(claim: Ref): Promise<readonly string[]>;
    /** Stops the work under way, waits until it has let go, and closes what is open. */
    close(): Promise<void>;
}
