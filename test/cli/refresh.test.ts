// bootsource refresh and outdated: what is newer comes in, what only a program moves does not, and each failure is told.
import assert from "node:assert/strict";
import { spawnSync, type SpawnSyncReturns } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { makeDisk } from "../images/disk.js";
import { useBootStore } from "./boot-store.js";
import { program } from "./run-command.js";

const first = makeDisk(1 << 20, { seed: 61 });
const second = makeDisk(1 << 20, { seed: 62 });

describe("bootsource refresh", function () {
    this.timeout(60_000);
    const store = useBootStore();

    it("brings in what every source on a schedule holds, and the DataSources follow", async () => {
        for (const name of ["one", "two"]) {
            store.publish(name, first);
            await store.makeCron(name);
        }
        const ended = await store.run("refresh");
        assert.equal(ended.code, 0, ended.stderr);
        assert.match(ended.stdout, /^one: now version:[0-9a-f]{64}\ntwo: now version:[0-9a-f]{64}\n$/);
        for (const name of ["one", "two"])
            assert.deepEqual(readFileSync(await store.current(name)), Buffer.from(first));
        const again = await store.run("refresh", "one");
        assert.match(again.stdout, /^one: up to date, version:/);
        store.publish("two", second);
        const moved = await store.run("refresh", "default/two", "--json");
        const { sources } = JSON.parse(moved.stdout) as { sources: Record<string, unknown>[] };
        assert.deepEqual([sources.length, sources[0]?.["outcome"], sources[0]?.["reason"]], [1, "moved", null]);
        assert.notEqual(sources[0]?.["from"], sources[0]?.["digest"]);
        assert.deepEqual(readFileSync(await store.current("two")), Buffer.from(second));
    });

    it("joins an agent, which is told of it", async () => {
        store.publish("one", first);
        await store.makeCron("one");
        const ending = new AbortController();
        const agent = store.stage.cluster.work(ending.signal);
        assert.equal((await store.run("refresh", "one")).code, 0);
        store.publish("one", second);
        const ended = await store.run("refresh", "one");
        assert.match(ended.stdout, /^one: now version:/, ended.stderr);
        assert.deepEqual(readFileSync(await store.current("one")), Buffer.from(second));
        ending.abort();
        await agent;
    });

    it("says which failed and why, brings in the others, and notes it for everybody to see", async () => {
        store.publish("good", first);
        await store.makeCron("good");
        await store.makeCron("missing");
        const page = Buffer.from("<!DOCTYPE html><html><body>Please log in</body></html>".padEnd(4096));
        store.publish("page", page);
        await store.makeCron("page");
        const ended = await store.run("refresh");
        assert.equal(ended.code, 1);
        assert.match(ended.stdout, /^good: now version:/m);
        assert.match(ended.stdout, /^missing: failed: cannot read .*missing\.img: /m);
        assert.match(ended.stdout, /^page: failed: .*instead of an image/m);
        assert.match(
            ended.stderr,
            /^bootsource: failed: cannot bring 2 of 3 boot sources up to date: missing, page; /m,
        );
        const status = await store.run("status");
        assert.match(status.stdout, /\nmissing +poll failed/);
        store.publish("page", first);
        assert.equal((await store.run("refresh", "page")).code, 0, "what failed is tried anew");
    });

    it("on a disk that cannot hold the newer image, keeps the old one current, says so, and leaves nothing behind", async function () {
        if (process.platform === "win32") this.skip();
        store.publish("one", first);
        await store.makeCron("one");
        assert.equal((await store.run("refresh", "one")).code, 0);
        const large = makeDisk(6 << 20, { seed: 63 });
        store.publish("one", large);
        const ended = withSmallFiles("refresh", "one", "--store", store.stage.store);
        assert.equal(ended.status, 1, ended.stderr);
        assert.match(ended.stdout, /^one: failed: cannot write the disk .*; choose another place/m);
        assert.deepEqual(readFileSync(await store.current("one")), Buffer.from(first));
        assert.deepEqual(readdirSync(join(store.stage.store, "partial")), []);
        assert.match((await store.run("status")).stdout, /^one: cannot write the disk\s/m);
        assert.equal((await store.run("refresh", "one")).code, 0, "with room again it goes on");
        assert.deepEqual(readFileSync(await store.current("one")), Buffer.from(large));
    });

    it("refuses what its program alone moves, and names that are not there, with what to do", async () => {
        store.publish("held", first);
        await store.makeCron("held", { schedule: "" });
        const held = await store.run("refresh", "held");
        assert.equal(held.code, 1);
        assert.match(held.stderr, /invalid-argument: cannot refresh held: it is on no schedule .*; run pulumi up/);
        const all = await store.run("refresh");
        assert.equal(all.stdout, "There are no boot sources on a schedule.\n");
        const missing = await store.run("refresh", "hold");
        assert.match(missing.stderr, /cannot refresh hold: there is no such boot source; perhaps held is meant/);
        assert.equal(await store.stage.cluster.get("DataSource", { namespace: "default", name: "held" }), undefined);
    });

    it("gives up where nothing moves for as long as it is told", async () => {
        store.publish("one", first);
        const storage = { storageClassName: "nowhere" };
        await store.makeCron("one", {
            template: { spec: { source: store.publish("one", first), storage } },
        });
        const ended = await store.run("refresh", "--timeout", "2");
        assert.equal(ended.code, 1);
        assert.match(ended.stdout, /^one: failed: there was no progress for 2 s/);
    });
});

