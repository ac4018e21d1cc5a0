// Loads Node's own SQLite without the warning that Node 22 prints in every run: the parts used here are stable since 22.15.
import type * as Sqlite from "node:sqlite";

/** Opens a database file. A read-only one never writes, not even a journal. */
export function openDatabase(path: string, options: { readOnly: boolean }): Sqlite.DatabaseSync {
    const { DatabaseSync } = load();
    return new DatabaseSync(path, { readOnly: options.readOnly });
}

let loaded: typeof Sqlite | undefined;

function load(): typeof Sqlite {
    if (loaded) return loaded;
    const emitWarning = process.emitWarning.bind(process);
    process.emitWarning = (warning: string | Error, ...rest: never[]): void => {
        if (!String(warning).includes("SQLite")) emitWarning(warning, ...rest);
    };
    try {
        loaded = process.getBuiltinModule("node:sqlite");
    } finally {
        process.emitWarning = emitWarning;
    }
    return loaded;
}

/** Whether SQLite says that somebody else holds the lock. */
export function isBusy(error: unknown): boolean {
    return primaryCode(error) === 5;
}

/** Whether SQLite says that the file system has no room left. */
export function isFull(error: unknown): boolean {
    return primaryCode(error) === 13;
}

function primaryCode(error: unknown): number | undefined {
    const code = error instanceof Error && "errcode" in error ? error.errcode : undefined;
    return typeof code === "number" ? code & 0xff : undefined;
}
