// Locks between processes that a kill frees at once: an exclusive SQLite transaction on a file of its own.
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { errorCode } from "../importer/file-system-error.js";
import { isBusy, openDatabase } from "./sqlite.js";

/** A lock that is held. */
export interface Lock {
    /** Lets go; with `remove` the file goes too, for a lock that nobody will want again. */
    release(options?: { remove?: boolean }): void;
}

/** Whether a living holder has the lock; changes nothing, not even where the directory may only be read. */
export function isLocked(path: string): boolean {
    if (!existsSync(path)) return false;
    try {
        const database = openDatabase(path, { readOnly: true });
        try {
            database.exec("PRAGMA busy_timeout = 0");
            database.prepare("SELECT count(*) FROM sqlite_master").get();
            return false;
        } finally {
            database.close();
        }
    } catch (error) {
        if (isBusy(error)) return true;
        throw error;
    }
}

/** Takes the lock, or says undefined where another holder lives, in this process or another one. */
export function tryLock(path: string): Lock | undefined {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    makeFile(path);
    const found = identityOf(path);
    const database = openDatabase(path, { readOnly: false });
    try {
        // Nothing is ever written, so that no journal is needed: one beside the file would be taken for the next holder's.
        database.exec("PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY");
        database.exec("BEGIN EXCLUSIVE");
        // The last holder may have removed the file while we opened and locked it: such a lock guards nothing.
        if (found === undefined || identityOf(path) !== found) {
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

/** How often, and how soon after, a lock is tried again that somebody may only have looked at: `isLocked` holds it for an instant. */
const again = { times: 20, milliseconds: 25 } as const;

/** Takes a lock that is held for long or not at all; undefined where another holder keeps it. */
export async function takeLock(path: string): Promise<Lock | undefined> {
    for (let time = 0; time < again.times; time += 1) {
        const lock = tryLock(path);
        if (lock !== undefined) return lock;
        // Real time, not the world's clock: another process holds the lock, and its time is not ours to move.
        await pause(again.milliseconds);
    }
    return undefined;
}

/** Removes the locks of a directory that kills have left: what they were for may be gone for good, so that nobody takes them again. */
export function sweepLocks(directory: string): void {
    const names = existsSync(directory) ? readdirSync(directory) : [];
    for (const name of names.filter((one) => one.endsWith(".lock"))) {
        tryLock(join(directory, name))?.release({ remove: true });
    }
}

/** Only where there is none: to open and close a file that this process has locked would let go of the lock. */
function makeFile(path: string): void {
    try {
        closeSync(openSync(path, "wx", 0o600));
    } catch (thrown) {
        if (errorCode(thrown) !== "EEXIST") throw thrown;
    }
}

/** Which file lies there: the number of a removed one may be given to the next at once. */
function identityOf(path: string): string | undefined {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? undefined : `${found.ino} ${found.birthtimeNs}`;
}
