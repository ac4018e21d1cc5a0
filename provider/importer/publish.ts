// Gives a finished disk its final name, so that a name never stands for half an image.
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { fileSystemError } from "./file-system-error.js";

/**
 * Renames a durable file into place, over what is there, and makes the name durable too. Both must lie in one file system.
 */
export async function publish(from: string, to: string): Promise<void> {
    try {
        await rename(from, to);
        await syncDirectory(dirname(to));
    } catch (thrown) {
        throw fileSystemError(thrown, `put the disk at ${to}`);
    }
}

async function syncDirectory(path: string): Promise<void> {
    // Windows cannot open a directory; there the rename itself is all that can be had.
    if (process.platform === "win32") return;
    const directory = await open(path, "r");
    try {
        await directory.sync();
    } finally {
        await directory.close();
    }
}
