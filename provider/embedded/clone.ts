// Clones of disks in a store: shared blocks where the file system can, else a copy that leaves the holes out.
import { constants } from "node:fs";
import { chmod, copyFile, open, rm, stat } from "node:fs/promises";
import type { ImportRequest, StreamSpec } from "../importer/contract.js";
import { errorCode } from "../importer/file-system-error.js";
import { fileSource } from "../importer/sources/file.js";
import { stageImage } from "../importer/stage.js";
import { throwIfCancelled } from "../model/errors.js";
import type { ImageFacts } from "../model/objects.js";

/** Writes a clone of a raw disk at exactly `path`, grown to the size asked for; a smaller size is refused. */
export async function stageClone(
    path: string,
    origin: string,
    request: Pick<ImportRequest, "size" | "preallocate" | "signal" | "clock" | "progress">,
    /** How far the image in an untouched disk goes: what lies behind it is nothing but room, and is not read. */
    imageBytes = Infinity,
): Promise<ImageFacts> {
    const { size: asked = 0, preallocate, signal } = request;
    throwIfCancelled(signal, `clone ${origin}`);
    const { size: present } = await stat(origin);
    const size = Math.max(asked, present);
    const fits = asked === 0 || asked >= present;
    if (fits && preallocate !== true && (await shareBlocks(origin, path, size))) {
        return { format: "raw", codecs: [], virtualSize: present, size, sourceSize: 0, digest: "" };
    }
    const copied =
        fits && imageBytes < present
            ? await stageImage(path, {
                  ...request,
                  size,
                  source: await startOf(origin, imageBytes, signal),
                  format: "raw",
              })
            : await stageImage(path, { ...request, source: { kind: "file", path: origin }, format: "raw" });
    return { ...copied, virtualSize: present, digest: "", sourceSize: 0 };
}

async function startOf(origin: string, length: number, signal: AbortSignal): Promise<StreamSpec> {
    const { bytes } = await fileSource(origin).open({ offset: 0, length }, signal);
    return { kind: "stream", name: origin, bytes };
}

/** What a file system says that cannot share blocks, or not between these two files. */
const unable: ReadonlySet<string> = new Set(["ENOTSUP", "EOPNOTSUPP", "EXDEV", "EINVAL", "ENOTTY", "ENOSYS", "EPERM"]);

/** Makes a new file of that size (mode 0600) that shares the blocks of another one; false where the file system cannot. */
export async function shareBlocks(from: string, to: string, size: number): Promise<boolean> {
    try {
        await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch (thrown) {
        await rm(to, { force: true });
        if (unable.has(errorCode(thrown))) return false;
        throw thrown;
    }
    // The copy has the mode of what it was copied from, and a snapshot's image may not be opened to write.
    await chmod(to, 0o600);
    const file = await open(to, "r+");
    try {
        await file.truncate(size);
        await file.sync();
        return true;
    } finally {
        await file.close();
    }
}
