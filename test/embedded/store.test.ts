// The store's file: made once by many, refused when it is of a newer layout, recovered when its writer was killed.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { openDatabase } from "../../provider/embedded/sqlite.js";
import { Store } from "../../provider/embedded/store.js";
import { isBootsourceError } from "../../provider/model/errors.js";

const storeModule = JSON.stringify(require.resolve("../../provider/embedded/store.js"));

describe("the store's file", function () {
    this.timeout(30_000);
    let directory: string;
    beforeEach(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-db-"));
    });
    afterEach(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    it("is made once, by whichever of many processes comes first", async () => {
        const script = `const s = require(${storeModule}).Store.open(process.argv[1]); console.log(s.uid); s.close();`;
        const store = path.join(directory, "store");
        const uids = await Promise.all(
            Array.from({ length: 6 }, async () => {
                const child = spawn(process.execPath, ["-e", script, store], { stdio: ["ignore", "pipe", "inherit"] });
                let printed = "";
                child.stdout.on("data", (chunk: Buffer) => (printed += chunk.toString()));
                await once(child, "close");
                return printed.trim();
            }),
        );
        assert.equal(new Set(uids).size, 1, `all see one store: ${uids.join(", ")}`);
        assert.match(uids[0] ?? "", /^[0-9a-f-]{36}$/);
        assert.deepEqual(readdirSync(store), ["store.db"], "no journal is left");
    });

    it("is refused when a newer version of the package wrote it, and left as it is", () => {
        Store.open(directory).close();
        const database = openDatabase(path.join(directory, "store.db"), { readOnly: false });
        database.exec("PRAGMA user_version = 99");
        database.close();
        for (const open of [() => Store.open(directory), () => Store.read(directory)]) {
            assert.throws(
                open,
                (error) =>
                    isBootsourceError(error) && error.code === "store-unusable" && error.message.includes("newer"),
            );
        }
    });

    it("says what is wrong with a file that is no database, and with a directory that cannot be made", () => {
        writeFileSync(
            path.join(directory, "store.db"),
            "not a database at all, but long enough to be looked at as one",
        );
        assert.throws(() => Store.read(directory), /cannot open the store .*: file is not a database/);
        writeFileSync(path.join(directory, "file"), "");
        assert.throws(() => Store.open(path.join(directory, "file", "store")), /cannot open the store/);
    });

    it("undoes what a killed writer had begun", async () => {
        Store.open(directory).close();
        const script = `const { openDatabase } = require(${JSON.stringify(require.resolve("../../provider/embedded/sqlite.js"))});
            const d = openDatabase(process.argv[1] + "/store.db", { readOnly: false });
            d.exec("PRAGMA cache_size = 1; BEGIN IMMEDIATE");
            for (let i = 0; i < 200; i++) d.prepare("INSERT INTO objects VALUES ('Secret', 'n', ?, ?)").run(String(i), "x".repeat(5000));
            console.log("written"); setInterval(() => 0, 1e6);`;
        const writer = spawn(process.execPath, ["-e", script, directory], { stdio: ["ignore", "pipe", "inherit"] });
        await once(writer.stdout, "data");
        writer.kill("SIGKILL");
        await once(writer, "exit");
        assert.ok(existsSync(path.join(directory, "store.db-journal")), "the kill left a journal to be undone");
        const store = Store.read(directory);
        assert.ok(store);
        assert.deepEqual(store.list("Secret"), [], "half a transaction is none");
        store.close();
    });

    it("is read by somebody who may not write it", () => {
        Store.open(directory).close();
        chmodSync(directory, 0o500);
        const store = Store.read(directory);
        assert.ok(store, "read-only rights are enough");
        assert.deepEqual(store.list("Secret"), []);
        store.close();
        chmodSync(directory, 0o700);
    });

    it("is no store yet where its creator was killed before the first commit", () => {
        mkdirSync(path.join(directory, "empty"));
        writeFileSync(path.join(directory, "empty", "store.db"), "");
        assert.equal(Store.read(path.join(directory, "empty")), undefined);
        assert.ok(Store.open(path.join(directory, "empty")).uid, "the next update makes it");
    });

    it("that a full file system does not take is refused as such, and stays as it was", () => {
        const store = Store.open(directory);
        const probe = openDatabase(path.join(directory, "store.db"), { readOnly: true });
        const prototype = Object.getPrototypeOf(probe) as { exec: (sql: string) => void };
        probe.close();
        const exec = prototype.exec;
        // Only the connection itself can be given an end: at the beginning of the next transaction.
        prototype.exec = function (sql) {
            exec.call(this, "PRAGMA max_page_count = 8");
            exec.call(this, sql);
        };
        try {
            const data = { text: "x".repeat(100_000) };
            assert.throws(
                () => {
                    store.insert("ConfigMap", { metadata: { name: "large" }, data }, "2026-01-01T00:00:00Z");
                },
                (error) =>
                    isBootsourceError(error) && error.code === "no-space" && error.message.includes(store.directory),
            );
        } finally {
            prototype.exec = exec;
        }
        assert.deepEqual(store.list("ConfigMap"), []);
        store.insert("ConfigMap", { metadata: { name: "small" }, data: {} }, "2026-01-01T00:00:00Z");
        store.close();
    });
});
