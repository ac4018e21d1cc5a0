// bootsource status: the table, the JSON, watching, and a store of a real agent.
import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { showStatus } from "../../provider/cli/status-command.js";
import { readBootObjects } from "../../provider/cli/status-read.js";
import { describeAge, statusTable } from "../../provider/cli/status-table.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { conditionOf } from "../../provider/model/conditions.js";
import { bootStatus, type BootSourceStatus } from "../../provider/rules/boot-status.js";
import { makeEmbeddedStage, type EmbeddedStage } from "../embedded/stage.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { fillStore } from "./fill-store.js";
import { runCommand } from "./run-command.js";

const now = Date.parse("2026-11-22T12:00:00Z");

const healthy: BootSourceStatus = {
    namespace: "default",
    name: "fedora",
    cron: "fedora-image-cron",
    origin: "custom",
    source: "docker://quay.io/containerdisks/fedora:latest",
    state: "up-to-date",
    unwellSince: undefined,
    ready: true,
    reasons: [],
    progress: undefined,
    digest: `sha256:${"ab12".repeat(16)}`,
    since: "2026-11-19T11:00:00Z",
    format: "snapshot",
    storageClass: "fast",
    kept: { images: 2, bytes: 1_288_490_189 },
    schedule: "0 */12 * * *",
    lastPoll: "2026-11-22T11:15:00Z",
    nextPoll: "2026-11-23T00:00:00Z",
    lastImport: "2026-11-19T11:00:00Z",
};

describe("the table of boot sources", () => {
    it("has a line for each, in columns, and says at the end how many there are of each kind", () => {
        const importing: BootSourceStatus = {
            ...healthy,
            namespace: "images",
            name: "debian",
            state: "importing",
            progress: 45.9,
            nextPoll: "2026-11-22T11:59:59Z",
        };
        assert.equal(
            statusTable([healthy, importing], now),
            [
                "NAME           STATUS         ORIGIN  AGE  FORMAT    CLASS  LAST POLL  NEXT POLL",
                "fedora         up to date     custom  3d   snapshot  fast   45m ago    in 12h",
                "images/debian  importing 45%  custom  3d   snapshot  fast   45m ago    due",
                "",
                "2 boot sources: 1 up to date, 1 importing; 2.4 GiB kept; --wide shows digest,",
                "    kept, last import, schedule, source",
                "",
            ].join("\n"),
        );
        const [headings, first] = statusTable([healthy, importing], now, Infinity).split("\n");
        assert.equal(
            headings,
            "NAME           STATUS         ORIGIN  DIGEST        AGE  FORMAT    CLASS  KEPT         LAST POLL  NEXT POLL  LAST IMPORT  " +
                "SCHEDULE      SOURCE",
        );
        assert.match(
            first ?? "",
            / ab12ab12ab12 .* 2 \(1\.2 GiB\) +45m ago +in 12h +3d ago +0 \*\/12 \* \* \* +docker:\/\//,
        );
    });

    it("has 80 letters where names leave room, and never more than a terminal: what matters least is left out first", () => {
        const long = { ...healthy, storageClass: "ocs-storagecluster-ceph-rbd-virtualization" };
        const deep = { ...long, namespace: "openshift-virtualization-os-images", name: "centos-stream10" };
        for (const width of [80, 100, 160]) {
            const [headings = "", ...lines] = statusTable([long, deep], now, width).split("\n").slice(0, 3);
            for (const line of [headings, ...lines]) assert.ok(line.length <= width, `${width}: ${line}`);
            assert.match(headings, /^NAME +STATUS +.*AGE/);
            assert.equal(headings.includes("CLASS"), width === 160);
        }
        assert.match(statusTable([deep], now, 20), /^NAME +STATUS\n/, "the name and how it is are always told");
    });

    it("says under the lines what is the matter, and nothing where nothing is known", () => {
        const reasons = [
            "cannot read docker://quay.io/x: no answer; try again",
            "nothing can be cloned from it: PVC not found",
        ];
        const unknown = { digest: undefined, since: undefined, format: undefined, storageClass: undefined };
        const poor: BootSourceStatus = {
            ...{ ...healthy, ...unknown, state: "poll-failed", ready: false, reasons },
            ...{ kept: { images: 0, bytes: 0 }, schedule: "", lastPoll: undefined, nextPoll: undefined },
        };
        const lines = statusTable([poor], now).split("\n");
        assert.match(lines[1] ?? "", /^fedora {2}poll failed, not ready {2}custom +- +- +- +- +never$/);
        assert.deepEqual(lines.slice(2, 6), ["", `fedora: ${reasons[0]}`, `fedora: ${reasons[1]}`, ""]);
        assert.match(lines[6] ?? "", /^1 boot source: 1 poll failed; 0 B kept; --wide /);
        assert.equal(statusTable([], now), "There are no boot sources.\n");
    });

    it("tells ages in one unit", () => {
        const ages = [-1, 0, 119, 120, 7199, 7200, 172_799, 172_800, 86_400 * 400].map((seconds) =>
            describeAge(seconds * 1000),
        );
        assert.deepEqual(ages, ["0s", "0s", "119s", "2m", "119m", "2h", "47h", "2d", "400d"]);
    });
});

