// Where disks lie: in the store or in a directory of their class, perhaps on another file system, with its mode and its owner.
import * as assert from "node:assert/strict";
import {
    existsSync,
    lstatSync,
    mkdtempSync,
    readFileSync,
    readdirSync,
    readlinkSync,
    rmSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitFor } from "../../provider/cluster/wait.js";
import type { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { linkDisk } from "../../provider/embedded/links.js";
import { systemClock } from "../../provider/model/clock.js";
import type { DataVolume, VolumeSnapshot } from "../../provider/model/objects.js";
import type { ClassDeclaration } from "../../provider/model/storage-classes.js";
import { refOf, useOrders } from "../controllers/orders.js";
import { type EmbeddedStage, makeEmbeddedStage } from "./stage.js";
import { makeTar } from "../images/tar.js";

const bytes = new Uint8Array(1 << 20).fill(5);
const isRoot = process.getuid?.() === 0;
/** In memory, where the system has it: another file system than that of temporary files, most often. */
const elsewhere = "/dev/shm";
const modeOf = (path: string): number => statSync(path).mode & 0o777;

describe("a storage class with a directory of its own", function () {
    this.timeout(30_000);
    const classes: ClassDeclaration[] = [
        { name: "own", directory: "disks", snapshot: "overlay", defaults: ["cluster"] },
        { name: "open", directory: "shown", mode: "0640" },
        { name: "given", directory: "given", mode: "0660", owner: "12345:23456" },
    ];
    const orders = useOrders(classes);
    const at = (...parts: string[]): string => join(orders.stage.directory, ...parts);
    const imported = async (name: string, storageClassName = "own"): Promise<DataVolume> => {
        await orders.order(name, { source: orders.stage.publish(name, bytes), storage: { storageClassName } });
        const volume = await orders.settled(name);
        assert.equal(volume.status?.phase, "Succeeded", JSON.stringify(volume.status));
        return volume;
    };

    it("keeps its disks there, and leaves nothing in the store or beside them", async () => {
        await imported("gold");
        const disk = at("disks", "default", "gold", "disk.img");
        assert.ok(readFileSync(disk).equals(bytes));
        assert.equal(modeOf(disk), 0o600);
        const claim = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("gold"));
        assert.equal(
            claim?.status?.disk?.path,
            disk,
            "recorded where it is: the store may be moved, the directory is not",
        );
        assert.equal(existsSync(join(orders.stage.store, "volumes")), false);
        assert.deepEqual(readdirSync(at("disks", ".partial")), []);
        await orders.stage.cluster.delete("DataVolume", refOf("gold"));
        assert.deepEqual(readdirSync(at("disks")), [".partial"], "gone with the directories made for it");
    });

    it("keeps its snapshots beside them", async () => {
        await imported("gold");
        await orders.snap("gold");
        await orders.snapped("gold");
        const image = at("disks", ".snapshots", "default", "gold", "disk.img");
        assert.equal(statSync(image).ino, statSync(at("disks", "default", "gold", "disk.img")).ino);
        await orders.stage.cluster.delete("VolumeSnapshot", refOf("gold"));
        assert.deepEqual(readdirSync(at("disks", ".snapshots")), []);
    });

    it("lets those look into its directories who may read its disks", async () => {
        await imported("gold", "open");
        assert.equal(modeOf(at("shown", "default", "gold", "disk.img")), 0o640);
        assert.deepEqual([modeOf(at("shown")), modeOf(at("shown", "default", "gold"))], [0o750, 0o750]);
        assert.equal(modeOf(at("shown", ".partial")), 0o700, "but not to what is not whole yet");
    });

    const givesAway = async (): Promise<void> => {
        await imported("gold", "given");
        const disk = statSync(at("given", "default", "gold", "disk.img"));
        assert.deepEqual([disk.uid, disk.gid, disk.mode & 0o777], [12345, 23456, 0o660]);
        const directory = statSync(at("given", "default", "gold"));
        assert.deepEqual([directory.uid, directory.mode & 0o777], [12345, 0o750]);
        const members = [
            { path: "tool", bytes },
            { path: "lib/", type: "5" },
            { path: "lib/out", type: "2", linkPath: "../tool" },
        ];
        const source = orders.stage.publish("tools", makeTar(members));
        const storage = { storageClassName: "given", resources: { requests: { storage: "4Mi" } } };
        await orders.order("tools", { source, storage, contentType: "archive" });
        await orders.settled("tools");
        const archive = at("given", "default", "tools", "archive-1");
        const owners = [archive, join(archive, "tool"), join(archive, "lib"), join(archive, "lib", "out")].map(
            (path) => lstatSync(path).uid,
        );
        assert.deepEqual(owners, [12345, 12345, 12345, 12345]);
        assert.equal(
            (await orders.stage.cluster.volume(refOf("tools")))?.state,
            "intact",
            "giving it away is no writing",
        );
    };

    const mayNot = async (): Promise<void> => {
        const source = orders.stage.publish("gold", bytes);
        await orders.order("gold", { source, storage: { storageClassName: "given" } });
        const failed = await orders.settled("gold");
        const running = failed.status?.conditions?.find(({ type }) => type === "Running");
        assert.match(running?.message ?? "", /to 12345:23456: only root may give files away; run the update as root/);
    };

    // One of the two can be seen by whoever runs the tests, and there is nothing to install for the other.
    if (isRoot) it("gives its disks away, an archive with all that is in it", givesAway);
    else it("says that only root gives files away", mayNot);

    it("clears what a killed import left there, with the next import and with the object", async () => {
        const leave = (uid: string, generation: number): void => {
            writeFileSync(at("disks", ".partial", `${uid}-${generation}.img`), "half a disk");
        };
        const partial = (): string[] => readdirSync(at("disks", ".partial"));
        const { metadata } = await imported("gold");
        leave(metadata.uid, 1);
        await orders.stage.cluster.update("DataVolume", refOf("gold"), ({ spec }) => {
            spec.source = orders.stage.publish("new", new Uint8Array(1 << 20).fill(6));
        });
        await orders.until("gold", ({ status }) => status?.observedGeneration === 2 && status.phase === "Succeeded");
        assert.deepEqual(partial(), []);
        leave(metadata.uid, 3);
        await orders.stage.cluster.delete("DataVolume", refOf("gold"));
        assert.deepEqual(partial(), []);
    });

    const onAnotherFileSystem = async (): Promise<void> => {
        const directory = mkdtempSync(join(elsewhere, "bootsource-places-"));
        const cluster = orders.stage.open([...classes, { name: "far", directory, snapshot: "overlay" }]);
        try {
            const source = orders.stage.publish("gold", bytes);
            const metadata = { name: "gold", namespace: "default" };
            await cluster.create("DataVolume", { metadata, spec: { source, storage: { storageClassName: "far" } } });
            await succeeded(cluster, "gold");
            const disk = join(directory, "default", "gold", "disk.img");
            assert.ok(readFileSync(disk).equals(bytes));
            // The class moves back: a file has one file system, and so have its names.
            const back = orders.stage.open([...classes, { name: "far", snapshot: "overlay" }]);
            try {
                const spec = { source: { persistentVolumeClaimName: "gold" } };
                await back.create("VolumeSnapshot", { metadata, spec });
                await isReady(back, "gold");
                const image = join(orders.stage.store, "snapshots", "far", "default", "gold", "disk.img");
                assert.ok(readFileSync(image).equals(bytes), "copied, where it could not be linked");
                assert.deepEqual([modeOf(image), modeOf(disk)], [0o444, 0o600]);
            } finally {
                await back.close();
            }
        } finally {
            await cluster.close();
            rmSync(directory, { recursive: true, force: true });
        }
    };
    if (existsSync(elsewhere) && statSync(elsewhere).dev !== statSync(tmpdir()).dev) {
        it("may lie on another file system than the store", onAnotherFileSystem);
    }
});

