// Preloaded into a process under test: counts each rename, fsync, truncate and commit, and kills the process before or after one.
import { appendFileSync } from "node:fs";

const [when, at] = (process.env["KILL_AT"] ?? "never 0").split(" ");
const record = process.env["KILL_RECORD"];
let count = 0;

/** Runs one step that changes what a crash leaves; dies before or after the one that was chosen. */
function step(name: string, phase: "before" | "after", index: number): void {
    if (record !== undefined && phase === "before") appendFileSync(record, `${index} ${name}\n`);
    if (when === phase && index === Number(at)) process.kill(process.pid, "SIGKILL");
}

function around<A extends unknown[], R>(name: string, call: (...args: A) => R): (...args: A) => R {
    return function (this: unknown, ...args: A): R {
        const index = ++count;
        step(name, "before", index);
        const result = call.apply(this, args);
        if (result instanceof Promise) return result.finally(() => step(name, "after", index)) as R;
        step(name, "after", index);
        return result;
    };
}

// The module itself, not an import of it: what is changed here is what the code under test calls.
const files = process.getBuiltinModule("node:fs/promises");
files.rename = around("rename", files.rename);
const open = files.open;
files.open = async (...args: Parameters<typeof open>) => {
    const file = await open(...args);
    file.sync = around("fsync", file.sync.bind(file));
    file.datasync = around("fdatasync", file.datasync.bind(file));
    file.truncate = around("truncate", file.truncate.bind(file));
    return file;
};

const { DatabaseSync } = process.getBuiltinModule("node:sqlite");
const exec = Object.getOwnPropertyDescriptor(DatabaseSync.prototype, "exec")?.value as (sql: string) => void;
DatabaseSync.prototype.exec = function (sql: string) {
    const run = exec.bind(this);
    if (sql.includes("COMMIT")) around("commit", run)(sql);
    else run(sql);
};
