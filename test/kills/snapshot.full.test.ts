// kill -9 before and after each rename, fsync and commit of a snapshot: never half an image, and the next run goes on.
import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { waitFor } from "../../provider/cluster/wait.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { rawDisk } from "../engine/disks.js";

const bytes = rawDisk("snapshot", 1 << 20);
const at = { namespace: "default", name: "disk" };

describe("kill -9 at each step of a snapshot", function () {
    this.timeout(300_000);
    let directory: string;
    let store: string;
    before(() => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        writeFileSync(path.join(directory, "disk.img"), bytes);
    });
    after(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    const withStore = async (work: (cluster: EmbeddedCluster) => Promise<void>): Promise<void> => {
        const declaration = { name: "fast", snapshot: "overlay" as const, defaults: ["cluster" as const] };
        const storageClasses = [{ declaration, directory: undefined }];
        const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined, storageClasses });
        await work(cluster).finally(() => cluster.close());
    };
    /** A store with one claim, filled. */
    const prepare = async (): Promise<void> => {
        store = mkdtempSync(path.join(directory, "store-"));
        await withStore(async (cluster) => {
            const source = { file: { path: path.join(directory, "disk.img") } };
            await cluster.create("DataVolume", { metadata: at, spec: { source, storage: {} } });
            const over = AbortSignal.timeout(20_000);
            await waitFor(
                cluster,
                "DataVolume",
                at,
                (one) => (one?.status?.phase === "Succeeded" ? one : undefined),
                over,
            );
        });
    };
    const run = (killAt = "never 0", record?: string): string | null => {
        const script = path.join(__dirname, "run-snapshot.js");
        const env = { ...process.env, KILL_AT: killAt, ...(record === undefined ? {} : { KILL_RECORD: record }) };
        const hook = path.join(__dirname, "hook.js");
        const result = spawnSync(process.execPath, ["--require", hook, script, store], { env });
        if (result.signal === null) assert.equal(result.status, 0, String(result.stderr));
        return result.signal;
    };
    const image = (): string => path.join(store, "snapshots/fast/default/disk/disk.img");
    const partial = (): string[] => readdirSync(path.join(store, "partial")).filter((name) => name.endsWith(".img"));
    const check = (when: string): void => {
        if (!existsSync(image())) return;
        assert.ok(readFileSync(image()).equals(bytes), `${when}: the image is whole`);
        assert.equal(statSync(image()).mode & 0o777, 0o444, `${when}: and immutable`);
    };

    it("the next run has it ready, and a delete in its place leaves nothing", async () => {
        await prepare();
        const record = path.join(directory, "record");
        run("never 0", record);
        const steps = readFileSync(record, "utf8").trim().split("\n");
        for (const name of ["rename", "fsync", "commit"]) {
            assert.ok(
                steps.some((line) => line.endsWith(name)),
                `a snapshot has a ${name}: ${steps.join(", ")}`,
            );
        }
        for (const [index, step] of steps.entries()) {
            for (const when of ["before", "after"]) {
                const moment = `${when} ${step}`;
                await prepare();
                assert.equal(run(`${when} ${index + 1}`), "SIGKILL", `${moment}: the process was killed`);
                check(moment);
                await withStore(async (cluster) => {
                    const { readyToUse = false } = (await cluster.get("VolumeSnapshot", at))?.status ?? {};
                    assert.equal(readyToUse && !existsSync(image()), false, `${moment}: what is ready is there`);
                });
                assert.equal(run(), null);
                check(`${moment}, and again`);
                assert.equal(statSync(image()).nlink, 2, `${moment}: the claim's name and the snapshot's alone`);
                assert.deepEqual(partial(), [], `${moment}: nothing is left`);

                await prepare();
                run(`${when} ${index + 1}`);
                await withStore(async (cluster) => {
                    await cluster.delete("VolumeSnapshot", at);
                    assert.deepEqual([existsSync(image()), partial()], [false, []], `${moment}: deleted altogether`);
                    assert.equal((await cluster.volume(at))?.state, "intact", "the claim is as it was");
                });
                rmSync(store, { recursive: true });
            }
        }
    });
});
