// kill -9 of an agent during refreshes, switches of class and of format, and garbage collection: often, and nothing is lost.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { conditionOf } from "../../provider/model/conditions.js";
import type { SourceFormat } from "../../provider/model/objects.js";
import { BootPlay, type BootStage } from "../conformance/boot-stage.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { cronAt, dataSourceAt, type Goal, openStore, workUntil } from "./boot-source.js";
import { howManyKills } from "./how-many.js";
import { type SlowLink, startSlowLink } from "./slow-link.js";

const kills = howManyKills(100);
const architecture = process.arch === "x64" ? "amd64" : process.arch;

/** What is under way when the agent is killed. */
const events = ["refresh", "class", "format"] as const;

describe("kill -9 of whoever keeps a boot source current", function () {
    this.timeout(90 * 60_000);
    const random = seededRandom(11);
    const known = new Set<string>();
    let directory: string;
    let registry: FakeRegistry;
    let link: SlowLink;
    let goal: Goal;
    let image = 0;

    before(async function () {
        if (process.platform === "win32") this.skip();
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        registry = await startFakeRegistry({});
        link = await startSlowLink(Number(registry.host.split(":").at(-1)), 100_000);
        const host = `127.0.0.1:${link.port}`;
        goal = { store: path.join(directory, "store"), host, digest: publish(), storageClass: "one", format: "pvc" };
        await within(async (cluster) => {
            const source = { registry: { url: `docker://${host}/fedora:latest` } };
            await cluster.create("DataImportCron", {
                metadata: cronAt,
                spec: {
                    template: { spec: { source, storage: { resources: { requests: { storage: "1Mi" } } } } },
                    schedule: "@every 1s",
                    managedDataSource: dataSourceAt.name,
                    importsToKeep: 1,
                },
            });
            await workUntil(cluster, goal);
        });
    });
    after(async () => {
        await link.close();
        await registry.close();
        rmSync(directory, { recursive: true, force: true });
    });

    /** Puts another image there; says its digest. */
    const publish = (): string => {
        const disk = makeDisk(1 << 20, { seed: 5_000 + image++ });
        known.add(sha256(disk));
        const container = makeContainerdisk(disk, { architecture });
        registry.hold("fedora", "latest", container);
        return container.manifest.digest;
    };
    const within = async (work: (cluster: ReturnType<typeof openStore>) => Promise<void>): Promise<void> => {
        const cluster = openStore(goal);
        await work(cluster).finally(() => cluster.close());
    };
    const happens = (event: (typeof events)[number]): Promise<void> =>
        within(async (cluster) => {
            const play = new BootPlay({ cluster } as unknown as BootStage);
            if (event === "refresh") goal = { ...goal, digest: publish() };
            if (event === "class") {
                goal = { ...goal, storageClass: goal.storageClass === "one" ? "two" : "one" };
                await play.setDefault(goal.storageClass);
            }
            if (event === "format") {
                goal = { ...goal, format: goal.format === "pvc" ? "snapshot" : ("pvc" satisfies SourceFormat) };
                for (const name of ["one", "two"]) await play.setFormat(goal.format, name);
            }
        });
    /** The agent in a process of its own; resolves with the signal that ended it. */
    const run = async (env: Record<string, string>, killAfter?: number): Promise<string | null> => {
        const task = path.join(directory, "task.json");
        writeFileSync(task, JSON.stringify(goal));
        link.passed = 0;
        const child = spawn(
            process.execPath,
            ["--require", path.join(__dirname, "hook.js"), path.join(__dirname, "run-boot-source.js"), task],
            { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, ...env } },
        );
        let said = "";
        child.stderr.on("data", (text: Buffer) => (said += text.toString()));
        const ended = new Promise<string | null>((resolve) => {
            child.on("exit", (code, signal) => {
                assert.ok(code === 0 || signal !== null, said);
                resolve(signal);
            });
        });
        if (killAfter !== undefined) void link.reached(killAfter).then(() => child.kill("SIGKILL"));
        return ended;
    };
    /** The DataSource is ready, and it, what it says of itself and its link lead to whole disks: asked of the directory. */
    const check = (moment: string): Promise<void> =>
        within(async (cluster) => {
            const source = await cluster.get("DataSource", dataSourceAt);
            assert.equal(conditionOf(source, "Ready")?.status, "True", `${moment}: ready`);
            for (const { pvc, snapshot } of [source?.spec.source ?? {}, source?.status?.source ?? {}]) {
                const volume = pvc ? await cluster.volume(pvc) : snapshot && (await cluster.volumeOfSnapshot(snapshot));
                assert.ok(volume !== undefined && isWhole(volume.path), `${moment}: leads to a whole disk`);
            }
            assert.ok(isWhole(path.join(goal.store, "sources/default/fedora.img")), `${moment}: and its link`);
        });
    const isWhole = (file: string): boolean => existsSync(file) && known.has(sha256(readFileSync(file)));
    const downloads = (): number => registry.asked.filter(({ url }) => url.includes("/blobs/")).length;
    const files = (room: string): string[] => {
        const at = path.join(goal.store, room);
        return existsSync(at) ? readdirSync(at, { recursive: true }).map(String) : [];
    };

    it(`${kills} times: it leads to a whole image at any moment, and the next one finishes the job`, async () => {
        const steps = new Map<string, number>();
        const record = path.join(directory, "record");
        for (const event of [...events, ...events]) {
            rmSync(record, { force: true });
            await happens(event);
            assert.equal(await run({ KILL_RECORD: record }), null);
            const lines = readFileSync(record, "utf8").trim().split("\n");
            steps.set(event, Math.max(steps.get(event) ?? 0, lines.length));
        }
        let killed = 0;
        for (let round = 0; killed < kills; round += 1) {
            assert.ok(round < 2 * kills, `${killed} kills in ${round} rounds`);
            const event = events[round % events.length] ?? "refresh";
            const count = steps.get(event) ?? 1;
            // Each step in turn, before and after it; some refreshes at any byte.
            const at = 1 + (Math.floor(round / 2) % count);
            const inside = event === "refresh" && round % 4 === 0;
            const when = round % 2 === 0 ? "before" : "after";
            const moment = `round ${round}: ${event}, ${inside ? "inside the download" : `${when} step ${at} of ${count}`}`;
            await happens(event);
            const asked = downloads();
            const signal = inside ? await run({}, random() % 400_000) : await run({ KILL_AT: `${when} ${at}` });
            if (signal !== null) killed += 1;
            await check(moment);
            const between = downloads();
            const isThere = files("volumes").some(
                (name) => name.includes(goal.digest.slice(7, 19)) && name.endsWith("disk.img"),
            );
            await within((cluster) => workUntil(cluster, goal));
            await check(`${moment}, and again`);
            if (event !== "refresh") assert.equal(downloads(), asked, `${moment}: nothing is downloaded`);
            if (isThere) assert.equal(downloads(), between, `${moment}: nothing is downloaded twice`);
            const disks = [...files("volumes"), ...files("snapshots")].filter((name) => name.endsWith("disk.img"));
            assert.equal(disks.length, 1, `${moment}: one image in one form is kept: ${disks.join()}`);
            assert.deepEqual(files("partial"), [], `${moment}: nothing is left`);
        }
    });
});

function sha256(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}
