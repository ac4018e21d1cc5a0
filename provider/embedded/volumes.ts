// Where the disks of a store lie, and what can be told of one: untouched, written since its import, missing, in use.
import { mkdir, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { DiskRecord, PersistentVolumeClaim, Ref } from "../model/objects.js";
import type { Volume } from "../cluster/contract.js";

/** The one place for a claim's disk: volumes/<class>/<namespace>/<name>/disk.img. */
export function diskPath(directory: string, storageClass: string, claim: Ref): string {
    return join(directory, "volumes", storageClass, claim.namespace ?? "", claim.name, "disk.img");
}

/** Where a disk is written before it takes its final name; `unique` keeps two imports apart. */
export function partialPath(directory: string, unique: string): string {
    return join(directory, "partial", `${unique}.img`);
}

/** The lock that whoever works on an object holds. */
export function lockPath(directory: string, uid: string): string {
    return join(directory, "partial", `${uid}.lock`);
}

/** Makes the directory that a disk goes into, readable by its owner alone. */
export async function makeRoomFor(path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
}

/** Remembers a finished disk, to tell later whether it was written. The path is within the store: a store may be moved. */
export async function recordDisk(directory: string, path: string): Promise<DiskRecord> {
    const { ino, mtimeNs } = await stat(path, { bigint: true });
    return { path: relative(directory, path), inode: String(ino), modified: String(mtimeNs) };
}

/** What is known of a claim's disk; undefined for a claim that never had one. */
export async function observeVolume(directory: string, claim: PersistentVolumeClaim): Promise<Volume | undefined> {
    const record = claim.status?.disk;
    if (record === undefined) return undefined;
    const path = resolve(directory, record.path);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found === undefined) return { path, state: "missing", size: 0 };
    const intact = String(found.ino) === record.inode && String(found.mtimeNs) === record.modified;
    return {
        path,
        state: intact ? "intact" : "written",
        size: Number(found.size),
    };
}

/** Removes a disk and the directories that it leaves empty. */
export async function removeDisk(directory: string, path: string): Promise<void> {
    await rm(path, { force: true });
    let parent = dirname(path);
    while (parent.length > join(directory, "volumes").length && parent.startsWith(directory)) {
        const removed = await rmdir(parent).then(
            () => true,
            () => false,
        );
        if (!removed) return;
        parent = dirname(parent);
    }
}
