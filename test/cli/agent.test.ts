// bootsource agent: what it keeps current, what it tells, how it ends, and that one works on a store at a time.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { importPhase, ofCron } from "../../provider/cli/agent/cron-events.js";
import { describeEvent, makeLog } from "../../provider/cli/agent/log.js";
import { isLocked } from "../../provider/embedded/lock.js";
import { agentLockPath } from "../../provider/embedded/places.js";
import type { DataImportCron, DataVolume } from "../../provider/model/objects.js";
import { makeDisk } from "../images/disk.js";
import { startImageServer } from "../servers/image-server.js";
import { useBootStore } from "./boot-store.js";
import { type RunningAgent, runAgent } from "./run-agent.js";
import { runCommand } from "./run-command.js";

const first = makeDisk(1 << 20, { seed: 81 });
const second = makeDisk(1 << 20, { seed: 82 });

describe("bootsource agent", function () {
    this.timeout(60_000);
    let agents: RunningAgent[] = [];
    // Before the store's own hook: none may write into a store that is being removed.
    afterEach(async () => {
        await Promise.all(agents.map((agent) => agent.stop("SIGKILL")));
        agents = [];
    });
    const store = useBootStore();
    const start = (...more: string[]): RunningAgent => {
        const agent = runAgent("--store", store.stage.store, "--log-level", "debug", ...more);
        agents.push(agent);
        return agent;
    };

    it("keeps sources current on their schedules, and tells each step with its bytes", async () => {
        store.publish("fedora", first);
        const agent = start();
        await agent.told("started");
        await store.makeCron("fedora", { schedule: "@every 1s", importsToKeep: 1 });
        const done = await agent.told("import-finished");
        const { store: of, level, bootSource, bytes } = done;
        assert.deepEqual(
            { of, level, bootSource, bytes },
            { of: store.stage.store, level: "info", bootSource: "default/fedora", bytes: 1 << 20 },
        );
        await agent.told("repointed");
        assert.deepEqual(readFileSync(await store.current("fedora")), Buffer.from(first));
        await agent.told("poll-unchanged");
        store.publish("fedora", second);
        const newer = await agent.told((line) => line.event === "poll-newer" && line["from"] !== undefined);
        assert.notEqual(newer["from"], newer["digest"]);
        const gone = await agent.told("image-removed");
        assert.equal(gone["digest"], newer["from"], "what is kept no longer");
        assert.deepEqual(readFileSync(await store.current("fedora")), Buffer.from(second));
        for (const { time } of agent.lines) assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
        const order = agent.lines.map(({ event }) => event).filter((event) => !event.startsWith("poll-unch"));
        assert.deepEqual(order.slice(0, 5), ["started", "poll-newer", "import-begun", "import-finished", "repointed"]);
    });

    it("tells why a source does not answer, and why an import fails", async () => {
        store.publish("page", Buffer.from("<!DOCTYPE html><html>log in</html>".padEnd(4096)));
        await store.makeCron("page");
        await store.makeCron("missing");
        const agent = start();
        const unanswered = await agent.told("poll-failed");
        assert.match(String(unanswered["reason"]), /missing\.img/);
        const failed = await agent.told("import-failed");
        assert.deepEqual([failed["level"], failed["bootSource"]], ["error", "default/page"]);
        assert.match(String(failed["reason"]), /instead of an image/);
    });

    it("ends with SIGTERM and exit code 0, also in the middle of an import: its locks are free, nothing is half", async () => {
        const server = await startImageServer();
        try {
            const url = server.serve("/slow", {
                bytes: makeDisk(9_000_000, { seed: 3 }),
                etag: '"1"',
                stalls: [5_000_000],
            });
            await store.makeCron("slow", {}, { http: { url } });
            const agent = start();
            await agent.told("import-begun");
            const began = Date.now();
            const { code, stderr } = await agent.stop();
            assert.deepEqual([code, stderr], [0, ""]);
            assert.ok(Date.now() - began < 10_000, "within a few seconds");
            assert.equal(agent.lines.at(-1)?.event, "stopped");
            assert.equal(isLocked(agentLockPath(store.stage.store)), false);
            const partial = join(store.stage.store, "partial");
            for (const name of readdirSync(partial)) {
                if (name.endsWith(".lock")) assert.equal(isLocked(join(partial, name)), false, name);
            }
            assert.equal(await store.current("slow"), "");
            const interrupted = start();
            await interrupted.told("started");
            assert.equal((await interrupted.stop("SIGINT")).code, 130);
        } finally {
            await server.close();
        }
    });

    it("is alone: a second one is told who works already, and ends with 1", async () => {
        await store.makeCron("missing");
        const agent = start();
        await agent.told("started");
        const second = await runCommand(["agent", "--store", store.stage.store]);
        assert.equal(second.code, 1);
        assert.match(second.stderr, /^bootsource: in-use: cannot keep the store .* current: another agent/m);
        if (process.platform === "linux") assert.ok(second.stderr.includes(`(pid ${agent.process.pid ?? 0})`));
        const status = await store.run("status", "--json");
        assert.equal((JSON.parse(status.stdout) as { stores: { agent: boolean }[] }).stores[0]?.agent, true);
    });

    it("tells of a store that goes away, is not well meanwhile, and takes it up again when it is back", async () => {
        const agent = start("--listen", "127.0.0.1:0");
        const address = await agent.address();
        await agent.told("started");
        const health = async (): Promise<number> => (await fetch(`${address}/healthz`)).status;
        assert.equal(await health(), 200);
        renameSync(store.stage.store, `${store.stage.store}.away`);
        const failed = await agent.told("store-failed");
        assert.match(String(failed["reason"]), /store\.db cannot be read any more/);
        const sick = await fetch(`${address}/healthz`);
        assert.equal(sick.status, 503);
        assert.match(await sick.text(), /"working":false,"reason":"cannot keep the store/);
        assert.match(await (await fetch(`${address}/metrics`)).text(), /^bootsource_agent_up\{store="[^"]*"\} 0$/m);
        rmSync(store.stage.store, { recursive: true, force: true });
        renameSync(`${store.stage.store}.away`, store.stage.store);
        await agent.told("store-back");
        assert.equal(await health(), 200);
        store.publish("fedora", first);
        await store.makeCron("fedora");
        await agent.told("repointed");
    });

    it("gives Prometheus the platform's metrics, and a few of ours", async () => {
        store.publish("fedora", first);
        await store.makeCron("fedora");
        await store.makeCron("missing");
        const agent = start("--listen", "127.0.0.1:0");
        await Promise.all([agent.told("repointed"), agent.told("poll-failed")]);
        const address = await agent.address();
        const text = await until(
            async () => (await fetch(`${address}/metrics`)).text(),
            (found) => /outdated\{[^}]*cron_name="fedora-image-cron"[^}]*\} 0$/m.test(found),
        );
        const at = `store="${store.stage.store}"`;
        const disk = statSync(await store.current("fedora"));
        const lines = text.split("\n");
        for (const expected of [
            `kubevirt_cdi_cr_ready{${at}} 1`,
            `kubevirt_cdi_dataimportcron_outdated{${at},namespace="default",cron_name="missing-image-cron",pending="false"} 1`,
            `kubevirt_cdi_datavolume_pending{${at}} 0`,
            `bootsource_agent_up{${at}} 1`,
            `bootsource_poll_failing{${at},namespace="default",cron_name="fedora-image-cron"} 0`,
            `bootsource_poll_failing{${at},namespace="default",cron_name="missing-image-cron"} 1`,
            `bootsource_kept_bytes{${at},namespace="default",data_source="fedora"} ${disk.blocks * 512}`,
            `bootsource_imports_total{${at},outcome="finished"} 1`,
        ])
            assert.ok(lines.includes(expected), `${expected}\n${text}`);
        assert.match(
            text,
            /^kubevirt_cdi_storageprofile_info\{[^}]*storageclass="local",[^}]*default="true",[^}]*\} 1$/m,
        );
        const poll = /^bootsource_last_poll_timestamp_seconds\{[^}]*fedora[^}]*\} ([\d.]+)$/m.exec(text);
        assert.ok(Math.abs(Number(poll?.[1]) - Date.now() / 1000) < 60);
        // Each family once, with its help and its type before its samples: what the text format asks for.
        const names = lines.filter((line) => line.startsWith("# TYPE")).map((line) => line.split(" ")[2]);
        assert.equal(new Set(names).size, names.length);
        assert.equal((await fetch(`${address}/`)).status, 404);
        assert.equal((await fetch(`${address}/metrics`, { method: "POST" })).status, 405);
    });

    it("refuses what it cannot do, at once", async () => {
        const cases: [string[], RegExp][] = [
            [["--listen", "9180"], /cannot listen on "9180": it is not HOST:PORT/],
            [["--log", "xml"], /cannot write the log as "xml"/],
            [["--log-level", "loud"], /cannot use --log-level "loud"/],
            [["--mirror", "quay.io"], /cannot use --mirror: "quay.io" is not FROM=TO/],
        ];
        for (const [more, expected] of cases) {
            const ended = await runCommand(["agent", "--store", store.stage.store, ...more]);
            assert.equal(ended.code, 1);
            assert.match(ended.stderr, expected);
        }
        const nowhere = await runCommand(["agent", "--store", join(store.stage.directory, "nowhere")]);
        assert.match(nowhere.stderr, /store-unusable: .*there is no store/);
    });
});

