// Removes what an archive was unpacked to, directories that may not be written included.
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../file-system-error.js";

/** Removes a file or a whole directory; nothing there is fine. Links are removed, never followed. */
export async function removeTree(path: string): Promise<void> {
    try {
        await rm(path, { recursive: true, force: true });
    } catch (thrown) {
        if (errorCode(thrown) !== "EACCES" && errorCode(thrown) !== "EPERM") throw thrown;
        await unlock(path);
        await rm(path, { recursive: true, force: true });
    }
}

async function unlock(directory: string): Promise<void> {
    await chmod(directory, 0o700);
    for (const entry of await readdir(directory, { withFileTypes: true })) {
        if (entry.isDirectory()) await unlock(join(directory, entry.name));
    }
}
