// kill -9 while the platform's boot sources are switched off and on and changed: no image is lost, no DataSource lies, the next run finishes.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type { DataImportCronTemplate, DataSource } from "../../provider/model/objects.js";
import { hyperConvergedRef, systemNamespace, templateAnnotations } from "../../provider/rules/system-list.js";
import { diskOf, imageOf } from "../engine/boot-source-program.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { howManyKills } from "./how-many.js";

const kills = howManyKills(12);
const shipped = ["centos-stream10", "centos-stream9", "fedora"];
const names = ["mine", ...shipped];

/** A run that goes on for so long without progress has failed. */
const timeoutSeconds = 60;

/** What is asked one after the other, over and over. */
const goals = {
    off: { enabled: false, timeoutSeconds },
    on: { timeoutSeconds },
    "on, at another hour": { timeoutSeconds, overrides: { fedora: { schedule: "0 3 * * *" } } },
} as const;
type Goal = keyof typeof goals;

describe("kill -9 of an update of the platform's boot sources", function () {
    this.timeout(90 * 60_000);
    const disks = Object.fromEntries(names.map((name, index) => [name, diskOf(index)]));
    let directory: string;
    let store: string;
    let registry: FakeRegistry;
    const theirs: DataImportCronTemplate = {
        metadata: { name: "theirs", annotations: { [templateAnnotations.enable]: "false" } },
    };

    before(async function () {
        if (process.platform === "win32") this.skip();
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        store = path.join(directory, "store");
        registry = await startFakeRegistry({});
        for (const [index, name] of names.entries()) {
            const [repository = "", tag = "latest"] = name.startsWith("centos")
                ? ["centos-stream", name.slice(13)]
                : [name];
            registry.hold(`containerdisks/${repository}`, tag, imageOf(index));
        }
        const source = { registry: { url: "docker://quay.io/containerdisks/mine:latest" } };
        assert.equal(await run("BootSource", { source, storage: { size: "8Mi" } }), null);
        assert.equal(await run("SystemBootSources", {}), null);
        await look((cluster) =>
            cluster.update("HyperConverged", hyperConvergedRef, ({ spec }) => {
                spec.workloadSources = { ...spec.workloadSources, dataImportCronTemplates: [theirs] };
            }),
        );
    });
    after(async () => {
        await registry.close();
        rmSync(directory, { recursive: true, force: true });
    });

    const look = async <T>(ask: (cluster: EmbeddedCluster) => Promise<T>): Promise<T> => {
        const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined });
        return ask(cluster).finally(() => cluster.close());
    };
    /** An update in a process of its own; resolves with the signal that ended it. */
    const run = (kind: string, args: object, env: Record<string, string> = {}): Promise<string | null> => {
        const task = path.join(directory, "task.json");
        const settings = {
            mirrors: JSON.stringify({ "quay.io": registry.host }),
            insecureRegistries: JSON.stringify([registry.host]),
        };
        const name = kind === "BootSource" ? { name: "mine-cron", managedDataSource: "mine" } : {};
        writeFileSync(task, JSON.stringify({ store, kind, args: { ...args, ...name }, settings }));
        const child = spawn(
            process.execPath,
            ["--require", path.join(__dirname, "hook.js"), path.join(__dirname, "run-session.js"), task],
            { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } },
        );
        let said = "";
        child.stderr.on("data", (text: Buffer) => (said += text.toString()));
        return new Promise((resolve, reject) => {
            child.on("exit", (code, signal) => {
                if (code === 0 || signal === "SIGKILL") resolve(signal);
                else reject(new Error(said));
            });
        });
    };
    const update = (goal: Goal, env?: Record<string, string>) => run("SystemBootSources", goals[goal], env);
    const isWhole = (file: string, name: string): boolean => {
        const disk = disks[name] ?? Buffer.alloc(1);
        const bytes = Buffer.alloc(disk.length);
        const open = openSync(file, "r");
        readSync(open, bytes, 0, bytes.length, 0);
        closeSync(open);
        return bytes.equals(disk);
    };
    /** Whether it is ready; where it says so, it must lead to its image, and its link with it. */
    const leads = async (cluster: EmbeddedCluster, source: DataSource, moment: string): Promise<boolean> => {
        const { namespace = "", name } = source.metadata;
        if (conditionOf(source, "Ready")?.status !== "True") return false;
        const { pvc } = source.status?.source ?? {};
        const volume = pvc && (await cluster.volume(pvc));
        assert.ok(volume !== undefined && isWhole(volume.path, name), `${moment}: ${name} leads to its image`);
        // One that is being reset leads elsewhere already: its link goes before its status says so.
        if (JSON.stringify(source.spec.source) !== JSON.stringify(source.status?.source)) return true;
        assert.ok(isWhole(path.join(store, "sources", namespace, `${name}.img`), name), `${moment}: its link`);
        return true;
    };
    /** What is there at any moment; `always` are the DataSources that must be ready. */
    const check = (moment: string, images: readonly string[], always: readonly string[]): Promise<void> =>
        look(async (cluster) => {
            const { spec } = (await cluster.get("HyperConverged", hyperConvergedRef)) ?? {};
            const entries = spec?.workloadSources?.dataImportCronTemplates ?? [];
            assert.deepEqual(
                entries.filter(({ metadata }) => metadata.name === "theirs"),
                [theirs],
                `${moment}: another's entry is as it was`,
            );
            assert.deepEqual(await imagesOf(cluster), images, `${moment}: every image is there, and none is doubled`);
            const ready: string[] = [];
            for (const source of await cluster.list("DataSource"))
                if (await leads(cluster, source, moment)) ready.push(source.metadata.name);
            for (const name of always) assert.ok(ready.includes(name), `${moment}: ${name} is ready`);
        });
    const imagesOf = async (cluster: EmbeddedCluster): Promise<string[]> =>
        (await cluster.list("PersistentVolumeClaim")).map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort();
    const downloads = (): number => registry.asked.filter(({ url }) => url.includes("/blobs/")).length;
    const crons = (): Promise<string[]> =>
        look(async (cluster) =>
            (await cluster.list("DataImportCron", { namespace: systemNamespace })).map(
                ({ metadata, spec }) => `${metadata.name} ${spec.schedule}`,
            ),
        );

    it(`${kills} times: images, another's entry and custom boot sources stay, and the next run finishes`, async () => {
        const order = Object.keys(goals) as Goal[];
        const images = await look(imagesOf);
        assert.equal(images.length, names.length);
        const steps = new Map<Goal, number>();
        const came = downloads();
        const record = path.join(directory, "record");
        for (const goal of order) {
            rmSync(record, { force: true });
            assert.equal(await update(goal, { KILL_RECORD: record }), null);
            steps.set(goal, readFileSync(record, "utf8").trim().split("\n").length);
        }
        const each = Math.ceil(kills / order.length);
        for (let round = 0; round < kills; round += 1) {
            const goal = order[round % order.length] ?? "on";
            const count = steps.get(goal) ?? 1;
            // As far apart as they can be, first to last step.
            const turn = Math.floor(round / order.length);
            const at = 1 + Math.floor((turn * count) / each);
            const when = round % 2 === 0 ? "before" : "after";
            const moment = `round ${round}: ${when} step ${at} of ${count} on the way to "${goal}"`;
            await update(goal, { KILL_AT: `${when} ${at}` });
            await check(moment, images, goal === "on, at another hour" ? names : ["mine"]);
            await assert.doesNotReject(update(goal), `${moment}, and the next run`);
            await check(`${moment}, and the next run`, images, goal === "off" ? ["mine"] : names);
            const there = await crons();
            assert.equal(there.length, goal === "off" ? 0 : shipped.length, moment);
            const moved = there.includes("fedora-image-cron 0 3 * * *");
            assert.equal(moved, goal === "on, at another hour", moment);
        }
        assert.equal(downloads(), came, "nothing is downloaded again");
    });
});
