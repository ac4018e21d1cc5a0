// The disks of a store: imports by our own importer, staged beside their final place and renamed when they are whole.
import { open, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
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
            await makeRoomFor(path);
            const image = await fill(path, volume, claim, access, watcher, clock);
            const { ino } = await stat(path, { bigint: true });
            const final = diskPath(directory, claim.spec.storageClassName ?? "", claim.metadata);
            return { path, final, inode: String(ino), generation: volume.metadata.generation, image };
        },
        publish: async (staged) => {
            if (await hasInode(staged.path, staged.inode)) {
                await makeRoomFor(staged.final);
                await publish(staged.path, staged.final);
            } else if (!(await hasInode(staged.final, staged.inode))) {
                return undefined;
            }
            return recordDisk(staged.final);
        },
        expand: (record, size) => expand(record, size),
        clear: async (volume) => {
            const names = await readdir(join(directory, "partial")).catch(() => []);
            const left = names.filter((name) => name.startsWith(volume.metadata.uid) && !name.includes(".lock"));
            for (const name of left) await rm(join(directory, "partial", name), { force: true });
        },
        remove: (path) => removeDisk(directory, path),
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
    const { virtualSize, size: written, sourceSize, digest, codecs } = imported;
    return { format: imported.format, codecs, virtualSize, size: written, sourceSize, digest };
}

function toSource(source: DataVolumeSource, access: Access): SourceSpec {
    if (source.http !== undefined) return { kind: "http", url: source.http.url, ...access };
    if (source.file !== undefined) return { kind: "file", path: source.file.path };
    throw new BootsourceError("invalid-argument", "cannot import: the DataVolume names no source");
}

// A disk that was written since its import stays recognisable as such: only an untouched one is recorded anew.
async function expand(record: DiskRecord, size: number): Promise<{ record: DiskRecord; size: number }> {
    const before = await recordDisk(record.path);
    const intact = before.inode === record.inode && before.modified === record.modified;
    const file = await open(record.path, "r+");
    try {
        const { size: present } = await file.stat();
        if (present < size) await file.truncate(size);
        await file.sync();
        return { record: intact ? await recordDisk(record.path) : record, size: Math.max(present, size) };
    } finally {
        await file.close();
    }
}

async function hasInode(path: string, inode: string): Promise<boolean> {
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    return found !== undefined && String(found.ino) === inode;
}
