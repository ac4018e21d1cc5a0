// What every cluster must do, whichever world it is: the same cases run against each of them over a small stage.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import { describeRef } from "../../provider/cluster/wait.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import type { Kind, New, Ref } from "../../provider/model/objects.js";

/** One world with the means to play what happens around it. */
export interface Stage {
    readonly cluster: Cluster;
    /** The same world seen by somebody else: another process, another connection. */
    readonly other: Cluster;
    /** Two namespaces that are there, and empty. */
    readonly namespaces: readonly [here: string, elsewhere: string];
    close(): Promise<void>;
}

/** The suite. */
export function describeCluster(name: string, makeStage: () => Promise<Stage>): void {
    describe(`${name} as a cluster`, function () {
        this.timeout(60_000);
        let stage: Stage;
        let namespace: string;
        let elsewhere: string;
        let at: Ref;
        beforeEach(async () => {
            stage = await makeStage();
            [namespace, elsewhere] = stage.namespaces;
            at = { namespace, name: "login" };
        });
        afterEach(() => stage.close());

        const secret = (label?: string): New<"Secret"> => ({
            metadata: { name: "login", namespace, ...(label === undefined ? {} : { labels: { app: label } }) },
            data: { accessKeyId: "bWU=" },
        });
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
            await stage.cluster.create("Secret", { metadata: { name: "else", namespace: elsewhere } });
            const names = async (query: object): Promise<string[]> =>
                (await stage.cluster.list("Secret", query)).map(({ metadata }) => metadata.name);
            assert.deepEqual(await names({ namespace }), ["login"]);
            assert.deepEqual(await names({ labels: { app: "web" } }), ["login"]);
            assert.deepEqual(await names({ labels: { app: "db" } }), []);
        });

        it("updates by reading, changing and writing, and keeps fields that it does not know", async () => {
            const unknown = { binaryData: { image: "AAH/" } };
            await stage.cluster.create("ConfigMap", { metadata: { ...at, name: "login", namespace }, ...unknown });
            await Promise.all(
                [stage.cluster, stage.other, stage.cluster, stage.other].map((cluster, index) =>
                    cluster.update("ConfigMap", at, (object) => {
                        object.data = { ...object.data, [`key${index}`]: "x" };
                    }),
                ),
            );
            const found = await stage.cluster.get("ConfigMap", at);
            assert.deepEqual(
                Object.keys(found?.data ?? {}).sort(),
                ["key0", "key1", "key2", "key3"],
                "no writer lost another one's change",
            );
            assert.deepEqual(
                (found as object as typeof unknown).binaryData,
                unknown.binaryData,
                "the unknown field is kept",
            );
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
            // Where the platform collects them the children follow a little later.
            await gone(stage.other, "ConfigMap", { namespace, name: "child" });
        });

        it("shows a watcher what is there, then what others change and delete, and ends with the signal", async () => {
            await stage.cluster.create("Secret", secret());
            const over = new AbortController();
            const seen: string[] = [];
            for await (const { type, object } of stage.cluster.watch("Secret", over.signal)) {
                // A watch of a kind is one of all namespaces.
                if (object.metadata.namespace !== namespace) continue;
                seen.push(`${type} ${Object.keys(object.data ?? {}).length}`);
                if (seen.length === 1) {
                    await stage.other.update("Secret", at, (found) => (found.data = { ...found.data, more: "eA==" }));
                } else if (seen.length === 2) await stage.other.delete("Secret", at);
                else over.abort();
            }
            assert.deepEqual(seen, ["present 1", "present 2", "deleted 2"]);
        });
    });
}

/** Rejects with one of our errors, of this code. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<void> {
    await assert.rejects(promise, (error) => isBootsourceError(error) && error.code === code);
}

/** Waits until there is no such object. */
async function gone(cluster: Cluster, kind: Kind, at: Ref): Promise<void> {
    const deadline = Date.now() + 45_000;
    while ((await cluster.get(kind, at)) !== undefined) {
        assert.ok(Date.now() < deadline, `${kind} ${describeRef(at)} is still there`);
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
}