describe("a storage class whose directory is changed", function () {
    this.timeout(30_000);
    let stage: EmbeddedStage;
    beforeEach(() => {
        stage = makeEmbeddedStage(systemClock, [
            { name: "own", directory: "old", snapshot: "overlay", defaults: ["cluster"] },
        ]);
    });
    afterEach(() => stage.close());

    it("still knows the disks in the old one, to clone, snapshot and remove, and puts new ones into the new one", async () => {
        const order = async (
            cluster: EmbeddedCluster,
            name: string,
            source: DataVolume["spec"]["source"],
        ): Promise<void> => {
            await cluster.create("DataVolume", {
                metadata: { name, namespace: "default" },
                spec: { source, storage: {} },
            });
            await succeeded(cluster, name);
        };
        await order(stage.cluster, "gold", stage.publish("gold", bytes));
        const later = stage.open([{ name: "own", directory: "new", snapshot: "overlay", defaults: ["cluster"] }]);
        try {
            await order(later, "clone", { pvc: { namespace: "default", name: "gold" } });
            assert.ok(readFileSync(join(stage.directory, "new", "default", "clone", "disk.img")).equals(bytes));
            assert.equal((await later.volume(refOf("gold")))?.state, "intact");
            await later.create("VolumeSnapshot", {
                metadata: { name: "gold", namespace: "default" },
                spec: { source: { persistentVolumeClaimName: "gold" } },
            });
            const ready = await isReady(later, "gold");
            assert.equal(
                ready.status?.disk?.path,
                join(stage.directory, "new", ".snapshots", "default", "gold", "disk.img"),
            );
            const uid = (await later.get("DataVolume", refOf("gold")))?.metadata.uid;
            writeFileSync(join(stage.directory, "old", ".partial", `${uid}-7.img`), "left by a kill");
            await later.delete("DataVolume", refOf("gold"));
            assert.deepEqual(readdirSync(join(stage.directory, "old")), [".partial"]);
            assert.deepEqual(readdirSync(join(stage.directory, "old", ".partial")), [], "looked through for good");
        } finally {
            await later.close();
        }
    });
});