describe("bootsource status", function () {
    this.timeout(60_000);
    let stage: EmbeddedStage;
    beforeEach(() => {
        stage = makeEmbeddedStage();
    });
    afterEach(() => stage.close());

    const namespace = "default";
    const at = { namespace, name: "disk-image-cron" };
    const makeCron = (bytes: Uint8Array): Promise<unknown> =>
        stage.other.create("DataImportCron", {
            metadata: at,
            spec: {
                template: { spec: { source: stage.publish("disk", bytes), storage: {} } },
                ...{ schedule: "@every 1h", managedDataSource: "disk" },
            },
        });
    const upToDate = (): Promise<true> =>
        waitFor(
            stage.other,
            "DataImportCron",
            at,
            (cron) => (conditionOf(cron, "UpToDate")?.status === "True" ? true : undefined),
            AbortSignal.timeout(30_000),
        );

    it("tells what an agent has brought in, and writes nothing", async () => {
        await makeCron(Buffer.alloc(1 << 20, 7));
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        await upToDate();
        const table = await runCommand(["status", "--store", stage.store]);
        assert.equal(table.code, 0, table.stderr);
        assert.match(table.stdout, /\ndisk +up to date +custom +\d+s +pvc +local +1 \(1 MiB\) +\d+s ago +in \d+m\n/);
        for (const line of table.stdout.split("\n")) assert.ok(line.length <= 80, line);
        const wide = await runCommand(["status", "--wide", "--store", stage.store]);
        assert.match(
            wide.stdout,
            /\ndisk +up to date +custom +version:[0-9a-f]{12} +\d+s +pvc .* @every 1h +.*disk\.img\n/,
        );
        assert.doesNotMatch(table.stdout, /No agent/);
        ending.abort();
        await agent;

        const before = listing(stage.store);
        const told = await runCommand(["status", "--store", stage.store, "--json"]);
        assert.deepEqual(listing(stage.store), before);
        const { stores } = JSON.parse(told.stdout) as {
            stores: { store: string; agent: boolean; sources: unknown[] }[];
        };
        assert.deepEqual([stores.length, stores[0]?.store, stores[0]?.agent], [1, stage.store, false]);
        const [source] = stores[0]?.sources as Record<string, unknown>[];
        const { name, cron, state, ready, reasons, progress, format, storageClass, kept, schedule } = source ?? {};
        assert.deepEqual(
            { name, cron, state, ready, reasons, progress, format, storageClass, kept, schedule },
            {
                ...{ name: "disk", cron: at.name, state: "up-to-date", ready: true, reasons: [], progress: null },
                ...{ format: "pvc", storageClass: "local", kept: { images: 1, bytes: 1 << 20 }, schedule: "@every 1h" },
            },
        );
    });

    it("says why a source is not there, and that nobody asks it", async () => {
        const source = { file: { path: join(stage.directory, "missing.img") } };
        await stage.other.create("DataImportCron", {
            metadata: at,
            spec: { template: { spec: { source, storage: {} } }, schedule: "@daily", managedDataSource: "disk" },
        });
        const idle = await runCommand(["status"], undefined, undefined, { BOOTSOURCE_STORE: stage.store });
        assert.match(idle.stdout, /\ndisk +waiting, not ready .* due/);
        assert.equal(idle.code, 0, "a new one has time");
        assert.match(idle.stdout, /\nNo agent runs for this store: its sources are asked by pulumi up alone\.\n$/);
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        await waitFor(
            stage.other,
            "DataImportCron",
            at,
            (cron) => (conditionOf(cron, "Polled")?.status === "False" ? true : undefined),
            AbortSignal.timeout(30_000),
        );
        ending.abort();
        await agent;
        const failed = await runCommand(["status", "--wide", "--store", stage.store]);
        assert.match(failed.stdout, /\ndisk +poll failed, not ready/);
        assert.match(failed.stdout, /\ndisk: cannot read .*missing\.img: .+\n/);
    });

    it("shows several stores, each under its name", async () => {
        const second = makeEmbeddedStage();
        try {
            await Promise.all([stage.cluster.establish(), second.cluster.establish()]);
            const told = await runCommand(["status", "--store", stage.store, "--store", second.store]);
            const [one = "", other = ""] = told.stdout.split(/\n\n(?=\/)/);
            assert.ok(one.startsWith(`${stage.store}\nThere are no boot sources.\n`), told.stdout);
            assert.ok(other.startsWith(`${second.store}\nThere are no boot sources.\n`), told.stdout);
            assert.equal(told.code, 0);
        } finally {
            await second.close();
        }
    });

    it("looks at nothing that is not named, and makes no store", async () => {
        const unnamed = await runCommand(["status"], undefined, undefined, { BOOTSOURCE_STORE: "" });
        assert.equal(unnamed.code, 1);
        assert.match(
            unnamed.stderr,
            /^bootsource: not-configured: .*no store is named; give --store DIR, or set BOOTSOURCE_STORE/,
        );
        const missing = await runCommand(["status", "--store", stage.store, "--json"]);
        assert.equal((JSON.parse(missing.stderr) as { code: string }).code, "store-unusable");
        assert.equal(existsSync(stage.store), false);
    });

    it("goes on with --watch: anew on a terminal at each look, elsewhere where something has changed", async () => {
        await stage.cluster.establish();
        const none = { kubeconfig: undefined, context: undefined, namespace: undefined };
        const stores = [{ ...none, store: stage.store, open: () => Promise.resolve({ cluster: stage.open() }) }];
        const watch = async (how: { json: boolean; terminal: boolean }): Promise<string[]> => {
            const ending = new AbortController();
            const clock = new HurryClock();
            const written: string[] = [];
            const showing = showStatus(
                stores,
                { ...how, width: 80, watch: true, clock, signal: ending.signal },
                (text) => void written.push(text),
            );
            await until(() => clock.waits.filter((time) => time === 2_000).length > 2);
            const name = `source-${written.length}-${String(how.json)}`;
            await stage.cluster.create("DataSource", { metadata: { namespace, name }, spec: { source: {} } });
            await until(() => written.some((text) => text.includes(name)));
            ending.abort();
            await showing;
            return written;
        };
        const piped = await watch({ json: false, terminal: false });
        assert.ok(piped.length >= 2 && piped[0]?.startsWith("There are no boot sources.\n"), String(piped.length));
        assert.equal(new Set(piped).size, piped.length, "nothing is said twice");
        const lines = await watch({ json: true, terminal: false });
        for (const line of lines) assert.match(line, /^\{.*\}\n$/);
        const drawn = await watch({ json: false, terminal: true });
        for (const screen of drawn) assert.ok(screen.startsWith("\x1b[H\x1b[2J"));
        assert.ok(drawn.length > 3, "ages pass");
    });

    it("ends at once when it is interrupted", async () => {
        await stage.cluster.establish();
        const ended = await runCommand(["status", "--store", stage.store, "--watch"], (child) => {
            child.stdout?.once("data", () => child.kill("SIGINT"));
        });
        assert.equal(ended.code, 130);
        assert.equal(ended.stderr, "");
    });

    it("reads each kind once, whatever there is: 500 sources of three images each", async () => {
        fillStore(stage.store, 500, now);
        const asked: string[] = [];
        const counted = new Proxy(stage.other, {
            get: (cluster, name) => {
                const value: unknown = Reflect.get(cluster, name, cluster);
                if (typeof value !== "function") return value;
                return (...args: unknown[]): unknown => {
                    asked.push(String(name));
                    return Reflect.apply(value, cluster, args);
                };
            },
        });
        const objects = await readBootObjects(counted);
        const table = statusTable(bootStatus(objects, now), now);
        assert.match(table, /\n500 boot sources: 500 up to date; 5\.9 MiB kept;/);
        assert.ok(asked.filter((name) => name === "list").length <= 5, asked.join(" "));
        assert.equal(asked.filter((name) => name === "get").length, 0);
    });
});

function listing(directory: string): string[] {
    return readdirSync(directory, { recursive: true, encoding: "utf8" }).map((name) => {
        const { size, mtimeMs } = statSync(join(directory, name));
        return `${name} ${size} ${mtimeMs}`;
    });
}

async function until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise((resolve) => setImmediate(resolve));
}
