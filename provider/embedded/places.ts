// Where the disks, partial files and snapshots of a storage class lie: in the store, or in a directory of the class's own.
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Ref, StorageClass } from "../model/objects.js";
import { formerDirectories } from "../rules/declared-class.js";
import type { SnapshotWay } from "../model/storage-classes.js";

/** The places of one storage class, all of them in one file system, and what its files are like. */
export interface Place {
    /** Disks: <disks>/<namespace>/<name>/disk.img. */
    readonly disks: string;
    /** Where files are written before they take their final names. */
    readonly partial: string;
    /** Snapshots: <snapshots>/<namespace>/<name>/disk.img. */
    readonly snapshots: string;
    /** Mode of its disks. */
    readonly mode: number;
    /** Who its disks are given to; undefined where nobody is named. */
    readonly owner: Owner | undefined;
    readonly snapshot: SnapshotWay;
}

/** A user and a group of this machine. */
export interface Owner {
    readonly uid: number;
    readonly gid: number;
}

/** Mode of a disk where its class says nothing. */
const privateMode = 0o600;

/** The places of a class by name; a claim may be of a class whose object is gone. */
export function placeOf(store: string, name: string, storageClass: StorageClass | undefined): Place {
    const { directory, mode, owner, snapshot = "none" } = storageClass?.parameters ?? {};
    const [uid = 0, gid = 0] = (owner ?? "").split(":").map(Number);
    const like = {
        mode: mode === undefined ? privateMode : parseInt(mode, 8),
        owner: owner === undefined ? undefined : { uid, gid },
        snapshot: snapshot as SnapshotWay,
    };
    if (directory === undefined) {
        const disks = join(store, "volumes", name);
        return { disks, partial: partialDirectory(store), snapshots: join(store, "snapshots", name), ...like };
    }
    return { ...ownPlaces(store, directory), ...like };
}

/** Perhaps on another file system: what becomes a disk there must be written there. No namespace begins with a dot. */
function ownPlaces(store: string, directory: string): Pick<Place, "disks" | "partial" | "snapshots"> {
    const own = resolve(store, directory);
    return { disks: own, partial: join(own, ".partial"), snapshots: join(own, ".snapshots") };
}

/** Every directory in which imports of a store may have left something. */
export function partialDirectories(store: string, classes: readonly StorageClass[]): string[] {
    const own = classes.flatMap((one) => [
        placeOf(store, one.metadata.name, one).partial,
        ...formerDirectories(one).map((directory) => ownPlaces(store, directory).partial),
    ]);
    return [...new Set([partialDirectory(store), ...own])];
}

/** The one place for a claim's disk. */
export function diskPath({ disks }: Place, claim: Ref): string {
    return join(disks, claim.namespace ?? "", claim.name, "disk.img");
}

/** Where an archive is unpacked to: beside each other for each time it is imported, because a directory cannot take another's name. */
export function archivePath({ disks }: Place, claim: Ref, generation: number): string {
    return join(disks, claim.namespace ?? "", claim.name, `archive-${generation}`);
}

/** The one place for the image of a snapshot. */
export function snapshotPath({ snapshots }: Place, snapshot: Ref): string {
    return join(snapshots, snapshot.namespace ?? "", snapshot.name, "disk.img");
}

/** Where a disk is written before it takes its final name; `unique` keeps two imports apart. */
export function partialPath({ partial }: Pick<Place, "partial">, unique: string): string {
    return join(partial, `${unique}.img`);
}

/** The link to a DataSource's current disk. */
export function linkPath(store: string, dataSource: Ref): string {
    return join(store, "sources", dataSource.namespace ?? "", `${dataSource.name}.img`);
}

/** The lock that whoever works on an object holds. */
export function lockPath(store: string, uid: string): string {
    return join(partialDirectory(store), `${uid}.lock`);
}

/** The lock that a store's agent holds. */
export function agentLockPath(store: string): string {
    return join(store, "agent.lock");
}

/** A path as the store's objects keep it: within the store it is relative to it, because a store may be moved. */
export function recordedPath(store: string, path: string): string {
    return isWithin(store, path) ? relative(store, path) : path;
}

/** Whether a path leads to a directory or to something below it. */
export function isWithin(directory: string, path: string): boolean {
    const way = relative(directory, path);
    return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** Where the store keeps what is not whole yet, and the locks of whoever works on an object. */
export function partialDirectory(store: string): string {
    return join(store, "partial");
}