describe("bootsource outdated", function () {
    this.timeout(60_000);
    const store = useBootStore();

    it("tells what a source that only its program moves could move to, and changes nothing", async () => {
        const source = store.publish("held", first);
        await store.makeCron("held", { schedule: "0 0 1 1 *" });
        await store.run("refresh", "held");
        const at = { namespace: "default", name: "held-image-cron" };
        await store.stage.cluster.update("DataImportCron", at, (cron) => {
            cron.spec.schedule = "";
        });
        const current = await store.run("outdated", "--exit-code");
        assert.equal(current.code, 0, current.stdout);
        assert.match(current.stdout, /\nheld +current +version:[0-9a-f]{64} +version:/);
        store.publish("held", second);
        await store.makeCron("moving", {}, source);
        const url = `docker://localhost:1/fedora@sha256:${"ab".repeat(32)}`;
        await store.makeCron("pinned", { schedule: "" }, { registry: { url } });
        await store.makeCron("lost", { schedule: "" });
        const before = JSON.stringify(await store.stage.cluster.list("DataImportCron"));
        const told = await store.run("outdated", "--json");
        assert.equal(told.code, 0, told.stderr);
        const { sources } = JSON.parse(told.stdout) as { sources: Record<string, unknown>[] };
        const rows = Object.fromEntries(sources.map((one) => [one["name"], one]));
        assert.deepEqual(Object.keys(rows).sort(), ["held", "lost", "pinned"], "a schedule moves the fourth");
        const { outdated, bytes, reason, current: is, upstream } = rows["held"] ?? {};
        assert.deepEqual({ outdated, bytes, reason }, { outdated: true, bytes: 1 << 20, reason: null });
        assert.notEqual(is, upstream);
        assert.equal(rows["pinned"]?.["reason"], "pinned by its url");
        assert.match(String(rows["lost"]?.["reason"]), /cannot read .*lost\.img/);
        const strict = await store.run("outdated", "--exit-code");
        assert.equal(strict.code, 1);
        assert.match(strict.stderr, /not everything is what its source holds: held, lost; run pulumi preview/);
        assert.equal(JSON.stringify(await store.stage.cluster.list("DataImportCron")), before);
        assert.deepEqual(readFileSync(await store.current("held")), Buffer.from(first));
        assert.ok(existsSync(await store.current("held")));
    });
});

/** No file of that process gets larger than 4 MiB: what it writes is answered as by a file system without room. */
function withSmallFiles(...parameters: string[]): SpawnSyncReturns<string> {
    const limited = ["-c", 'ulimit -f 4096; exec "$0" "$@"', process.execPath, program, ...parameters];
    return spawnSync("bash", limited, { encoding: "utf8" });
}
