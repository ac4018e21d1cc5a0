// What can be told of a disk of a store: untouched, written since its import, missing, in use.
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { lstat, readdir, rmdir } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { DiskRecord } from "../model/objects.js";
import type { Volume } from "../cluster/contract.js";
import { removeTree } from "../importer/archive/remove-tree.js";
import { isWithin, recordedPath } from "./places.js";

/** Remembers a finished disk, to tell later whether it was written. */
export async function recordDisk(directory: string, path: string): Promise<DiskRecord> {
    const { inode, modified } = await look(path);
    return { path: recordedPath(directory, path), inode, modified };
}

/** What is known of a recorded disk; undefined where there never was one. */
export async function observeVolume(directory: string, record: DiskRecord | undefined): Promise<Volume | undefined> {
    if (record === undefined) return undefined;
    const path = resolve(directory, record.path);
    const found = await look(path).catch(() => undefined);
    if (found === undefined) return { path, state: "missing", size: 0, directory: false };
    const intact = found.inode === record.inode && found.modified === record.modified;
    return { path, state: intact ? "intact" : "written", size: found.size, directory: found.directory };
}

/** How many directories of its own a disk has, outside of a store: those of its namespace and its name. */
const levels = 2;

/** Removes a disk and the directories that it leaves empty; in a store those of its class too, but never the rooms of the store. */
export async function removeDisk(directory: string, path: string): Promise<void> {
    await removeTree(path);
    let parent = dirname(path);
    for (let level = 0; ; level += 1) {
        const inStore = isWithin(directory, parent) && relative(directory, parent).includes(sep);
        if (level >= levels && !inStore) return;
        const removed = await rmdir(parent).then(
            () => true,
            () => false,
        );
        if (!removed) return;
        parent = dirname(parent);
    }
}

interface Look {
    readonly inode: string;
    /** Changes whenever anything is written: nanoseconds of the last change; of a directory, of all that is in it. */
    readonly modified: string;
    readonly size: number;
    readonly directory: boolean;
}

async function look(path: string): Promise<Look> {
    const found = await lstat(path, { bigint: true });
    const inode = String(found.ino);
    if (!found.isDirectory()) {
        return { inode, modified: String(found.mtimeNs), size: Number(found.size), directory: false };
    }
    // Times inside come out of the archive, so that a later one alone does not tell: an entry may take another one's place.
    const hash = createHash("sha256");
    let size = 0;
    for await (const [name, stats] of entriesBelow(path, "")) {
        hash.update(`${name}\0${stats.ino}\0${stats.mtimeNs}\0${stats.size}\0`);
        if (stats.isFile()) size += Number(stats.size);
    }
    return { inode, modified: hash.digest("hex"), size, directory: true };
}

async function* entriesBelow(root: string, below: string): AsyncGenerator<[string, BigIntStats]> {
    const names = await readdir(join(root, below));
    for (const name of names.sort()) {
        const path = join(below, name);
        const stats = await lstat(join(root, path), { bigint: true });
        yield [path, stats];
        if (stats.isDirectory()) yield* entriesBelow(root, path);
    }
}
