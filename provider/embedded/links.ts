// Links to the current disks of DataSources: sources/<namespace>/<name>.img, to read and copy from without asking the store.
import { mkdir, readlink, rename, rm, rmdir, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import type { DiskRecord, Ref } from "../model/objects.js";
import { isWithin, linkPath } from "./places.js";

/** Lets the link of a DataSource lead to a disk, in one step; without a disk it goes, with the directories that it leaves empty. */
export async function linkDisk(store: string, dataSource: Ref, disk: DiskRecord | undefined): Promise<void> {
    const link = linkPath(store, dataSource);
    const parent = dirname(link);
    // No DataSource's name begins with a dot: what a kill leaves here is in nobody's way, and goes with the next change.
    const staged = join(parent, `.${dataSource.name}.img`);
    await rm(staged, { force: true });
    if (disk === undefined) {
        await rm(link, { force: true });
        for (const directory of [parent, dirname(parent)]) await rmdir(directory).catch(() => undefined);
        return;
    }
    const path = resolve(store, disk.path);
    // A store may be moved with all that is in it.
    const target = isWithin(store, path) ? relative(parent, path) : path;
    if ((await readlink(link).catch(() => undefined)) === target) return;
    await mkdir(parent, { recursive: true, mode: 0o700 });
    await symlink(target, staged);
    await rename(staged, link);
}
