// The objects of the embedded world: one SQLite file, one row per object, a resourceVersion that counts every write.
import { randomUUID } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { Kind, Metadata, Objects, Ref } from "../model/objects.js";
import { isFull, openDatabase } from "./sqlite.js";
import { Versions } from "./versions.js";

/** The layout of the file; a newer one is refused, an older one is brought up to date by `prepare`. */
const schemaVersion = 1;

// A rollback journal, not a write-ahead log: opening a database in WAL mode to read it writes files beside it, and a preview
// must leave a store untouched, also one that may only be read (docs/decisions/0003-rollback-journal.md).
const schema = `
    PRAGMA journal_mode = DELETE;
    PRAGMA synchronous = FULL;
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS store (uid TEXT NOT NULL, version INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS objects (
        kind TEXT NOT NULL,
        namespace TEXT NOT NULL,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (kind, namespace, name)
    ) WITHOUT ROWID;
`;

/** The objects of a kind as they were at a version of the store, with the texts that they were parsed from. */
interface Snapshot {
    readonly version: number;
    readonly parsed: ReadonlyMap<string, { readonly body: unknown; readonly object: Objects[Kind] }>;
    readonly objects: readonly Objects[Kind][];
}

/** An open store. All calls are synchronous: each is one small transaction. */
export class Store {
    /** Names the store for good, wherever its directory is moved. */
    readonly uid: string;
    /** Absolute path of the store's directory. */
    readonly directory: string;
    readonly #database: DatabaseSync;
    readonly #snapshots = new Map<Kind, Snapshot>();
    readonly #versions = new Versions();
    readonly #statements = new Map<string, StatementSync>();
    #inTransaction = false;
    #closed = false;

    private constructor(directory: string, database: DatabaseSync) {
        this.directory = directory;
        this.#database = database;
        this.uid = String(database.prepare("SELECT uid FROM store").get()?.["uid"]);
    }

    /** Opens a store to read it; undefined where there is none. Writes nothing. */
    static read(directory: string): Store | undefined {
        const path = join(resolve(directory), "store.db");
        if (!existsSync(path)) return undefined;
        return guarded(directory, () => {
            recover(path);
            const database = openDatabase(path, { readOnly: true });
            database.exec("PRAGMA busy_timeout = 10000");
            // A creator that was killed between making the file and its first commit leaves an empty database: no store yet.
            const prepared = database.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'store'").get()?.[
                "n"
            ];
            if (prepared === 0) {
                database.close();
                return undefined;
            }
            refuseNewer(database, directory);
            return new Store(realpathSync(directory), database);
        });
    }

    /** Opens a store to write it, and makes it where there is none (directory 0700, database 0600). */
    static open(directory: string): Store {
        return guarded(directory, () => {
            mkdirSync(directory, { recursive: true, mode: 0o700 });
            const path = join(resolve(directory), "store.db");
            const fresh = !existsSync(path);
            const database = openDatabase(path, { readOnly: false });
            if (fresh) chmodSync(path, 0o600);
            database.exec("PRAGMA busy_timeout = 10000");
            prepare(database, directory);
            return new Store(realpathSync(directory), database);
        });
    }

    get<K extends Kind>(kind: K, at: Ref): Objects[K] | undefined {
        const row = this.#prepare("SELECT body FROM objects WHERE kind = ? AND namespace = ? AND name = ?").get(
            kind,
            at.namespace ?? "",
            at.name,
        );
        return row === undefined ? undefined : parse(kind, row["body"]);
    }

    list<K extends Kind>(kind: K): Objects[K][] {
        const rows = this.#prepare("SELECT body FROM objects WHERE kind = ? ORDER BY namespace, name").all(kind);
        return rows.map((row) => parse(kind, row["body"]));
    }

    /** Adds an object; its metadata gets uid, versions and creation time. Throws `already-exists`. */
    insert<K extends Kind>(
        kind: K,
        object: Omit<Objects[K], "metadata"> & { metadata: Partial<Metadata> },
        now: string,
    ): void {
        this.transaction(() => {
            const { name = "", namespace = "" } = object.metadata;
            if (this.get(kind, { name, namespace }) !== undefined) {
                throw new BootsourceError("already-exists", `cannot create ${kind} ${name}: it exists already`);
            }
            const metadata = {
                ...object.metadata,
                uid: randomUUID(),
                generation: 1,
                creationTimestamp: now,
                resourceVersion: this.#nextVersion(kind),
            };
            this.#write(kind, { namespace, name }, { ...object, metadata });
        });
    }

    /** Writes an object back if it is still the version that was read; false where somebody was faster. */
    replace<K extends Kind>(kind: K, object: Objects[K], nextGeneration: boolean): boolean {
        return this.transaction(() => {
            const { name, namespace, resourceVersion, generation } = object.metadata;
            const current = this.get(kind, { name, namespace });
            if (current?.metadata.resourceVersion !== resourceVersion) return false;
            const metadata = {
                ...object.metadata,
                generation: nextGeneration ? generation + 1 : generation,
                resourceVersion: this.#nextVersion(kind),
            };
            this.#write(kind, { namespace, name }, { ...object, metadata });
            return true;
        });
    }

    remove(kind: Kind, at: Ref): void {
        this.transaction(() => {
            this.#nextVersion(kind);
            this.#prepare("DELETE FROM objects WHERE kind = ? AND namespace = ? AND name = ?").run(
                kind,
                at.namespace ?? "",
                at.name,
            );
        });
    }

    /** Runs several calls as one: all of them happen, or none. */
    transaction<T>(work: () => T): T {
        if (this.#inTransaction) return work();
        this.#database.exec("BEGIN IMMEDIATE");
        this.#inTransaction = true;
        try {
            const result = work();
            this.#database.exec("COMMIT");
            return result;
        } catch (error) {
            this.#rollBack();
            this.#versions.forget();
            throw isFull(error) ? noSpace(this.directory, error) : error;
        } finally {
            this.#inTransaction = false;
        }
    }

    /**
     * All objects of a kind as they now are, parsed once for everybody who looks: many watchers wake at every write. What is
     * handed out is shared and must not be changed.
     */
    snapshot<K extends Kind>(kind: K): readonly Objects[K][] {
        this.#versions.see(String(this.#prepare("SELECT version FROM store").get()?.["version"]));
        const version = this.#versions.changed(kind);
        const known = this.#snapshots.get(kind);
        if (known?.version === version) return known.objects as Objects[K][];
        const rows = this.#prepare(
            "SELECT namespace || '/' || name AS key, body FROM objects WHERE kind = ? ORDER BY namespace, name",
        ).all(kind);
        // A write changes one object of thousands: all others are what they were.
        const parsed: Snapshot["parsed"] = new Map(
            rows.map(({ key, body }) => {
                const before = known?.parsed.get(String(key));
                const same = before !== undefined && before.body === body;
                return [String(key), same ? before : { body, object: parse(kind, body) }] as const;
            }),
        );
        const objects = [...parsed.values()].map(({ object }) => object);
        this.#snapshots.set(kind, { version, parsed, objects });
        return objects as Objects[K][];
    }

    close(): void {
        if (!this.#closed) this.#database.close();
        this.#closed = true;
    }

    #rollBack(): void {
        try {
            this.#database.exec("ROLLBACK");
        } catch {
            // What a full file system could not hold SQLite has taken back itself; what went wrong is told by who asks for this.
        }
    }

    /** Prepared once: a statement is memory outside of the heap, which is given back late. */
    #prepare(sql: string): StatementSync {
        const known = this.#statements.get(sql) ?? this.#database.prepare(sql);
        this.#statements.set(sql, known);
        return known;
    }

    #nextVersion(kind: Kind): string {
        const row = this.#prepare("UPDATE store SET version = version + 1 RETURNING version").get();
        const version = Number(row?.["version"]);
        this.#versions.wrote(kind, String(version - 1), String(version));
        return String(version);
    }

    #write(kind: Kind, at: Ref, body: unknown): void {
        this.#prepare("INSERT OR REPLACE INTO objects (kind, namespace, name, body) VALUES (?, ?, ?, ?)").run(
            kind,
            at.namespace ?? "",
            at.name,
            JSON.stringify(body),
        );
    }
}

