// What dead imports of an object left in the places of a store: at most one disk is kept, for the next import to go on with.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../importer/archive/remove-tree.js";
import { journalPath } from "../importer/journal.js";

/** Removes all that was left for an object in the directories, but for one disk. Only for whoever holds the object's lock. */
export async function clearLeftovers(directories: readonly string[], uid: string, kept?: string): Promise<void> {
    for (const path of await leftovers(directories, uid)) {
        if (kept === undefined || (path !== kept && path !== journalPath(kept))) await removeTree(path);
    }
}

/**
 * Removes all but the last disk that says how far it came, which it returns; one in another directory than the first is on
 * another file system, perhaps, and of no use.
 */
export async function keepLastLeftover(directories: readonly string[], uid: string): Promise<string | undefined> {
    const paths = await leftovers(directories.slice(0, 1), uid);
    // Numbered by generation: "10" comes after "9".
    const disks = paths.sort((left, right) => left.length - right.length || (left < right ? -1 : 1));
    const last = disks.filter((path) => paths.includes(journalPath(path))).at(-1);
    await clearLeftovers(directories, uid, last);
    return last;
}

async function leftovers(directories: readonly string[], uid: string): Promise<string[]> {
    const found: string[] = [];
    for (const directory of directories) {
        const names = await readdir(directory).catch((): string[] => []);
        const left = names.filter((name) => name.startsWith(uid) && !name.includes(".lock"));
        found.push(...left.map((name) => join(directory, name)));
    }
    return found;
}
