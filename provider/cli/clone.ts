// Makes a clone: whole under its name or not there; a thin one is noted on its snapshot first, so that the image under it stays.
import { constants } from "node:fs";
import { chmod, copyFile, link, open, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Cluster } from "../cluster/contract.js";
import { describeRef } from "../cluster/wait.js";
import { errorCode, fileSystemError } from "../importer/file-system-error.js";
import { type PartialFile, removeLeftovers, startPartial } from "../importer/partial.js";
import { stageImage } from "../importer/stage.js";
import { writeOverlay } from "../importer/target/qcow2-overlay.js";
import type { Clock } from "../model/clock.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { VolumeSnapshot } from "../model/objects.js";
import { type ThinClone, thinClonesAnnotation, thinClonesIn } from "../model/thin-clones.js";
import { type CloneOrigin, findOrigin } from "./clone-origin.js";

/** What is asked for. */
export interface CloneOrder {
    readonly name: string;
    /** Absolute; nothing lies there. */
    readonly target: string;
    /** Undefined: thin where the image is a snapshot of an overlay class. */
    readonly thin: boolean | undefined;
    /** Bytes that the disk is to have at least. */
    readonly size: number | undefined;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly progress: ((progress: { transferred: number; total: number | undefined }) => void) | undefined;
}

/** What was made. */
export interface Cloned {
    readonly words: string;
    readonly path: string;
    readonly format: "raw" | "qcow2";
    readonly size: number;
    /** The image that it is built on, of a thin clone. */
    readonly backing: string | undefined;
}

/** A boot source may move on while it is cloned: then what it leads to next is cloned. */
const rounds = 5;

/** Makes the clone. */
export async function makeClone(cluster: Cluster, order: CloneOrder): Promise<Cloned> {
    for (let round = 1; ; round += 1) {
        const origin = await findOrigin(cluster, order.name);
        const size = Math.max(origin.size, order.size ?? 0);
        if (order.size !== undefined && order.size < origin.size) {
            throw new BootsourceError(
                "invalid-argument",
                `cannot clone ${origin.words} to ${order.size} bytes: it has ${origin.size}, and a clone can only be larger`,
            );
        }
        try {
            return await clone(cluster, origin, size, order);
        } catch (thrown) {
            const passing = isBootsourceError(thrown) && ["gone", "not-found"].includes(thrown.code);
            if (!passing || round === rounds) throw thrown;
        }
    }
}

async function clone(cluster: Cluster, origin: CloneOrigin, size: number, order: CloneOrder): Promise<Cloned> {
    const { target, thin = origin.overlays } = order;
    const { snapshot, words, path } = origin;
    if (thin && snapshot === undefined) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot make a thin clone of ${words}: its disk is a claim's, which may change under it; leave --thin out, or keep it ` +
                "as a snapshot (a storage class with snapshot: overlay)",
        );
    }
    await removeLeftovers(target);
    const partial = await startPartial(target);
    try {
        if (thin && snapshot !== undefined) {
            await writeOverlay(partial.path, { backing: path, size });
            await note(cluster, snapshot, { path: target, staged: partial.path, inode: await inodeOf(partial.path) });
        } else await copy(path, partial, size, order);
        await publishNew(partial.path, target);
        return { words, path: target, format: thin ? "qcow2" : "raw", size, backing: thin ? path : undefined };
    } finally {
        await rm(partial.path, { force: true });
        partial.end();
    }
}

/**
 * From here on the image stays, as long as the file is where it is staged or under its name. Whoever deletes the snapshot has
 * marked it before (`gone` here), or finds this note.
 */
async function note(cluster: Cluster, { metadata }: VolumeSnapshot, made: ThinClone): Promise<void> {
    const at = { namespace: metadata.namespace, name: metadata.name };
    const known = thinClonesIn((await cluster.get("VolumeSnapshot", at))?.metadata ?? {});
    const dead = new Set<string>();
    for (const one of known) if (!(await isThere(one))) dead.add(JSON.stringify(one));
    await cluster.update("VolumeSnapshot", at, (current) => {
        if (current.metadata.uid !== metadata.uid || current.metadata.deletionTimestamp !== undefined) {
            throw new BootsourceError(
                "gone",
                `cannot clone the snapshot ${describeRef(at)}: it is being deleted; try again`,
            );
        }
        const others = thinClonesIn(current.metadata).filter((one) => !dead.has(JSON.stringify(one)));
        current.metadata.annotations = {
            ...current.metadata.annotations,
            [thinClonesAnnotation]: JSON.stringify([...others, made]),
        };
    });
}

async function isThere({ path, staged, inode }: ThinClone): Promise<boolean> {
    for (const place of staged === undefined ? [path] : [path, staged]) {
        if ((await inodeOf(place).catch(() => undefined)) === inode) return true;
    }
    return false;
}

async function inodeOf(path: string): Promise<string> {
    return String((await stat(path, { bigint: true })).ino);
}

/** Shared blocks where the file system can, else a copy that leaves the holes out. */
async function copy(origin: string, partial: PartialFile, size: number, order: CloneOrder): Promise<void> {
    const { clock, signal, progress } = order;
    try {
        await copyFile(origin, partial.path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch (thrown) {
        await rm(partial.path, { force: true });
        if (errorCode(thrown) === "ENOENT") throw fileSystemError(thrown, `clone ${origin}`);
        // Whatever else keeps blocks from being shared, a copy tells what really is in the way.
        const source = { kind: "file", path: origin } as const;
        await stageImage(partial.path, { source, format: "raw", size, clock, signal, progress });
        return;
    }
    // A snapshot's image may not be written to, and its clone has its mode.
    await chmod(partial.path, 0o600);
    const file = await open(partial.path, "r+");
    try {
        await file.truncate(size);
        await file.sync();
    } finally {
        await file.close();
    }
}

/** Gives the file its name in one step, and never over what is there. */
async function publishNew(from: string, to: string): Promise<void> {
    try {
        await link(from, to);
        const directory = await open(dirname(to), "r");
        await directory.sync().finally(() => directory.close());
    } catch (thrown) {
        throw fileSystemError(thrown, `put the clone at ${to}`);
    }
}
