// The storage classes of a store: there as soon as it is opened, seen by a preview before, and never taken away from somebody else.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../../provider/cluster/contract.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { Store } from "../../provider/embedded/store.js";
import { systemClock } from "../../provider/model/clock.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import type { ClassDeclaration } from "../../provider/model/storage-classes.js";
import { type EmbeddedStage, makeEmbeddedStage } from "./stage.js";

const clusterDefault = "storageclass.kubernetes.io/is-default-class";
const virtDefault = "storageclass.kubevirt.io/is-default-virt-class";

describe("the storage classes of a store", () => {
    const stages: EmbeddedStage[] = [];
    const clusters: { close(): Promise<void> }[] = [];
    const stageOf = (classes: readonly ClassDeclaration[] = []): EmbeddedStage => {
        const stage = makeEmbeddedStage(systemClock, classes);
        stages.push(stage);
        return stage;
    };
    /** One more process over the store, which has written to it. */
    const openAgain = async (stage: EmbeddedStage, classes: readonly ClassDeclaration[]): Promise<Cluster> => {
        const cluster = stage.open(classes);
        clusters.push(cluster);
        await cluster.establish();
        return cluster;
    };
    afterEach(async () => {
        for (const cluster of clusters.splice(0)) await cluster.close();
        for (const stage of stages.splice(0)) await stage.close();
    });
    const names = async (cluster: Cluster): Promise<string[]> =>
        (await cluster.list("StorageClass")).map(({ metadata }) => metadata.name).sort();
    /** "fast" or "fast cluster virtualization": the class and what it is the default for. */
    const defaults = async (cluster: Cluster): Promise<string[]> =>
        (await cluster.list("StorageClass"))
            .map(({ metadata: { name, annotations = {} } }) =>
                [name, annotations[clusterDefault] && "cluster", annotations[virtDefault] && "virtualization"]
                    .filter((word) => word !== undefined)
                    .join(" "),
            )
            .sort();

    it("are seen by a preview before there is a store, with profiles and snapshot classes", async () => {
        const stage = stageOf([
            { name: "plain", defaults: ["cluster"] },
            { name: "fast", snapshot: "overlay", dataImportCronSourceFormat: "snapshot" },
        ]);
        assert.deepEqual(await names(stage.cluster), ["fast", "plain"]);
        assert.equal(
            (await stage.cluster.get("StorageClass", { name: "fast" }))?.provisioner,
            "pulumi-bootsource/overlay",
        );
        assert.equal(
            (await stage.cluster.get("StorageClass", { name: "plain" }))?.provisioner,
            "pulumi-bootsource/directory",
        );
        const profile = await stage.cluster.get("StorageProfile", { name: "fast" });
        assert.equal(profile?.status?.dataImportCronSourceFormat, "snapshot", "as declared");
        assert.equal(profile.status.snapshotClass, "bootsource-overlay");
        const [snapshotClass, ...more] = await stage.cluster.list("VolumeSnapshotClass");
        assert.deepEqual(
            [snapshotClass?.metadata.name, snapshotClass?.driver],
            ["bootsource-overlay", "pulumi-bootsource/overlay"],
        );
        assert.equal(more.length, 0, "one for each way that is used");
        assert.equal(existsSync(stage.store), false, "nothing was written");
    });

    it("are what the preview promised, once the store is opened", async () => {
        const stage = stageOf([{ name: "fast", snapshot: "reflink", mode: "0640", defaults: ["virtualization"] }]);
        const kinds = ["StorageClass", "VolumeSnapshotClass", "StorageProfile"] as const;
        const seen = async (cluster: Cluster): Promise<string[]> => {
            const found: string[] = [];
            for (const kind of kinds) {
                for (const { metadata, ...rest } of await cluster.list(kind)) {
                    const { name, annotations } = metadata;
                    // Times are those of looking, and of writing.
                    found.push(JSON.stringify({ name, annotations, ...rest }).replace(/"20\d\d-[^"]*Z"/g, "0"));
                }
            }
            return found;
        };
        const promised = await seen(stage.cluster);
        await stage.cluster.establish();
        assert.equal(promised.length, 3);
        assert.deepEqual(await seen(stage.other), promised, "as another process reads them");
    });

    it("have one named local where nothing is declared, and none of ours but the declared ones else", async () => {
        assert.deepEqual(await defaults(stageOf().cluster), ["local cluster"]);
        const declared = stageOf([{ name: "fast" }]);
        await declared.cluster.establish();
        assert.deepEqual(await defaults(declared.cluster), ["fast"], "nobody said that it is the default");
    });

    it("stay when they are declared no longer, and move a default that is declared", async () => {
        const stage = stageOf();
        await stage.cluster.establish();
        const one = await openAgain(stage, [{ name: "one", defaults: ["cluster", "virtualization"] }]);
        assert.deepEqual(await defaults(one), ["local", "one cluster virtualization"]);
        const two = await openAgain(stage, [{ name: "two", defaults: ["virtualization"] }]);
        assert.deepEqual(
            await defaults(two),
            ["local", "one cluster", "two virtualization"],
            "one default of each kind",
        );
        const none = await openAgain(stage, []);
        assert.deepEqual(await defaults(none), ["local", "one cluster", "two virtualization"], "nothing is taken away");
    });

    it("do not take back a default that somebody moved, until the declaration itself changes", async () => {
        const fast: ClassDeclaration = { name: "fast", defaults: ["cluster"] };
        const stage = stageOf([fast, { name: "slow" }]);
        await stage.cluster.update("StorageClass", { name: "fast" }, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [clusterDefault]: "false" };
        });
        await stage.cluster.update("StorageClass", { name: "slow" }, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [clusterDefault]: "true" };
        });
        const marks = async (cluster: Cluster): Promise<(string | undefined)[]> =>
            (await cluster.list("StorageClass")).map(({ metadata }) => metadata.annotations?.[clusterDefault]);
        const again = await openAgain(stage, [fast, { name: "slow" }]);
        assert.deepEqual(await marks(again), ["false", "true"], "moved by others, and left there");
        const changed = await openAgain(stage, [{ ...fast, mode: "0660" }, { name: "slow" }]);
        assert.deepEqual(await marks(changed), ["true", undefined], "the declaration was changed: it counts again");
        assert.equal((await changed.get("StorageClass", { name: "fast" }))?.parameters?.["mode"], "0660");
    });

    it("keep the marks of a class that was there, where its declaration says nothing of defaults", async () => {
        const stage = stageOf();
        await stage.cluster.establish();
        const said = await openAgain(stage, [{ name: "local", snapshot: "overlay" }]);
        assert.deepEqual(await defaults(said), ["local cluster"]);
        assert.equal(
            (await said.get("StorageProfile", { name: "local" }))?.status?.snapshotClass,
            "bootsource-overlay",
        );
        const none = await openAgain(stage, [{ name: "local", snapshot: "overlay", defaults: [] }]);
        assert.deepEqual(await defaults(none), ["local"], "an empty list says that it is no default");
    });

    it("follow a project that was moved, and move nothing else", async () => {
        const stage = stageOf([{ name: "fast", directory: "here", defaults: ["cluster"] }]);
        await stage.cluster.update("StorageClass", { name: "fast" }, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [clusterDefault]: "false" };
        });
        const declaration: ClassDeclaration = { name: "fast", directory: "here", defaults: ["cluster"] };
        const moved = new EmbeddedCluster(stage.store, {
            clock: systemClock,
            warn: () => undefined,
            storageClasses: [{ declaration, directory: join(stage.directory, "elsewhere", "here") }],
        });
        clusters.push(moved);
        await moved.establish();
        const found = await moved.get("StorageClass", { name: "fast" });
        assert.equal(found?.parameters?.["directory"], join(stage.directory, "elsewhere", "here"));
        assert.equal(found.metadata.annotations?.[clusterDefault], "false");
    });

    it("are written once: opening a store again changes no byte of it", async () => {
        const classes: ClassDeclaration[] = [{ name: "fast", snapshot: "overlay", defaults: ["cluster"] }];
        const stage = stageOf(classes);
        await stage.cluster.establish();
        const before = readFileSync(join(stage.store, "store.db"));
        await openAgain(stage, classes);
        assert.ok(readFileSync(join(stage.store, "store.db")).equals(before));
    });

    it("get their profiles in a store that an older version made", async () => {
        const stage = stageOf();
        await stage.cluster.establish();
        await stage.cluster.close();
        const old = Store.open(stage.store);
        old.remove("StorageProfile", { name: "local" });
        old.close();
        assert.equal(
            (await stage.other.get("StorageProfile", { name: "local" }))?.status?.storageClass,
            "local",
            "in previews",
        );
        await stage.other.establish();
        assert.equal((await stage.other.get("StorageProfile", { name: "local" }))?.status?.storageClass, "local");
    });

    it("have profiles whose status follows at once: their spec, the class, and the snapshot classes", async () => {
        const { cluster } = stageOf([{ name: "fast", snapshot: "overlay" }]);
        const at = { name: "fast" };
        const format = async (): Promise<string | undefined> =>
            (await cluster.get("StorageProfile", at))?.status?.dataImportCronSourceFormat;
        const asked = await cluster.update("StorageProfile", at, ({ spec }) => {
            spec.dataImportCronSourceFormat = "snapshot";
        });
        assert.equal(asked.status?.dataImportCronSourceFormat, "snapshot", "in the very answer");
        await cluster.delete("VolumeSnapshotClass", { name: "bootsource-overlay" });
        assert.equal(await format(), "pvc", "nothing to take snapshots with");
        await cluster.create("VolumeSnapshotClass", {
            metadata: { name: "mine" },
            driver: "pulumi-bootsource/overlay",
            deletionPolicy: "Delete",
        });
        assert.equal(await format(), "snapshot");
        await cluster.update("StorageClass", at, (found) => (found.provisioner = "pulumi-bootsource/directory"));
        assert.equal(await format(), "pvc");
    });

    it("have a profile each, made and deleted with them", async () => {
        const { cluster, other } = stageOf();
        await cluster.create("StorageClass", {
            metadata: { name: "made" },
            provisioner: "pulumi-bootsource/directory",
        });
        assert.equal(
            (await other.get("StorageProfile", { name: "made" }))?.status?.provisioner,
            "pulumi-bootsource/directory",
        );
        await cluster.delete("StorageClass", { name: "made" });
        assert.equal(await other.get("StorageProfile", { name: "made" }), undefined);
    });

    const overlaps: readonly (readonly [why: string, classes: ClassDeclaration[], says: RegExp])[] = [
        [
            "two directories that are one",
            [
                { name: "a", directory: "x" },
                { name: "b", directory: "x" },
            ],
            /"b".*that of "a"/,
        ],
        [
            "one within the other",
            [
                { name: "a", directory: "x/y" },
                { name: "b", directory: "x" },
            ],
            /\[1\]\.directory: .*"a"/,
        ],
        ["the store's own directory", [{ name: "a", directory: "store" }], /the store lies in it/],
        ["a directory around the store", [{ name: "a", directory: "." }], /the store lies in it/],
        [
            "what the store needs itself",
            [{ name: "a", directory: "store/partial/x" }],
            /the store keeps its partial there/,
        ],
        ["another class's place", [{ name: "a" }, { name: "b", directory: "store/volumes/a/x" }], /"b".*that of "a"/],
    ];
    for (const [why, classes, says] of overlaps) {
        it(`are refused for ${why}`, () => {
            const stage = stageOf();
            assert.throws(
                () => stage.open(classes),
                (error) => isBootsourceError(error) && error.code === "invalid-argument" && says.test(error.message),
            );
        });
    }
});