describe("the events of an agent", () => {
    it("are told of what has changed, and of nothing else", () => {
        const cron = {
            metadata: { namespace: "images", name: "c", annotations: {} },
            spec: { managedDataSource: "fedora" },
            status: {
                conditions: [
                    { type: "UpToDate", status: "False", reason: "DataSourceNotManaged", message: "not ours" },
                ],
            },
        } as unknown as DataImportCron;
        assert.deepEqual(ofCron(undefined, cron), [
            { level: "warn", event: "blocked", bootSource: "images/fedora", reason: "not ours" },
        ]);
        assert.deepEqual(ofCron(cron, cron), []);
        const volume = (phase: string, more: object = {}) =>
            ({ metadata: {}, status: { phase, ...more } }) as unknown as DataVolume;
        const [scheduled, runs] = [volume("ImportScheduled"), volume("ImportInProgress")];
        assert.equal(importPhase(undefined, scheduled)?.event, "import-begun");
        assert.equal(importPhase(scheduled, runs), undefined);
        assert.equal(importPhase(runs, volume("ImportInProgress", { restartCount: 1 }))?.event, "import-again");
        assert.equal(importPhase(runs, volume("Succeeded"))?.event, "import-finished");
    });

    it("read as lines for people, and only those that matter enough are written", () => {
        const written: string[] = [];
        const clock = { now: () => 0, sleep: () => Promise.resolve() };
        const log = makeLog({ format: "text", level: "info", clock, write: (line) => written.push(line) });
        log({ level: "debug", event: "poll-unchanged" });
        log(
            {
                level: "info",
                event: "import-finished",
                bootSource: "a/b",
                bytes: 1 << 30,
                seconds: 12,
                digest: "sha256:abcdef0123456789",
            },
            "/s",
        );
        assert.deepEqual(written, [
            "1970-01-01T00:00:00.000Z info  /s: a/b: import finished, sha256:abcdef012345, 1 GiB in 12 s\n",
        ]);
        assert.match(
            describeEvent({ level: "info", event: "import-finished", bytes: 0, seconds: 1 }),
            /copied from what is here in 1 s/,
        );
    });
});

/** Asks again until the answer is as it should be; the last answer otherwise. */
async function until<T>(ask: () => Promise<T>, right: (found: T) => boolean): Promise<T> {
    for (const deadline = Date.now() + 20_000; ;) {
        const found = await ask();
        if (right(found) || Date.now() > deadline) return found;
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
