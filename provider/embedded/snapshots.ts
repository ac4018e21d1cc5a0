// Immutable images of claims' disks: shared blocks, the very same file, or a copy; whole before they have their final name.
import { link, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { describeRef } from "../cluster/wait.js";
import { errorCode, fileSystemError } from "../importer/file-system-error.js";
import { publish } from "../importer/publish.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { DiskRecord, PersistentVolumeClaim, VolumeSnapshot } from "../model/objects.js";
import { shareBlocks, stageClone } from "./clone.js";
import { type Place, partialPath, recordedPath, snapshotPath } from "./places.js";
import { freeze, makeRoomIn, makeRoomToStage } from "./rights.js";
import { writersOf } from "./users.js";
import { recordDisk } from "./volumes.js";

/** What is taken of what. */
export interface Taking {
    readonly snapshot: VolumeSnapshot;
    readonly claim: PersistentVolumeClaim;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    /** Writes down which file is about to take its final name, so that a kill after the rename loses nothing. */
    readonly announce: (record: DiskRecord) => Promise<void>;
}

/** The image of a snapshot, made where it is not there yet. */
export async function takeSnapshot(
    store: string,
    place: Place,
    taking: Taking,
): Promise<{ record: DiskRecord; size: number }> {
    const { snapshot, claim, announce } = taking;
    const made = snapshot.status?.disk;
    if (made !== undefined && (await hasInode(resolve(store, made.path), made.inode))) return describe(store, made);
    const origin = await originOf(store, claim);
    const final = snapshotPath(place, snapshot.metadata);
    await refuseUnknown(final, snapshot);
    const path = partialPath(place, snapshot.metadata.uid);
    try {
        await rm(path, { force: true });
        await makeRoomToStage(place);
        await share(origin, path, place, taking);
        await freeze(path, place);
        const record = { ...(await recordDisk(store, path)), path: recordedPath(store, final) };
        await announce(record);
        await makeRoomIn(final, place);
        await publish(path, final);
        return await describe(store, record);
    } catch (thrown) {
        await rm(path, { force: true });
        throw fileSystemError(thrown, `take the snapshot ${describeRef(snapshot.metadata)}`);
    }
}

/** Whether a file of that number lies there. */
export async function hasInode(path: string, inode: string): Promise<boolean> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found !== undefined && String(found.ino) === inode;
}

async function describe(store: string, record: DiskRecord): Promise<{ record: DiskRecord; size: number }> {
    return { record, size: (await stat(resolve(store, record.path))).size };
}

async function originOf(store: string, claim: PersistentVolumeClaim): Promise<string> {
    const name = describeRef(claim.metadata);
    const refuse = (code: "missing-object" | "in-use" | "invalid-argument", why: string): BootsourceError =>
        new BootsourceError(code, `cannot take a snapshot of the claim ${name}: ${why}`);
    const record = claim.status?.disk;
    if (record === undefined) throw refuse("missing-object", "it is not filled yet; import an image into it first");
    const path = resolve(store, record.path);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) throw refuse("missing-object", "its disk is gone; import it again");
    if (found.isDirectory()) throw refuse("invalid-argument", "it holds an archive; snapshots are of disks");
    const writers = await writersOf(path);
    if (writers.length === 0) return path;
    throw refuse("in-use", `its disk is open for writing in ${writers.join(", ")}; shut that down first`);
}

/** What a file system says that cannot give a file a second name, or not there. */
const unlinkable: ReadonlySet<string> = new Set(["EXDEV", "EPERM", "EMLINK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);

async function share(origin: string, path: string, { snapshot: way }: Place, taking: Taking): Promise<void> {
    const { claim, clock, signal } = taking;
    const storageClass = claim.spec.storageClassName ?? "";
    switch (way) {
        case "none":
            throw new BootsourceError(
                "invalid-argument",
                `cannot take a snapshot of the claim ${describeRef(claim.metadata)}: the storage class "${storageClass}" takes none; ` +
                    "declare it in bootsource:storageClasses with snapshot: overlay, or reflink on XFS and Btrfs",
            );
        case "reflink":
            if (await shareBlocks(origin, path, (await stat(origin)).size)) return;
            throw new BootsourceError(
                "invalid-argument",
                `cannot take a snapshot of the claim ${describeRef(claim.metadata)}: the file system of its storage class ` +
                    `"${storageClass}" cannot share blocks; give the class a directory on XFS or Btrfs, or declare it with ` +
                    "snapshot: overlay",
            );
        case "overlay":
            try {
                // The bytes are those of the claim from here on, and its disk is as immutable as the snapshot.
                await link(origin, path);
            } catch (thrown) {
                if (!unlinkable.has(errorCode(thrown))) throw thrown;
                await stageClone(path, origin, { clock, signal });
            }
    }
}

/** Where store.db was lost, the images that it named still lie there, and disks may be built on them: none is written over. */
async function refuseUnknown(final: string, snapshot: VolumeSnapshot): Promise<void> {
    if ((await stat(final).catch(() => undefined)) === undefined) return;
    throw new BootsourceError(
        "already-exists",
        `cannot put the image of the snapshot ${describeRef(snapshot.metadata)} at ${final}: a file lies there that the store ` +
            "knows nothing of; move it away, or remove it if nothing is built on it, and run the update again",
    );
}
