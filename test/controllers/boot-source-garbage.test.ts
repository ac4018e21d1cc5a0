// What garbage collection leaves to whoever needs it, what goes in the end, and that a healthy boot source writes nothing.
import * as assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { reconcileDataImportCron } from "../../provider/controllers/data-import-cron.js";
import { reconcileDataSource } from "../../provider/controllers/data-source.js";
import { type Kind, kinds } from "../../provider/model/objects.js";
import { cronAt, dataSourceAt, importOf, refOf, useBootPlay } from "../conformance/boot-stage.js";
import { makeEmbeddedBootStage } from "../embedded/boot-stage.js";
import { holdOpen } from "../embedded/hold-open.js";

describe("garbage collection of boot sources", function () {
    this.timeout(120_000);
    const there = useBootPlay(makeEmbeddedBootStage);
    const begin = async (spec: object = { importsToKeep: 1 }): Promise<string> => {
        const { stage, play } = there();
        const digest = stage.publish(1);
        await play.make(spec);
        await play.current(1, digest);
        return importOf(digest);
    };
    const diskOf = (name: string, storageClass = "plain"): string =>
        path.join(there().stage.world.store, "volumes", storageClass, "default", name, "disk.img");

    it("spares what another DataSource points at; it goes with the next round after that (CDI takes it away)", async () => {
        const { stage, play } = there();
        const first = await begin();
        await stage.cluster.create("DataSource", {
            metadata: refOf("frozen"),
            spec: { source: { pvc: refOf(first) } },
        });
        const second = importOf(await play.moveTo(2));
        await play.exactly("PersistentVolumeClaim", [first, second]);
        assert.ok(existsSync(diskOf(first)));
        await stage.cluster.delete("DataSource", refOf("frozen"));
        const third = importOf(await play.moveTo(3));
        await play.exactly("PersistentVolumeClaim", [third]);
        assert.ok(!existsSync(diskOf(first)));
    });

    it("spares the claim that another DataSource points at when the format becomes snapshot", async () => {
        const { stage, play } = there();
        await play.setDefault("fast");
        const first = await begin();
        await stage.cluster.create("DataSource", {
            metadata: refOf("frozen"),
            spec: { source: { pvc: refOf(first) } },
        });
        await play.says("DataSource", refOf("frozen"), "Ready", "Ready");
        await play.setFormat("snapshot");
        await stage.settle("it leads to the snapshot", async () =>
            (await play.dataSource()).status?.source?.snapshot === undefined ? undefined : true,
        );
        await play.says("DataImportCron", cronAt, "UpToDate", "UpToDate");
        await play.exactly("PersistentVolumeClaim", [first]);
        assert.ok(existsSync(diskOf(first, "fast")));
        await play.says("DataSource", refOf("frozen"), "Ready", "Ready");
    });

    it("spares what a DataVolume is to be cloned from", async () => {
        const { stage, play } = there();
        const first = await begin();
        await stage.cluster.create("DataVolume", {
            metadata: refOf("machine"),
            spec: { source: { pvc: refOf(first) }, storage: { storageClassName: "not-there-yet" } },
        });
        const second = importOf(await play.moveTo(2));
        await play.exactly("DataVolume", [first, second, "machine"]);
    });

    it("spares what a program has open, and what was written since its import", async () => {
        const { play } = there();
        const first = await begin();
        const holder = await holdOpen(diskOf(first), "r");
        try {
            const second = importOf(await play.moveTo(2));
            await play.exactly("PersistentVolumeClaim", [first, second]);
            writeFileSync(diskOf(second), "guest", { flag: "r+" });
            const third = importOf(await play.moveTo(3));
            await play.exactly("PersistentVolumeClaim", [first, second, third]);
            await holder.close();
            const fourth = importOf(await play.moveTo(4));
            await play.exactly("PersistentVolumeClaim", [second, fourth]);
        } finally {
            await holder.close();
        }
    });

    it("keepFor spares by age what importsToKeep would not keep", async () => {
        const { stage, play } = there();
        const first = await begin({ importsToKeep: 1, keepFor: "500d" });
        const second = importOf(await play.moveTo(2));
        await play.exactly("PersistentVolumeClaim", [first, second]);
        stage.clock.pass(400 * 86_400_000);
        await stage.poll(cronAt);
        const third = importOf(await play.moveTo(3));
        await play.exactly("PersistentVolumeClaim", [second, third]);
    });

    it("takes away a snapshot that was begun and is not wanted any more", async () => {
        const { play, stage } = there();
        await play.setDefault("fast");
        const first = await begin();
        // Nobody may take a snapshot while somebody writes.
        const writer = await holdOpen(diskOf(first, "fast"), "r+");
        try {
            await play.setFormat("snapshot");
            await stage.settle("it is refused", async () => {
                const found = await stage.cluster.get("VolumeSnapshot", refOf(first));
                return found?.status?.error === undefined ? undefined : true;
            });
            await play.setFormat("pvc");
            await play.exactly("VolumeSnapshot", []);
            await play.says("DataImportCron", cronAt, "UpToDate", "UpToDate");
        } finally {
            await writer.close();
        }
    });

    it("makes a snapshot anew whose snapshot class went before it was taken", async () => {
        const { play, stage } = there();
        await play.setDefault("fast");
        const first = await begin();
        const writer = await holdOpen(diskOf(first, "fast"), "r+");
        try {
            await play.setFormat("snapshot");
            await stage.settle("it is begun", () => stage.cluster.get("VolumeSnapshot", refOf(first)));
            const driver = "pulumi-bootsource/overlay";
            await stage.cluster.create("VolumeSnapshotClass", {
                metadata: { name: "another" },
                driver,
                deletionPolicy: "Delete",
            });
            await stage.cluster.delete("VolumeSnapshotClass", { name: "bootsource-overlay" });
        } finally {
            await writer.close();
        }
        await stage.settle("it is taken in the other class", async () => {
            const found = await stage.cluster.get("VolumeSnapshot", refOf(first));
            const isTaken = found?.status?.readyToUse === true && found.spec.volumeSnapshotClassName === "another";
            return isTaken ? true : undefined;
        });
    });

    for (const format of ["pvc", "snapshot"] as const) {
        it(`a healthy boot source kept as ${format} writes nothing when it is looked at (CDI: a time at every look)`, async () => {
            const { stage, play } = there();
            await play.setDefault("fast");
            await play.setFormat(format);
            await begin({ importsToKeep: 2 });
            await play.moveTo(2, format);
            await stage.retire();
            const { cluster, clock, world } = stage;
            const versions = async (): Promise<string[]> => {
                const all = await Promise.all((Object.keys(kinds) as Kind[]).map((kind) => cluster.list(kind)));
                return all.flat().map(({ metadata }) => `${metadata.name} ${metadata.resourceVersion}`);
            };
            const link = async (): Promise<void> => Promise.resolve();
            const given = { cluster, clock, signal: AbortSignal.timeout(20_000), disks: { link } as never };
            // Whoever was still at work has let go: the agent ended above.
            const before = await versions();
            for (let time = 0; time < 3; time += 1) {
                clock.pass(3_600_000);
                assert.equal(await reconcileDataImportCron(await play.cron(), given), "settled");
                assert.equal(await reconcileDataSource(await play.dataSource(), given), "settled");
            }
            assert.deepEqual(await versions(), before);
            assert.deepEqual(world.warnings, []);
        });
    }

    it("another source in the cron's template is followed at the next poll (CDI: the spec cannot change)", async () => {
        const { stage, play } = there();
        await begin({ importsToKeep: 3 });
        const file = stage.world.publish("by-hand", stage.diskOf(7));
        await stage.cluster.update("DataImportCron", cronAt, ({ spec }) => {
            spec.template.spec.source = file;
        });
        await stage.poll(cronAt);
        await stage.settle("it leads to the file's image", async () => {
            const { source } = (await play.dataSource(dataSourceAt)).status ?? {};
            const bytes = await stage.readDisk(source);
            return bytes !== undefined && Buffer.from(bytes).equals(stage.diskOf(7)) ? true : undefined;
        });
    });
});