describe("the link to a DataSource's disk", () => {
    let store: string;
    beforeEach(() => {
        store = mkdtempSync(join(tmpdir(), "bootsource-links-"));
    });
    afterEach(() => {
        rmSync(store, { recursive: true, force: true });
    });
    const at = { namespace: "golden", name: "fedora" };
    const record = (path: string): { path: string; inode: string; modified: string } => ({
        path,
        inode: "1",
        modified: "1",
    });

    it("moves with the store, is replaced in one step, and goes with its directory", async () => {
        const link = join(store, "sources", "golden", "fedora.img");
        await linkDisk(store, at, record("volumes/local/golden/fedora-1/disk.img"));
        assert.equal(readlinkSync(link), "../../volumes/local/golden/fedora-1/disk.img");
        await linkDisk(store, at, record("/srv/fast/golden/fedora-2/disk.img"));
        assert.equal(
            readlinkSync(link),
            "/srv/fast/golden/fedora-2/disk.img",
            "what lies outside does not move with it",
        );
        assert.deepEqual(readdirSync(join(store, "sources", "golden")), ["fedora.img"]);
        await linkDisk(store, at, undefined);
        assert.deepEqual(readdirSync(store), []);
        await linkDisk(store, at, undefined);
    });

    it("leaves the links of others, and takes over what a kill left", async () => {
        await linkDisk(store, { ...at, name: "debian" }, record("volumes/x"));
        writeFileSync(join(store, "sources", "golden", ".fedora.img"), "");
        await linkDisk(store, at, record("volumes/y"));
        await linkDisk(store, at, undefined);
        assert.deepEqual(readdirSync(join(store, "sources", "golden")), ["debian.img"]);
    });
});

async function succeeded(cluster: EmbeddedCluster, name: string): Promise<void> {
    const volume = await waitFor(
        cluster,
        "DataVolume",
        refOf(name),
        (found) => (["Succeeded", "Failed"].includes(found?.status?.phase ?? "") ? found : undefined),
        AbortSignal.timeout(20_000),
    );
    assert.equal(volume.status?.phase, "Succeeded", JSON.stringify(volume.status));
}

function isReady(cluster: EmbeddedCluster, snapshot: string): Promise<VolumeSnapshot> {
    return waitFor(
        cluster,
        "VolumeSnapshot",
        refOf(snapshot),
        (found) => (found?.status?.readyToUse === true ? found : undefined),
        AbortSignal.timeout(10_000),
    );
}
