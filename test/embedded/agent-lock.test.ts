// Who works on a store: one agent, which polls however it came to be one, and which nobody keeps out by only looking.
import * as assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { isLocked, takeLock, tryLock } from "../../provider/embedded/lock.js";
import { agentLockPath, lockPath } from "../../provider/embedded/places.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { conditionOf } from "../../provider/model/conditions.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import { openDatabase } from "../../provider/embedded/sqlite.js";
import { type EmbeddedStage, makeEmbeddedStage } from "./stage.js";

describe("the agent of a store", function () {
    this.timeout(60_000);
    let stage: EmbeddedStage;
    beforeEach(() => {
        stage = makeEmbeddedStage();
    });
    afterEach(() => stage.close());

    const at = { namespace: "default", name: "disk-image-cron" };
    const makeCron = () =>
        stage.cluster.create("DataImportCron", {
            metadata: at,
            spec: {
                template: { spec: { source: stage.publish("disk", Buffer.alloc(1 << 20, 7)), storage: {} } },
                ...{ schedule: "@every 1h", managedDataSource: "disk" },
            },
        });
    const condition = (type: string, status: string) =>
        waitFor(
            stage.other,
            "DataImportCron",
            at,
            (cron) => (conditionOf(cron, type)?.status === status ? true : undefined),
            AbortSignal.timeout(30_000),
        );

    it("polls, also where its process has made objects and driven them before it became the agent", async () => {
        await makeCron();
        stage.cluster.drive("DataImportCron", at);
        await condition("UpToDate", "False");
        const polled = await stage.other.get("DataImportCron", at);
        assert.equal(polled?.status?.lastExecutionTimestamp, undefined, "who only drives asks nobody");
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        await condition("UpToDate", "True");
        ending.abort();
        await agent;
    });

    it("sweeps away what a kill left of a lock on an object that is gone", async () => {
        await stage.cluster.establish();
        const left = lockPath(stage.store, "7d6f0f0e-gone");
        tryLock(left)?.release();
        assert.ok(existsSync(left));
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        await makeCron();
        await condition("UpToDate", "True");
        assert.equal(existsSync(left), false);
        ending.abort();
        await agent;
    });

    it("asks nobody any more once it has ended, and may begin anew", async () => {
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        ending.abort();
        await agent;
        await makeCron();
        stage.cluster.drive("DataImportCron", at);
        await condition("UpToDate", "False");
        const again = new AbortController();
        const second = stage.cluster.work(again.signal);
        await condition("Polled", "True");
        again.abort();
        await second;
        assert.equal(tryLock(agentLockPath(stage.store)) === undefined, false, "its lock is free");
    });

    it("looks again at an import that waits when it is time to, not because it said that it waits", async () => {
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        const volume = { namespace: "default", name: "waits" };
        const source = { pvc: { namespace: "default", name: "nowhere" } };
        const began = Date.now();
        const made = await stage.other.create("DataVolume", { metadata: volume, spec: { source, storage: {} } });
        const versions = new Set<string>();
        await waitFor(
            stage.other,
            "DataVolume",
            volume,
            (found) => {
                versions.add(found?.metadata.resourceVersion ?? "");
                return versions.size >= 4 ? true : undefined;
            },
            AbortSignal.timeout(30_000),
        );
        const last = await stage.other.get("DataVolume", volume);
        const writes = Number(last?.metadata.resourceVersion) - Number(made.metadata.resourceVersion);
        // Each look writes a few times (it is scheduled, its claim is made, it waits); there is a second between two of them.
        assert.ok(writes <= 4 * (2 + (Date.now() - began) / 1000), `${writes} writes in ${Date.now() - began} ms`);
        ending.abort();
        await agent;
    });

    it("tells a second one which program the first one is", async () => {
        await stage.cluster.establish();
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        const second = stage.open();
        await assert.rejects(
            second.work(new AbortController().signal),
            (error) =>
                isBootsourceError(error) &&
                error.code === "in-use" &&
                (process.platform !== "linux" || error.message.includes(`(pid ${process.pid})`)),
        );
        ending.abort();
        await Promise.all([agent, second.close()]);
    });
});

describe("a lock that somebody looks at", () => {
    let stage: EmbeddedStage;
    beforeEach(async () => {
        stage = makeEmbeddedStage();
        await stage.cluster.establish();
    });
    afterEach(() => stage.close());

    it("can be taken as soon as the look is over", async () => {
        const path = agentLockPath(stage.store);
        tryLock(path)?.release();
        // What `isLocked` holds for an instant, held for longer.
        const reader = openDatabase(path, { readOnly: true });
        reader.exec("BEGIN; SELECT count(*) FROM sqlite_master");
        assert.equal(tryLock(path), undefined, "the look is in the way");
        const taking = takeLock(path);
        reader.exec("COMMIT");
        reader.close();
        const lock = await taking;
        assert.ok(lock);
        assert.equal(isLocked(path), true);
        assert.equal(await takeLock(path), undefined, "what is really held is not waited for");
        lock.release({ remove: true });
    });
});
