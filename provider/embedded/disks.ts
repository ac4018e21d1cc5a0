// The disks of a store: filled by our own importer, staged beside their final place and renamed when they are whole.
import { chmod, open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Disks } from "../controllers/contract.js";
import { removeTree } from "../importer/archive/remove-tree.js";
import { publish } from "../importer/publish.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { Network } from "../model/network.js";
import type { DataVolume, DiskRecord, PersistentVolumeClaim, StorageClass } from "../model/objects.js";
import { fillVolume } from "./fill.js";
import { clearLeftovers, keepLastLeftover } from "./leftovers.js";
import { linkDisk } from "./links.js";
import { type Place, archivePath, diskPath, partialDirectories, partialPath, placeOf, recordedPath } from "./places.js";
import { grant, makeRoomIn, makeRoomToStage } from "./rights.js";
import type { Slots } from "./slots.js";
import { hasInode, takeSnapshot } from "./snapshots.js";
import { recordDisk, removeDisk } from "./volumes.js";

/** What we put into a claim's directory; whatever else lies there is the user's. */
const ours = /^(?:disk\.img|archive-\d+)$/;

const ownerWrites = 0o200;

/** How the disks of a store are filled. */
export interface DisksOptions {
    readonly clock: Clock;
    readonly network: Network;
    readonly slots: Slots;
    /** The store's storage classes as they are now: they say where disks lie. */
    readonly classes: () => readonly StorageClass[];
}

/** The disks of a store, in its directory and in those of its storage classes. */
export function storeDisks(directory: string, { clock, network, slots, classes }: DisksOptions): Disks {
    const placeFor = ({ spec: { storageClassName = "" } }: PersistentVolumeClaim): Place => {
        const found = classes().find(({ metadata }) => metadata.name === storageClassName);
        return placeOf(directory, storageClassName, found);
    };
    const everywhere = (): string[] => partialDirectories(directory, classes());
    return {
        stage: async (volume, claim, ingredients, watcher) => {
            const { uid, generation } = volume.metadata;
            const place = placeFor(claim);
            const path = partialPath(place, `${uid}-${generation}`);
            const final = finalPath(place, volume, claim);
            await refuseUnknown(final, claim);
            await makeRoomToStage(place);
            const leftover = await keepLastLeftover([place.partial, ...everywhere()], uid);
            const image = await slots.within(
                watcher.signal,
                (parallel) => {
                    watcher.queued(parallel);
                },
                () => fillVolume(path, { volume, claim, ingredients, watcher, clock, network, directory, leftover }),
            );
            await clearLeftovers(everywhere(), uid, path);
            await grant(path, place);
            const { ino } = await stat(path, { bigint: true });
            const [from, to] = [recordedPath(directory, path), recordedPath(directory, final)];
            return { path: from, final: to, inode: String(ino), generation: volume.metadata.generation, image };
        },
        publish: async (staged, claim) => {
            const [path, final] = [resolve(directory, staged.path), resolve(directory, staged.final)];
            if (await hasInode(path, staged.inode)) {
                await makeRoomIn(final, placeFor(claim));
                // A directory takes no other one's place: what lies there was unpacked for the same object before a kill.
                if ((await stat(path)).isDirectory()) await removeTree(final);
                await publish(path, final);
            } else if (!(await hasInode(final, staged.inode))) {
                return undefined;
            }
            return recordDisk(directory, final);
        },
        expand: (record, size) => expand(directory, record, size),
        clear: (uid) => clearLeftovers(everywhere(), uid),
        keepOnly: async (kept, former) => {
            if (former !== undefined && former !== kept) await removeDisk(directory, resolve(directory, former));
            const beside = resolve(directory, dirname(kept));
            const others = (await readdir(beside)).filter((name) => name !== basename(kept) && ours.test(name));
            for (const name of others) await removeTree(join(beside, name));
        },
        remove: (path) => removeDisk(directory, resolve(directory, path)),
        snapshot: async (snapshot, claim, how) => {
            const taken = await takeSnapshot(directory, placeFor(claim), { ...how, snapshot, claim, clock });
            return { ...taken, storageClass: claim.spec.storageClassName ?? "" };
        },
        link: (dataSource, disk) => linkDisk(directory, dataSource, disk),
    };
}

// A disk that was written since its import stays recognisable as such: only an untouched one is recorded anew.
async function expand(
    directory: string,
    record: DiskRecord,
    size: number,
): Promise<{ record: DiskRecord; size: number }> {
    const path = resolve(directory, record.path);
    // An archive has no size of its own: its room is what the claim says.
    const found = await stat(path);
    if (found.isDirectory()) return { record, size };
    if (found.nlink > 1 && found.size < size) throw shared(path);
    // A snapshot that shared it is gone: the disk is its claim's alone again.
    if ((found.mode & ownerWrites) === 0) await chmod(path, (found.mode & 0o777) | ownerWrites);
    const before = await recordDisk(directory, path);
    const intact = before.inode === record.inode && before.modified === record.modified;
    const file = await open(path, "r+");
    try {
        const { size: present } = await file.stat();
        if (present < size) await file.truncate(size);
        await file.sync();
        return { record: intact ? await recordDisk(directory, path) : record, size: Math.max(present, size) };
    } finally {
        await file.close();
    }
}

/** A snapshot of the way `overlay` is the very same file: it must stay as it is. */
function shared(path: string): BootsourceError {
    return new BootsourceError(
        "in-use",
        `cannot grow the disk ${path}: a snapshot shares its bytes; clone the snapshot into a claim of the size you need`,
    );
}

function finalPath(place: Place, { spec, metadata }: DataVolume, claim: PersistentVolumeClaim): string {
    return spec.contentType === "archive"
        ? archivePath(place, claim.metadata, metadata.generation)
        : diskPath(place, claim.metadata);
}

/** Where store.db was lost, the disks that it named still lie there, and may hold what a guest wrote: none is written over. */
async function refuseUnknown(final: string, claim: PersistentVolumeClaim): Promise<void> {
    const { disk, staged } = claim.status ?? {};
    const found = await stat(final, { bigint: true }).catch(() => undefined);
    if (found === undefined || disk !== undefined || staged?.inode === String(found.ino)) return;
    throw new BootsourceError(
        "already-exists",
        `cannot put the disk of ${claim.metadata.name} at ${final}: a file lies there that the store knows nothing of; move it ` +
            "away, or remove it if nothing in it is needed, and run the update again",
    );
}
