// kill -9 before and after each rename, fsync, truncate and commit of an import: never half a disk, and the next run goes on.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";

const disks = { first: rawDisk("first", 1 << 20), second: rawDisk("second", 2 << 20) };

describe("kill -9 at each step of an import", function () {
    this.timeout(300_000);
    let directory: string;
    let store: string;

    before(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        for (const [name, bytes] of Object.entries(disks)) writeFileSync(path.join(directory, `${name}.img`), bytes);
    });
    beforeEach(() => {
        store = mkdtempSync(path.join(directory, "store-"));
    });
    after(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    /** Runs one create in a process of its own; says whether it lived, and what it made. */
    const run = (
        image: keyof typeof disks,
        killAt = "never 0",
        record?: string,
    ): { signal: string | null; disk: string } => {
        const task = path.join(directory, "task.json");
        // One name for both images: the second is staged beside the first, and takes its place.
        const args = { source: { file: { path: path.join(directory, `${image}.img`) } }, name: "disk" };
        writeFileSync(task, JSON.stringify({ store, args }));
        const script = path.join(__dirname, "run-session.js");
        const env = { ...process.env, KILL_AT: killAt, ...(record === undefined ? {} : { KILL_RECORD: record }) };
        const result = spawnSync(process.execPath, ["--require", path.join(__dirname, "hook.js"), script, task], {
            env,
        });
        if (result.signal === null) assert.equal(result.status, 0, String(result.stderr));
        const made =
            result.signal === null ? (JSON.parse(String(result.stdout)) as { state: { path: string } }) : undefined;
        return { signal: result.signal, disk: made?.state.path ?? "" };
    };

    const finalDisk = (): string => path.join(store, "volumes/local/default/disk/disk.img");

    /** Kills at every step that a whole run goes through, and checks the world each time. */
    const killEverywhere = (prepare: () => void, image: keyof typeof disks, whole: readonly Uint8Array[]): void => {
        prepare();
        const record = path.join(directory, "record");
        rmSync(record, { force: true });
        run(image, "never 0", record);
        const steps = readFileSync(record, "utf8").trim().split("\n");
        for (const name of ["rename", "fsync", "commit"]) {
            assert.ok(
                steps.some((line) => line.endsWith(name)),
                `a run has a ${name}: ${steps.join(", ")}`,
            );
        }
        const firstRename = steps.findIndex((line) => line.endsWith("rename"));
        assert.ok(
            steps.slice(0, firstRename).some((line) => line.endsWith("fsync")),
            "what gets a name is durable",
        );
        for (const [index, step] of steps.entries()) {
            for (const when of ["before", "after"]) {
                store = mkdtempSync(path.join(directory, "store-"));
                prepare();
                const killed = run(image, `${when} ${index + 1}`);
                assert.equal(killed.signal, "SIGKILL", `${when} ${step}: the process was killed`);
                if (existsSync(finalDisk())) {
                    const found = sha256Of(finalDisk());
                    assert.ok(
                        whole.some((disk) => sha256(disk) === found),
                        `${when} ${step}: the disk is whole`,
                    );
                }
                const next = run(image);
                assert.equal(sha256Of(next.disk), sha256(disks[image]), `${when} ${step}: the next run succeeds`);
                const left = readdirSync(path.join(store, "partial"));
                assert.deepEqual(left, [], `${when} ${step}: nothing is left`);
                rmSync(store, { recursive: true });
            }
        }
    };

    it("of a first import, which is durable before it has its name [C23]", () => {
        killEverywhere(() => undefined, "first", [disks.first]);
    });

    it("of another image under the same name: the old disk or the new one, never a mixture", () => {
        killEverywhere(() => void run("first"), "second", [disks.first, disks.second]);
    });
});
