// Thin clones: disks of machines outside of the store that are built on a snapshot's image, as the snapshot has them noted.
import { resolve } from "node:path";
import type { VolumeSnapshot } from "../model/objects.js";
import { thinClonesIn } from "../model/thin-clones.js";
import { hasInode } from "./snapshots.js";

/** "the thin clone /path" for each that is still where it was made. One that was moved or removed counts no more. */
export async function thinClonesOf({ metadata }: Pick<VolumeSnapshot, "metadata">): Promise<string[]> {
    const living: string[] = [];
    for (const { path, staged, inode } of thinClonesIn(metadata)) {
        for (const place of staged === undefined ? [path] : [path, staged]) {
            if (!(await hasInode(resolve(place), inode))) continue;
            living.push(`the thin clone ${path}`);
            break;
        }
    }
    return living;
}
