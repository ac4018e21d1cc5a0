// Snapshots in a store: immutable images that take no room of their own where they need none, and outlive the claim.
import * as assert from "node:assert/strict";
import {
    existsSync,
    linkSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { waitFor } from "../../provider/cluster/wait.js";
import { imageFactsIn } from "../../provider/model/image-facts.js";
import type { DataVolume } from "../../provider/model/objects.js";
import { holdOpen } from "./hold-open.js";
import { refOf, useOrders } from "../controllers/orders.js";
import { sha256 } from "../engine/disks.js";

describe("a snapshot in a store", function () {
    this.timeout(30_000);
    const orders = useOrders([
        { name: "plain", defaults: ["cluster"] },
        { name: "fast", snapshot: "overlay" },
        { name: "shared", snapshot: "reflink" },
    ]);
    const bytes = new Uint8Array(1 << 20).fill(7, 4096);

    const imported = async (name: string, storageClassName = "fast", size = "1Mi"): Promise<DataVolume> => {
        const storage = { storageClassName, resources: { requests: { storage: size } } };
        await orders.order(name, { source: orders.stage.publish(name, bytes), storage });
        const volume = await orders.settled(name);
        assert.equal(volume.status?.phase, "Succeeded", JSON.stringify(volume.status));
        return volume;
    };
    const diskOf = async (claim: string): Promise<string> =>
        (await orders.stage.cluster.volume(refOf(claim)))?.path ?? "";
    const imageOf = (name: string, storageClass = "fast"): string =>
        join(orders.stage.store, "snapshots", storageClass, "default", name, "disk.img");
    const files = (room: string): string[] => {
        const at = join(orders.stage.store, room);
        return existsSync(at)
            ? readdirSync(at, { recursive: true })
                  .map(String)
                  .filter((name) => name.endsWith(".img"))
            : [];
    };
    const failed = async (name: string): Promise<string> => {
        const { status } = await orders.snapped(name, (one) => one.status?.error !== undefined);
        assert.equal(status?.readyToUse, false);
        return status.error?.message ?? "";
    };

    it("takes over the very bytes of the claim, for nobody to write to, and stays when the claim goes", async () => {
        await imported("gold");
        const disk = await diskOf("gold");
        const { ino } = statSync(disk);
        await orders.snap("gold");
        const { status } = await orders.snapped("gold");
        assert.equal(statSync(imageOf("gold")).ino, ino, "nothing was copied");
        assert.equal(statSync(imageOf("gold")).mode & 0o777, 0o444);
        assert.deepEqual([status?.restoreSize, status?.storageClass, status?.error], ["1Mi", "fast", undefined]);
        await orders.stage.cluster.delete("DataVolume", refOf("gold"));
        assert.equal(existsSync(disk), false);
        assert.ok(readFileSync(imageOf("gold")).equals(bytes), "the image is whole without the claim");
        const volume = await orders.stage.cluster.volumeOfSnapshot(refOf("gold"));
        assert.deepEqual([volume?.state, volume?.path, volume?.size], ["intact", imageOf("gold"), 1 << 20]);
        assert.deepEqual(await orders.stage.cluster.usersOfSnapshot(refOf("gold")), []);
        assert.deepEqual(files("partial"), []);
    });

    it("goes with its file, and the directories that it leaves empty", async () => {
        await imported("gold");
        await orders.snap("gold");
        await orders.snapped("gold");
        await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
        assert.deepEqual(readdirSync(join(orders.stage.store, "snapshots")), []);
        assert.ok(readFileSync(await diskOf("gold")).equals(bytes), "the claim's disk is another name of the file");
    });

    it("shares blocks where the file system can, and says what to do where it cannot", async () => {
        await imported("gold", "shared");
        await orders.snap("gold");
        const { status } = await orders.snapped(
            "gold",
            (one) => one.status?.readyToUse === true || one.status?.error !== undefined,
        );
        if (status?.readyToUse === true) {
            assert.notEqual(statSync(imageOf("gold", "shared")).ino, statSync(await diskOf("gold")).ino);
            assert.ok(readFileSync(imageOf("gold", "shared")).equals(bytes));
            assert.equal(statSync(imageOf("gold", "shared")).mode & 0o777, 0o444);
            assert.equal(statSync(await diskOf("gold")).mode & 0o777, 0o600, "the claim's disk is still its own");
            return;
        }
        assert.match(
            status?.error?.message ?? "",
            /the file system of its storage class "shared" cannot share blocks; give the class/,
        );
        assert.deepEqual([...files("snapshots"), ...files("partial")], [], "and nothing is left");
    });

    it("is refused by a class that takes none, with how to declare one that does", async () => {
        await imported("gold", "plain");
        await orders.snap("gold");
        assert.match(
            await failed("gold"),
            /the storage class "plain" takes none; declare it in bootsource:storageClasses with snapshot/,
        );
    });

    it("waits while a program writes to the disk; a reader is no matter", async () => {
        await imported("gold");
        const writer = await holdOpen(await diskOf("gold"), "r+");
        const reader = await holdOpen(await diskOf("gold"), "r");
        try {
            await orders.snap("gold");
            assert.match(
                await failed("gold"),
                new RegExp(`open for writing in node \\(pid ${writer.pid}\\); shut that down`),
            );
            await writer.close();
            assert.equal((await orders.snapped("gold")).status?.error, undefined, "the reason is gone with it");
        } finally {
            await writer.close();
            await reader.close();
        }
    });

    it("is not grown with the claim that it shares its bytes with", async () => {
        await imported("gold");
        await orders.snap("gold");
        await orders.snapped("gold");
        await orders.stage.cluster.update("PersistentVolumeClaim", refOf("gold"), ({ spec }) => {
            spec.resources = { requests: { storage: "2Mi" } };
        });
        const condition = await waitFor(
            orders.stage.cluster,
            "PersistentVolumeClaim",
            refOf("gold"),
            (claim) => claim?.status?.conditions?.find(({ type }) => type === "ControllerResizeError"),
            AbortSignal.timeout(10_000),
        );
        assert.match(condition.message, /a snapshot shares its bytes; clone the snapshot/);
        assert.equal(statSync(imageOf("gold")).size, 1 << 20);
        await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
        await orders.stage.cluster.update("PersistentVolumeClaim", refOf("gold"), ({ spec }) => {
            spec.resources = { requests: { storage: "3Mi" } };
        });
        await waitFor(
            orders.stage.cluster,
            "PersistentVolumeClaim",
            refOf("gold"),
            (claim) => (claim?.status?.capacity?.storage === "3Mi" ? claim : undefined),
            AbortSignal.timeout(10_000),
        );
        const { size, mode } = statSync(await diskOf("gold"));
        assert.deepEqual([size, mode & 0o200], [3 << 20, 0o200], "the claim's own again, to write to");
    });

    it("writes over no file that the store knows nothing of", async () => {
        await imported("gold");
        mkdirSync(dirname(imageOf("gold")), { recursive: true });
        writeFileSync(imageOf("gold"), "somebody's");
        await orders.snap("gold");
        assert.match(await failed("gold"), /a file lies there that the store knows nothing of; move it away/);
        await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
        assert.equal(readFileSync(imageOf("gold"), "utf8"), "somebody's", "nor removes it");
    });

    it("is taken again where its image is gone while the claim is there, and says so where it is not", async () => {
        await imported("gold");
        await orders.snap("gold");
        await orders.snapped("gold");
        rmSync(imageOf("gold"));
        orders.stage.cluster.drive("VolumeSnapshot", refOf("gold"));
        await orders.snapped("gold", ({ status }) => status?.readyToUse === true && existsSync(imageOf("gold")));
        await orders.stage.cluster.delete("DataVolume", refOf("gold"));
        rmSync(imageOf("gold"));
        orders.stage.cluster.drive("VolumeSnapshot", refOf("gold"));
        assert.match(await failed("gold"), /there is no claim default\/gold/);
    });

    describe("after a kill", () => {
        it("before its image has its final name, is taken from the beginning, and the file that was begun goes", async () => {
            await imported("gold");
            const { metadata } = await orders.snap("gold");
            linkSync(await diskOf("gold"), join(orders.stage.store, "partial", `${metadata.uid}.img`));
            await orders.snapped("gold");
            assert.deepEqual(files("partial"), []);
            assert.equal(
                statSync(imageOf("gold")).nlink,
                2,
                "the claim's name and the snapshot's, and none that was left",
            );
        });

        it("after its image has its final name, is ready without another one", async () => {
            await imported("gold");
            await orders.snap("gold");
            const { status } = await orders.snapped("gold");
            await orders.stage.cluster.update("VolumeSnapshot", refOf("gold"), (one) => {
                one.status = { readyToUse: false, ...(status?.disk === undefined ? {} : { disk: status.disk }) };
            });
            // Nothing to take it of: what lies there must be enough.
            const disk = await diskOf("gold");
            renameSync(disk, `${disk}.away`);
            orders.stage.cluster.drive("VolumeSnapshot", refOf("gold"));
            assert.equal((await orders.snapped("gold")).status?.restoreSize, "1Mi");
            renameSync(`${disk}.away`, disk);
        });

        it("leaves nothing when it is deleted instead", async () => {
            await imported("gold");
            const { metadata } = await orders.snap("gold");
            linkSync(await diskOf("gold"), join(orders.stage.store, "partial", `${metadata.uid}.img`));
            await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
            assert.deepEqual(files("partial"), []);
        });
    });

    describe("is brought in", () => {
        it("as a disk of its own, grown to what is asked for", async () => {
            await imported("gold");
            await orders.snap("gold");
            await orders.order("clone", {
                source: { snapshot: refOf("gold") as { namespace: string; name: string } },
                storage: { resources: { requests: { storage: "2Mi" } } },
            });
            const waiting = await orders.until("clone", ({ status }) => status?.phase === "Pending");
            const running = waiting.status?.conditions?.find(({ type }) => type === "Running");
            assert.match(
                running?.message ?? "",
                /cannot clone the snapshot default\/gold: it is not ready to use yet; take it first/,
            );
            await orders.snapped("gold");
            assert.equal((await orders.settled("clone")).status?.phase, "Succeeded");
            const disk = await diskOf("clone");
            assert.ok(
                readFileSync(disk)
                    .subarray(0, 1 << 20)
                    .equals(bytes),
            );
            assert.deepEqual([statSync(disk).size, statSync(disk).mode & 0o777], [2 << 20, 0o600], "of its own");
            writeFileSync(disk, "guest", { flag: "r+" });
            assert.ok(readFileSync(imageOf("gold")).equals(bytes), "the snapshot is as it was");
        });

        it("with what is known of its image, where it stands for a download of the same", async () => {
            await imported("gold");
            await orders.snap("gold");
            const taken = await orders.snapped("gold");
            assert.equal(
                imageFactsIn(taken.metadata)?.digest,
                `sha256:${sha256(bytes)}`,
                "the facts flow to the snapshot",
            );
            const source = { file: { path: join(orders.stage.directory, "not-there.img") } };
            const annotations = { "pulumi-bootsource/copy-of": "snapshot/default/gold" };
            const storage = { storageClassName: "plain", resources: { requests: { storage: "2Mi" } } };
            await orders.order("copy", { source, storage }, { annotations });
            assert.equal((await orders.settled("copy")).status?.phase, "Succeeded", "nobody asked the source");
            const claim = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("copy"));
            const facts = claim === undefined ? undefined : imageFactsIn(claim.metadata);
            assert.equal(facts?.digest, `sha256:${sha256(bytes)}`);
            assert.deepEqual([facts.sourceSize, facts.virtualSize, facts.size], [1 << 20, 1 << 20, 2 << 20]);
        });
    });
});
