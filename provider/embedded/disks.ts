// The disks of a store: imports by our own importer, staged beside their final place and renamed when they are whole.
import { open, readdir, rm, stat } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Access, Disks, ImportWatcher } from "../controllers/contract.js";
import type { SourceSpec } from "../importer/contract.js";
import { stageBlank } from "../importer/blank.js";
import { publish } from "../importer/publish.js";
import { stageImage } from "../importer/stage.js";
import type { Clock } from "../model/clock.js";
import { parseChecksum } from "../model/digest.js";
import { BootsourceError } from "../model/errors.js";
import type { DataVolume, DataVolumeSource, DiskRecord, ImageFacts, PersistentVolumeClaim } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { diskPath, makeRoomFor, partialPath, recordDisk, removeDisk } from "./volumes.js";

/** The disks below a store's directory. */
export function storeDisks(directory: string, clock: Clock): Disks {
    return {
        stage: async (volume, claim, access, watcher) => {
            const path = partialPath(directory, `${volume.metadata.uid}-${volume.metadata.generation}`);
            const final = diskPath(directory, claim.spec.storageClassName ?? "", claim.metadata);
            await refuseUnknown(final, claim);
            await makeRoomFor(path);
            const image = await fill(path, volume, claim, access, watcher, clock);
            const { ino } = await stat(path, { bigint: true });
            const [from, to] = [relative(directory, path), relative(directory, final)];
            return { path: from, final: to, inode: String(ino), generation: volume.metadata.generation, image };
        },
        publish: async (staged) => {
            const [path, final] = [resolve(directory, staged.path), resolve(directory, staged.final)];
            if (await hasInode(path, staged.inode)) {
                await makeRoomFor(final);
                await publish(path, final);
            } else if (!(await hasInode(final, staged.inode))) {
                return undefined;
            }
            return recordDisk(directory, final);
        },
        expand: (record, size) => expand(directory, record, size),
        clear: async (uid) => {
            const names = await readdir(join(directory, "partial")).catch(() => []);
            const left = names.filter((name) => name.startsWith(uid) && !name.includes(".lock"));
            for (const name of left) await rm(join(directory, "partial", name), { force: true });
        },
        remove: (path) => removeDisk(directory, resolve(directory, path)),
    };
}

async function fill(
    path: string,
    volume: DataVolume,
    claim: PersistentVolumeClaim,
    access: Access,
    watcher: ImportWatcher,
    clock: Clock,
): Promise<ImageFacts> {
    const { source, preallocation = false, format } = volume.spec;
    const asked = claim.spec.resources?.requests?.storage;
    const size = asked === undefined ? undefined : parseQuantity(asked);
    if (source.blank !== undefined) {
        if (size === undefined)
            throw new BootsourceError("invalid-argument", "cannot make a blank disk: no size is given");
        await stageBlank(path, size, { preallocate: preallocation, signal: watcher.signal });
        return { format: "raw", codecs: [], virtualSize: size, size, sourceSize: 0, digest: "" };
    }
    const checksum = source.http?.checksum ?? source.file?.checksum;
    const imported = await stageImage(path, {
        source: toSource(source, access),
        size,
        format,
        checksum: checksum === undefined ? undefined : parseChecksum(checksum),
        preallocate: preallocation,
        signal: watcher.signal,
        clock,
        progress: ({ transferred, total }) => {
            watcher.progress(transferred, total);
        },
    });
    const { version: _version, ...facts } = imported;
    return facts;
}

function toSource(source: DataVolumeSource, access: Access): SourceSpec {
    if (source.http !== undefined) return { kind: "http", url: source.http.url, ...access };
    if (source.file !== undefined) return { kind: "file", path: source.file.path };
    throw new BootsourceError("invalid-argument", "cannot import: the DataVolume names no source");
}

// A disk that was written since its import stays recognisable as such: only an untouched one is recorded anew.
async function expand(
    directory: string,
    record: DiskRecord,
    size: number,
): Promise<{ record: DiskRecord; size: number }> {
    const path = resolve(directory, record.path);
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

async function hasInode(path: string, inode: string): Promise<boolean> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found !== undefined && String(found.ino) === inode;
}
