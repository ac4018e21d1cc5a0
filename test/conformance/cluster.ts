// What every cluster must do, whichever world it is: the same cases run against each of them over a small stage.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import type { DataVolume, New, Ref } from "../../provider/model/objects.js";

/** One world with the means to play what happens around it. */
export interface Stage {
    readonly cluster: Cluster;
    /** The same world seen by somebody else: another process, another connection. */
    readonly other: Cluster;
    /** Offers an image of these bytes; says where a DataVolume finds it. */
    publish(name: string, bytes: Uint8Array): DataVolume["spec"]["source"];
    /** Lets an import end that is ready to. */
    completeImport(volume: Ref): Promise<void>;
    /** The disk's bytes, by another way than the cluster's own word; undefined where there is none. */
    readDisk(volume: Ref): Promise<Uint8Array | undefined>;
    close(): Promise<void>;
}

const namespace = "default";

/** The suite. */
export function describeCluster(name: string, makeStage: () => Promise<Stage>): void {
    describe(`${name} as a cluster`, function () {
        this.timeout(60_000);
        let stage: Stage;
        beforeEach(async () => {
            stage = await makeStage();
        });
        afterEach(() => stage.close());

        const secret = (label?: string): New<"Secret"> => ({
            metadata: { name: "login", namespace, ...(label === undefined ? {} : { labels: { app: label } }) },
            data: { accessKeyId: "bWU=" },
        });
        const at: Ref = { namespace, name: "login" };

        it("gives an object uid, version and time when it is created, and gives it back", async () => {
            const { metadata } = await stage.cluster.create("Secret", secret());
            assert.match(metadata.uid, /^[0-9a-f-]{36}$/, "a uid of its own");
            assert.ok(Date.parse(metadata.creationTimestamp) > 0, "a time");
            assert.equal((await stage.other.get("Secret", at))?.data?.["accessKeyId"], "bWU=", "others see it");
        });

        it("reads what is not there as undefined, deletes it without complaint, and refuses to make it twice", async () => {
            assert.equal(await stage.cluster.get("Secret", at), undefined);
            await stage.cluster.delete("Secret", at);
            await stage.cluster.create("Secret", secret());
            await rejects(stage.cluster.create("Secret", secret()), "already-exists");
        });

        it("lists by namespace and by label", async () => {
            await stage.cluster.create("Secret", secret("web"));
            await stage.cluster.create("Secret", { metadata: { name: "else", namespace: "other" } });
            const names = async (query: object): Promise<string[]> =>
                (await stage.cluster.list("Secret", query)).map(({ metadata }) => metadata.name);
            assert.deepEqual(await names({ namespace }), ["login"]);
            assert.deepEqual(await names({ labels: { app: "web" } }), ["login"]);
            assert.deepEqual(await names({ labels: { app: "db" } }), []);
        });

        it("updates by reading, changing and writing, and keeps fields that it does not know", async () => {
            await stage.cluster.create("Secret", { ...secret(), immutable: true } as New<"Secret">);
            await Promise.all(
                [stage.cluster, stage.other, stage.cluster, stage.other].map((cluster, index) =>
                    cluster.update("Secret", at, (object) => {
                        object.data = { ...object.data, [`key${index}`]: "eA==" };
                    }),
                ),
            );
            const found = await stage.cluster.get("Secret", at);
            assert.deepEqual(
                Object.keys(found?.data ?? {}).sort(),
                ["accessKeyId", "key0", "key1", "key2", "key3"],
                "no writer lost another one's change",
            );
            assert.equal((found as { immutable?: boolean } | undefined)?.immutable, true, "the unknown field is kept");
            await rejects(
                stage.cluster.update("Secret", { namespace, name: "none" }, () => undefined),
                "gone",
            );
        });

        it("writes nothing where nothing changes", async () => {
            const { metadata } = await stage.cluster.create("Secret", secret());
            const same = await stage.cluster.update("Secret", at, () => undefined);
            assert.equal(same.metadata.resourceVersion, metadata.resourceVersion);
        });

        it("deletes only the very object that is meant, and the children with their owner", async () => {
            const first = await stage.cluster.create("Secret", secret());
            await stage.cluster.delete("Secret", at, { uid: "00000000-0000-0000-0000-000000000000" });
            assert.ok(await stage.cluster.get("Secret", at), "another uid is another object");
            const { name: owner, uid } = first.metadata;
            const ownerReferences = [{ kind: "Secret" as const, name: owner, uid }];
            await stage.cluster.create("ConfigMap", { metadata: { name: "child", namespace, ownerReferences } });
            await stage.cluster.delete("Secret", at, { uid });
            assert.equal(await stage.other.get("Secret", at), undefined);
            assert.equal(
                await stage.other.get("ConfigMap", { namespace, name: "child" }),
                undefined,
                "the child is gone",
            );
        });

        it("shows a watcher what is there, then what others change and delete, and ends with the signal", async () => {
            await stage.cluster.create("Secret", secret());
            const over = new AbortController();
            const seen: string[] = [];
            for await (const { type, object } of stage.cluster.watch("Secret", over.signal)) {
                seen.push(`${type} ${Object.keys(object.data ?? {}).length}`);
                if (seen.length === 1) {
                    await stage.other.update("Secret", at, (found) => (found.data = { ...found.data, more: "eA==" }));
                } else if (seen.length === 2) await stage.other.delete("Secret", at);
                else over.abort();
            }
            assert.deepEqual(seen, ["present 1", "present 2", "deleted 2"]);
        });

        it("imports for a DataVolume that is driven, and says so in CDI's phases and conditions [B2, B3, B12, B37]", async () => {
            const bytes = new Uint8Array(2 << 20).fill(7, 0, 4096);
            const volume: Ref = { namespace, name: "example-import-dv" };
            const source = stage.publish("example", bytes);
            await stage.cluster.create("DataVolume", {
                metadata: { namespace, name: volume.name },
                spec: { source, storage: {} },
            });
            const completed = stage.completeImport(volume);
            const done = await waitFor(
                stage.cluster,
                "DataVolume",
                volume,
                (found) => (["Succeeded", "Failed"].includes(found?.status?.phase ?? "") ? found : undefined),
                AbortSignal.timeout(30_000),
            );
            await completed;
            assert.equal(done.status?.phase, "Succeeded");
            const said = Object.fromEntries(
                (done.status.conditions ?? []).map(({ type, status, reason }) => [type, [status, reason]]),
            );
            assert.deepEqual(said, { Bound: ["True", "Bound"], Running: ["False", "Completed"], Ready: ["True", ""] });
            assert.equal(done.status.progress, "100.0%");
            const claim = await stage.other.get("PersistentVolumeClaim", volume);
            assert.equal(claim?.status?.phase, "Bound", "the claim of the same name is bound");
            assert.equal(claim.metadata.ownerReferences?.[0]?.name, volume.name, "and belongs to the DataVolume");
            assert.equal(
                claim.metadata.annotations?.["cdi.kubevirt.io/storage.contentType"],
                "kubevirt",
                "with CDI's mark",
            );
            assert.deepEqual(await stage.readDisk(volume), bytes, "the disk holds the image");
        });
    });
}

/** Rejects with one of our errors, of this code. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
    await assert.rejects(promise, (error) => isBootsourceError(error) && error.code === code);
}
