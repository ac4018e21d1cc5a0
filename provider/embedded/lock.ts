// Locks between processes that a kill frees at once: an exclusive SQLite transaction on a file of its own.
import { chmodSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { isBusy, openDatabase } from "./sqlite.js";

/** A lock that is held. */
export interface Lock {
    /** Lets go; with `remove` the file goes too, for a lock that nobody will want again. */
    release(options?: { remove?: boolean }): void;
}

/** Takes the lock, or says undefined where another holder lives, in this process or another one. */
export function tryLock(path: string): Lock | undefined {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const database = openDatabase(path, { readOnly: false });
    try {
        database.exec("PRAGMA busy_timeout = 0");
        const opened = inodeOf(path);
        database.exec("BEGIN EXCLUSIVE");
        // The last holder may have removed the file between our opening and locking it: such a lock guards nothing.
        if (opened === undefined || inodeOf(path) !== opened) {
            database.close();
            return tryLock(path);
        }
        chmodSync(path, 0o600);
    } catch (error) {
        database.close();
        if (isBusy(error)) return undefined;
        throw error;
    }
    let released = false;
    return {
        release: ({ remove = false } = {}) => {
            if (released) return;
            released = true;
            if (remove) rmSync(path, { force: true });
            database.close();
        },
    };
}

function inodeOf(path: string): bigint | undefined {
    return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}
