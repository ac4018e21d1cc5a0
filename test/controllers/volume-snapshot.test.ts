// The VolumeSnapshot controller: what it says of a snapshot, what it waits for, and what nobody has to wait for.
import * as assert from "node:assert/strict";
import { reconcileVolumeSnapshot } from "../../provider/controllers/volume-snapshot.js";
import { systemClock } from "../../provider/model/clock.js";
import { imageAnnotation } from "../../provider/model/image-facts.js";
import type { VolumeSnapshot } from "../../provider/model/objects.js";
import { refOf, useOrders } from "./orders.js";

describe("the VolumeSnapshot controller", function () {
    this.timeout(30_000);
    const orders = useOrders([{ name: "fast", snapshot: "overlay", defaults: ["cluster"] }, { name: "plain" }]);
    const bytes = new Uint8Array(1 << 20).fill(3);
    const imported = async (name: string): Promise<void> => {
        const storage = { resources: { requests: { storage: "2Mi" } } };
        await orders.order(name, { source: orders.stage.publish(name, bytes), storage });
        await orders.settled(name);
    };
    const failed = (name: string): Promise<VolumeSnapshot> =>
        orders.snapped(name, ({ status }) => status?.error !== undefined);

    it("records what a restored disk needs to know, and the facts of the image in it", async () => {
        await imported("gold");
        await orders.snap("gold", "gold-1", "bootsource-overlay");
        const { metadata, status } = await orders.snapped("gold-1");
        const claim = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("gold"));
        assert.equal(metadata.annotations?.["cdi.kubevirt.io/storage.import.sourceVolumeMode"], "Filesystem");
        assert.equal(metadata.annotations["cdi.kubevirt.io/storage.import.advisedRestoreSize"], "2Mi");
        assert.equal(metadata.annotations[imageAnnotation], claim?.metadata.annotations?.[imageAnnotation]);
        assert.ok(metadata.annotations[imageAnnotation], "there are some");
        assert.deepEqual([status?.restoreSize, status?.storageClass], ["2Mi", "fast"]);
    });

    it("waits for a claim that is not there, then for its disk, with the time since when", async () => {
        await orders.snap("gold");
        const { status } = await failed("gold");
        assert.equal(status?.readyToUse, false);
        assert.match(
            status.error?.message ?? "",
            /cannot take the snapshot default\/gold: there is no claim default\/gold; import/,
        );
        const since = status.error?.time ?? "";
        assert.ok(!Number.isNaN(Date.parse(since)));
        // A claim without an image yet: its DataVolume waits for a class that nobody has made.
        await orders.stage.cluster.create("PersistentVolumeClaim", {
            metadata: { name: "gold", namespace: "default" },
            spec: { storageClassName: "fast" },
        });
        const later = await orders.snapped(
            "gold",
            ({ status: now }) => now?.error?.message.includes("is not filled yet") === true,
        );
        assert.ok((later.status?.error?.time ?? "") >= since, "another reason has a time of its own");
        await orders.stage.cluster.delete("PersistentVolumeClaim", refOf("gold"));
        await imported("gold");
        assert.equal((await orders.snapped("gold")).status?.error, undefined);
    });

    it("does not write the same reason again and again", async () => {
        const { cluster } = orders.stage;
        const world = { cluster, clock: systemClock, signal: AbortSignal.timeout(10_000), disks: undefined as never };
        const once = async (): Promise<string | undefined> => {
            const snapshot = await cluster.get("VolumeSnapshot", refOf("gold"));
            assert.ok(snapshot);
            assert.deepEqual(await reconcileVolumeSnapshot(snapshot, world), { again: 1_000 }, "the claim may come");
            return (await cluster.get("VolumeSnapshot", refOf("gold")))?.metadata.resourceVersion;
        };
        await orders.snap("gold");
        assert.equal(await once(), await once());
    });

    it("takes none with a snapshot class of another driver, and waits for one that is not there", async () => {
        await imported("gold");
        await orders.stage.cluster.create("VolumeSnapshotClass", {
            metadata: { name: "csi" },
            driver: "csi.example.com",
            deletionPolicy: "Delete",
        });
        await orders.snap("gold", "one", "csi");
        const other =
            /VolumeSnapshotClass "csi" is for csi\.example\.com, and the storage class "fast" is of pulumi-bootsource\/overlay/;
        assert.match((await failed("one")).status?.error?.message ?? "", other);
        await orders.snap("gold", "two", "later");
        assert.match(
            (await failed("two")).status?.error?.message ?? "",
            /there is no VolumeSnapshotClass "later"; make it/,
        );
        await orders.stage.cluster.create("VolumeSnapshotClass", {
            metadata: { name: "later" },
            driver: "pulumi-bootsource/overlay",
            deletionPolicy: "Delete",
        });
        await orders.snapped("two");
    });

    it("takes no snapshot of an archive", async () => {
        const tar = Buffer.alloc(1024);
        await orders.order("tools", {
            source: orders.stage.publish("tools", tar),
            storage: { resources: { requests: { storage: "1Mi" } } },
            contentType: "archive",
        });
        await orders.settled("tools");
        await orders.snap("tools");
        assert.match(
            (await failed("tools")).status?.error?.message ?? "",
            /it holds an archive; snapshots are of disks/,
        );
    });

    it("has nothing to say of a snapshot that is deleted meanwhile", async () => {
        await orders.snap("gold");
        await failed("gold");
        await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
        await imported("gold");
        assert.equal(await orders.stage.cluster.get("VolumeSnapshot", refOf("gold")), undefined);
        assert.deepEqual(orders.stage.warnings, []);
    });
});

describe("a claim", function () {
    this.timeout(30_000);
    const orders = useOrders();
    const claimOf = async (name: string, storage: object): Promise<unknown> => {
        await orders.order(name, {
            source: { blank: {} },
            storage: { resources: { requests: { storage: "1Mi" } }, ...storage },
        });
        const { status } = await orders.settled(name);
        const { spec } = (await orders.stage.cluster.get("PersistentVolumeClaim", refOf(name))) ?? {};
        const running = status?.conditions?.find(({ type }) => type === "Running")?.message;
        return status?.phase === "Failed" ? running : [spec?.accessModes, spec?.volumeMode];
    };

    it("has the modes of its class's profile where none are asked for, and those asked for else", async () => {
        await orders.stage.cluster.establish();
        assert.deepEqual(await claimOf("one", {}), [["ReadWriteOnce"], "Filesystem"]);
        await orders.stage.cluster.update("StorageProfile", { name: "local" }, ({ spec }) => {
            spec.claimPropertySets = [
                { accessModes: ["ReadWriteMany", "ReadWriteOnce"], volumeMode: "Block" },
                { accessModes: ["ReadOnlyMany"], volumeMode: "Filesystem" },
            ];
        });
        assert.match(String(await claimOf("two", {})), /keeps disks as files; .*StorageProfile asks for Block/);
        assert.deepEqual(await claimOf("three", { volumeMode: "Filesystem" }), [["ReadOnlyMany"], "Filesystem"]);
        assert.deepEqual(await claimOf("four", { accessModes: ["ReadOnlyMany"] }), [["ReadOnlyMany"], "Filesystem"]);
    });
});