/** A killed writer leaves its journal: undoing what it began is the one thing that a reader may have to write. */
function recover(path: string): void {
    if (!existsSync(`${path}-journal`)) return;
    const database = openDatabase(path, { readOnly: false });
    database.exec("PRAGMA busy_timeout = 10000; SELECT count(*) FROM sqlite_master");
    database.close();
}

function prepare(database: DatabaseSync, directory: string): void {
    refuseNewer(database, directory);
    if (userVersion(database) === schemaVersion) return;
    database.exec(schema);
    // Another process may have been faster: it has made the row while this one waited for the lock.
    if (database.prepare("SELECT uid FROM store").get() === undefined) {
        database.prepare("INSERT INTO store (uid, version) VALUES (?, 0)").run(randomUUID());
    }
    database.exec(`PRAGMA user_version = ${schemaVersion}; COMMIT;`);
}

function refuseNewer(database: DatabaseSync, directory: string): void {
    const found = userVersion(database);
    if (found <= schemaVersion) return;
    throw new BootsourceError(
        "store-unusable",
        `cannot open the store ${directory}: a newer version of pulumi-bootsource wrote it (layout ${found}, this version ` +
            `knows ${schemaVersion}); install that version`,
    );
}

function userVersion(database: DatabaseSync): number {
    return Number(database.prepare("PRAGMA user_version").get()?.["user_version"]);
}

function parse<K extends Kind>(kind: K, body: unknown): Objects[K] {
    if (typeof body !== "string")
        throw new BootsourceError("store-unusable", `cannot read a ${kind}: its row has no text`);
    return JSON.parse(body) as Objects[K];
}

function noSpace(directory: string, cause: unknown): BootsourceError {
    return new BootsourceError(
        "no-space",
        `cannot write to the store ${directory}: its file system is full; free some room there and run the update again`,
        { cause },
    );
}

/** Turns what SQLite and the file system say into a sentence that names the store. */
function guarded<T>(directory: string, open: () => T): T {
    try {
        return open();
    } catch (error) {
        if (isBootsourceError(error)) throw error;
        if (isFull(error)) throw noSpace(directory, error);
        const reason = error instanceof Error ? error.message : String(error);
        throw new BootsourceError(
            "store-unusable",
            `cannot open the store ${directory}: ${reason}; check that the directory may be read and written by you`,
            { cause: error },
        );
    }
}
