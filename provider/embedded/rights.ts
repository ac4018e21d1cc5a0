// Who may read and write the files of a storage class: its mode and its owner, given before a file takes its final name.
import { chmod, chown, lchown, lstat, mkdir, open, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { errorCode, fileSystemError } from "../importer/file-system-error.js";
import { BootsourceError } from "../model/errors.js";
import { type Owner, type Place, isWithin } from "./places.js";

/** What the importer makes its files with: then nothing is left to do. */
const privateMode = 0o600;

/** Gives a staged disk or archive the mode and the owner of its class, durably. Modes inside an archive are the archive's. */
export async function grant(path: string, { mode, owner }: Place): Promise<void> {
    if (mode === privateMode && owner === undefined) return;
    if ((await lstat(path)).isDirectory()) {
        await setMode(path, traversable(mode));
        if (owner !== undefined) await giveTree(path, owner);
    } else {
        await setMode(path, mode);
        if (owner !== undefined) await give(path, owner);
    }
}

/** Makes a staged image immutable for all who keep to modes. */
export async function freeze(path: string, { owner }: Place): Promise<void> {
    if (owner !== undefined) await give(path, owner);
    await setMode(path, 0o444);
}

/** Makes the directory that files are staged in, for us alone, in one that is open to those who may read the disks. */
export async function makeRoomToStage(place: Place): Promise<void> {
    await makeDirectory(dirname(place.partial), place);
    await mkdir(place.partial, { recursive: true, mode: 0o700 });
}

/** Makes the directory that a disk goes into, open to those who may read the disk. */
export function makeRoomIn(path: string, place: Place): Promise<void> {
    return makeDirectory(dirname(path), place);
}

async function makeDirectory(path: string, { mode, owner }: Place): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o700 });
    if (first === undefined || (mode === privateMode && owner === undefined)) return;
    for (let made = path; isWithin(first, made); made = dirname(made)) {
        await chmod(made, traversable(mode));
        if (owner !== undefined) await give(made, owner);
    }
}

/** Who may read a file may look into the directories around it. */
function traversable(mode: number): number {
    return (mode & 0o077) === 0 ? 0o700 : 0o700 | (mode & 0o044) | ((mode & 0o044) >> 2);
}

async function setMode(path: string, mode: number): Promise<void> {
    try {
        // Opened to read: a file that may not be written any more must still be made durable.
        const file = await open(path, "r");
        try {
            await file.chmod(mode);
            await file.sync();
        } finally {
            await file.close();
        }
    } catch (thrown) {
        throw fileSystemError(thrown, `set the mode of ${path}`);
    }
}

async function giveTree(directory: string, owner: Owner): Promise<void> {
    for (const entry of await readdir(directory, { withFileTypes: true })) {
        const path = join(directory, entry.name);
        if (entry.isDirectory()) await giveTree(path, owner);
        // Never what a link leads to.
        else await lchown(path, owner.uid, owner.gid).catch(refused(path, owner));
    }
    await give(directory, owner);
}

async function give(path: string, owner: Owner): Promise<void> {
    await chown(path, owner.uid, owner.gid).catch(refused(path, owner));
}

function refused(path: string, { uid, gid }: Owner): (thrown: unknown) => never {
    return (thrown) => {
        if (errorCode(thrown) !== "EPERM") throw fileSystemError(thrown, `give ${path} to ${uid}:${gid}`);
        throw new BootsourceError(
            "access-denied",
            `cannot give ${path} to ${uid}:${gid}: only root may give files away; run the update as root, or leave owner out of ` +
                "the storage class",
            { cause: thrown },
        );
    };
}
