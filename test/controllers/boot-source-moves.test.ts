// Boot sources that move without ever being away and without a download that is not needed: where a store is better than CDI.
import * as assert from "node:assert/strict";
import { cronAt, dataSourceAt, importOf, refOf, useBootPlay } from "../conformance/boot-stage.js";
import { makeEmbeddedBootStage } from "../embedded/boot-stage.js";
import { type SourceWatcher, watchSource } from "../embedded/source-watcher.js";

describe("a boot source that moves", function () {
    this.timeout(120_000);
    const there = useBootPlay(makeEmbeddedBootStage);
    let watcher: SourceWatcher;
    beforeEach(() => {
        const { stage } = there();
        const known = [1, 2, 3, 4].map((image) => stage.diskOf(image));
        watcher = watchSource(stage.world.store, dataSourceAt, known);
    });
    afterEach(() => {
        watcher.stop();
    });
    /** It was ready, and led to a whole disk, at every write to the store from the first import on. */
    const neverAway = (): void => {
        assert.ok(watcher.looks() > 3, "it was looked at");
        assert.deepEqual(watcher.faults, []);
    };
    const begin = async (importsToKeep = 1): Promise<string> => {
        const { stage, play } = there();
        const digest = stage.publish(1);
        await play.make({ importsToKeep });
        await play.current(1, digest);
        return digest;
    };
    const landsOn = (storageClass: string): Promise<true> => {
        const { stage, play } = there();
        return stage.settle(`it is on ${storageClass}`, async () => {
            const { pvc, snapshot } = (await play.dataSource()).status?.source ?? {};
            const claim = pvc && (await stage.cluster.get("PersistentVolumeClaim", pvc));
            const image = snapshot && (await stage.cluster.get("VolumeSnapshot", snapshot));
            return (claim?.spec.storageClassName ?? image?.status?.storageClass) === storageClass ? true : undefined;
        });
    };

    it("to new digests is ready all the time, though one import alone is kept", async () => {
        const { play } = there();
        await begin();
        for (const image of [2, 3, 4]) await play.moveTo(image);
        await play.exactly("PersistentVolumeClaim", [
            importOf((await play.cron()).status?.currentImports?.[0]?.Digest ?? ""),
        ]);
        neverAway();
    });

    it("to another class is ready all the time, downloads nothing, nor does going back and forth (CDI: away, and a download each time)", async () => {
        const { stage, play } = there();
        const digest = await begin();
        const downloads = stage.downloads();
        for (const storageClass of [stage.classes.fast, stage.classes.plain, stage.classes.fast, stage.classes.plain]) {
            await play.setDefault(storageClass);
            await landsOn(storageClass);
            await play.current(1, digest);
        }
        assert.equal(stage.downloads(), downloads);
        neverAway();
    });

    it("between claim and snapshot is ready all the time and downloads nothing (CDI: away, and a download for pvc)", async () => {
        const { stage, play } = there();
        await play.setDefault(stage.classes.fast);
        const digest = await begin();
        const downloads = stage.downloads();
        for (const format of ["snapshot", "pvc", "snapshot", "pvc"] as const) {
            await play.setFormat(format);
            await play.current(1, digest, format);
        }
        assert.equal(stage.downloads(), downloads);
        neverAway();
    });

    it("to another class and another form at once is ready all the time and downloads nothing", async () => {
        const { stage, play } = there();
        await play.setFormat("snapshot");
        const digest = await begin();
        const downloads = stage.downloads();
        await play.setDefault(stage.classes.fast);
        await play.current(1, digest, "snapshot");
        await play.setDefault(stage.classes.plain);
        await landsOn(stage.classes.plain);
        await play.current(1, digest, "pvc");
        assert.equal(stage.downloads(), downloads);
        neverAway();
    });

    it("back to a kept digest is ready all the time and downloads nothing", async () => {
        const { stage, play } = there();
        const first = await begin(3);
        const second = await play.moveTo(2);
        const downloads = stage.downloads();
        await play.want(first);
        await play.current(1, first);
        await play.want(second);
        await play.current(2, second);
        assert.equal(stage.downloads(), downloads);
        neverAway();
    });

    it("does so though an older version hangs on its way (CDI: a running import blocks the next one)", async () => {
        const { stage, play } = there();
        await begin();
        const digest = stage.publish(2);
        // The download of it ends nowhere: the connection is closed in the middle, again and again.
        stage.behaviour.cuts = Array.from({ length: 500 }, () => 1_000);
        await stage.poll(cronAt);
        await stage.settle("the second one is on its way", async () => {
            const volume = await stage.cluster.get("DataVolume", refOf(importOf(digest)));
            return volume?.status?.phase === "ImportInProgress" ? true : undefined;
        });
        const third = stage.publish(3);
        stage.behaviour.cuts = [];
        await stage.poll(cronAt);
        await play.current(3, third);
        await play.exactly("DataVolume", [importOf(third)]);
        neverAway();
    });

    it("does not for a rebuild for another platform (CDI: a download)", async () => {
        const { stage, play } = there();
        const digest = await begin();
        const downloads = stage.downloads();
        const rebuilt = stage.publish(1, 1);
        assert.notEqual(rebuilt, digest, "the tag leads elsewhere");
        const { lastExecutionTimestamp } = (await play.cron()).status ?? {};
        await stage.poll(cronAt);
        assert.notEqual((await play.cron()).status?.lastExecutionTimestamp, lastExecutionTimestamp, "it was asked");
        await play.current(1, digest);
        await play.exactly("PersistentVolumeClaim", [importOf(digest)]);
        assert.equal(stage.downloads(), downloads);
        neverAway();
    });

    it("serves what it has while its source cannot be asked, says since when and why, asks again later, and mends by itself (CDI says nothing)", async () => {
        const { stage, play } = there();
        const digest = await begin();
        stage.behaviour.failures = Array.from({ length: 500 }, () => ({ status: 503 }));
        await stage.poll(cronAt);
        const said = await stage.settle("the failure is told", async () => {
            const polled = (await play.cron()).status?.conditions?.find(({ type }) => type === "Polled");
            return polled?.status === "False" ? polled : undefined;
        });
        assert.match(said.message, /503/);
        assert.ok(Math.abs(Date.parse(said.lastTransitionTime) - stage.clock.now()) < 3_600_000, "since when");
        await play.current(1, digest);
        // Whatever else happens, it is not asked before its time: a second reconcile asks nobody.
        const asked = stage.registry.asked.length;
        await stage.cluster.update("DataImportCron", cronAt, ({ metadata }) => {
            metadata.labels = { ...metadata.labels, "instancetype.kubevirt.io/default-preference": "fedora" };
        });
        await stage.settle("it was reconciled", async () =>
            (await play.dataSource()).metadata.labels?.["instancetype.kubevirt.io/default-preference"] === "fedora"
                ? true
                : undefined,
        );
        assert.equal(stage.registry.asked.length, asked);
        stage.behaviour.failures = [];
        const second = stage.publish(2);
        await stage.poll(cronAt);
        await play.current(2, second);
        await play.says("DataImportCron", cronAt, "Polled", "Polled");
        neverAway();
    });
});
