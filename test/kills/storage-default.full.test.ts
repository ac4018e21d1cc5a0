// kill -9 during a change of the default class with boot sources that follow: often, and there is a default at any moment.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { Session } from "../../provider/lifecycle/session.js";
import { systemClock } from "../../provider/model/clock.js";
import { conditionOf } from "../../provider/model/conditions.js";
import { chooseStorageClass } from "../../provider/rules/storage-class.js";
import { makeDisk } from "../images/disk.js";
import { howManyKills } from "./how-many.js";

const kills = howManyKills(60);
const sources = ["fedora", "debian"];

describe("kill -9 of an update that changes the default storage class", function () {
    this.timeout(90 * 60_000);
    const disk = Buffer.from(makeDisk(1 << 20, { seed: 41 }));
    let directory: string;
    let store: string;
    const storageClasses = JSON.stringify([
        { name: "one", snapshot: "overlay", defaults: ["virtualization"] },
        { name: "two", snapshot: "overlay" },
    ]);

    before(async function () {
        if (process.platform === "win32") this.skip();
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        store = path.join(directory, "store");
        const file = path.join(directory, "image.img");
        writeFileSync(file, disk);
        const session = new Session({
            configuration: { store, storageClasses },
            directory,
            clock: systemClock,
            signal: new AbortController().signal,
            log: () => undefined,
        });
        for (const name of sources) {
            const urn = `urn:pulumi:s::p::t::${name}`;
            const news = { source: { file: { path: file } }, schedule: "", importsToKeep: 1 };
            const { inputs } = await session.check({ kind: "BootSource", urn, preview: false, olds: {}, news });
            await session.create("BootSource", inputs);
        }
        await session.close();
    });
    after(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    const look = async <T>(ask: (cluster: EmbeddedCluster) => Promise<T>): Promise<T> => {
        const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined });
        return ask(cluster).finally(() => cluster.close());
    };
    /** The update in a process of its own, to be killed at a step; resolves with whether it was. */
    const update = async (goal: Goal, killAt: string): Promise<boolean> => {
        const task = path.join(directory, "task.json");
        const args = {
            storageClassName: goal.storageClass,
            role: "both",
            dataImportCronSourceFormat: goal.format,
            waitFor: "all",
        };
        writeFileSync(task, JSON.stringify({ store, kind: "StorageDefault", args, settings: { storageClasses } }));
        const child = spawn(
            process.execPath,
            ["--require", path.join(__dirname, "hook.js"), path.join(__dirname, "run-session.js"), task],
            { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, KILL_AT: killAt } },
        );
        let said = "";
        child.stderr.on("data", (text: Buffer) => (said += text.toString()));
        return new Promise((resolve) => {
            child.on("exit", (code, signal) => {
                assert.ok(code === 0 || signal === "SIGKILL", said);
                resolve(signal === "SIGKILL");
            });
        });
    };
    const check = (moment: string): Promise<void> =>
        look(async (cluster) => {
            const classes = await cluster.list("StorageClass");
            for (const virtualization of [true, false]) {
                const chosen = chooseStorageClass(classes, { name: undefined, virtualization });
                // Before the first update nobody had the cluster's default.
                assert.ok(
                    chosen !== undefined || (!virtualization && moment.startsWith("kill 1:")),
                    `${moment}: a default`,
                );
            }
            for (const name of sources) {
                const source = await cluster.get("DataSource", { namespace: "default", name });
                assert.equal(conditionOf(source, "Ready")?.status, "True", `${moment}: ${name} is ready`);
                const { pvc, snapshot } = source?.status?.source ?? {};
                const volume = pvc ? await cluster.volume(pvc) : snapshot && (await cluster.volumeOfSnapshot(snapshot));
                assert.ok(
                    volume !== undefined && disk.equals(readFileSync(volume.path)),
                    `${moment}: ${name} is whole`,
                );
            }
        });

    it(`${kills} times: a default and whole images at any moment, and the next update finishes the job`, async () => {
        let goal: Goal = { storageClass: "two", format: "snapshot" };
        let step = 0;
        let after = false;
        for (let killed = 0; killed < kills;) {
            const at = `${after ? "after" : "before"} ${step}`;
            if (await update(goal, at)) {
                killed += 1;
                await check(`kill ${killed}: ${at} on the way to ${goal.storageClass}`);
                step += after ? 1 : 0;
                after = !after;
                continue;
            }
            // It came through: all its steps were tried, and it is where it was to go.
            await look(async (cluster) => {
                const [only, ...more] = (await cluster.list("StorageClass")).filter(
                    ({ metadata }) =>
                        metadata.annotations?.["storageclass.kubevirt.io/is-default-virt-class"] === "true",
                );
                assert.deepEqual([only?.metadata.name, more], [goal.storageClass, []]);
                for (const name of sources) {
                    const { source } = (await cluster.get("DataSource", { namespace: "default", name }))?.spec ?? {};
                    assert.equal(source?.snapshot !== undefined, goal.format === "snapshot", `${name} has the format`);
                }
            });
            goal = {
                storageClass: goal.storageClass === "one" ? "two" : "one",
                format: goal.format === "pvc" ? "snapshot" : "pvc",
            };
            step = 1;
            after = false;
        }
        assert.equal(await update(goal, "never 0"), false);
        await check("in the end");
    });
});

interface Goal {
    readonly storageClass: string;
    readonly format: "pvc" | "snapshot";
}
