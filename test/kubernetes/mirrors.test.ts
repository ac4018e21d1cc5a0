// What an update of many resources costs an API server, and that what it reads is never older than what it did itself.
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { until } from "../control-plane/until.js";
import { type ScriptedApi, event, listOf, startScriptedApi, status } from "./scripted-api.js";

const crons = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/dataimportcrons";
const hundred = Array.from({ length: 100 }, (_, index) => `cron-${index}`);

describe("the looks of an update", function () {
    this.timeout(20_000);
    let api: ScriptedApi;
    let watching: ServerResponse | undefined;
    beforeEach(async () => {
        api = await startScriptedApi();
        api.on("GET /api/v1/namespaces/kube-system", { body: { metadata: { uid: "one" } } });
        for (const name of hundred) api.on(`GET ${crons}/${name}`, { body: cron(name, "1") });
        api.on(
            `GET ${crons}`,
            listOf(
                hundred.slice(0, 99).map((name) => cron(name, "1")),
                "1",
            ),
        );
        api.on(`WATCH ${crons}`, (response) => {
            response.flushHeaders();
            watching = response;
        });
    });
    afterEach(() => api.close());

    const begun = async (): Promise<KubernetesCluster> => {
        const cluster = await api.cluster();
        await cluster.establish();
        await look(cluster);
        return cluster;
    };
    const look = (cluster: KubernetesCluster, names: readonly string[] = hundred) =>
        Promise.all(names.map((name) => cluster.get("DataImportCron", { namespace: "default", name })));
    const versionOf = async (cluster: KubernetesCluster, name: string): Promise<string | undefined> =>
        (await look(cluster, [name]))[0]?.metadata.resourceVersion;
    const asked = (line: string): number => api.lines().filter((one) => one === line).length;
    const tell = (type: string, object: object): void => void watching?.write(event(type, object));

    it("are a few requests, one list and one watch, however many objects there are and however often they are looked at", async () => {
        const cluster = await begun();
        await look(cluster);
        const labelled = await cluster.list("DataImportCron", { namespace: "default", labels: { number: "7" } });
        assert.deepEqual(
            labelled.map(({ metadata }) => metadata.name),
            ["cron-7"],
        );
        const [found] = await look(cluster, ["cron-50"]);
        assert.equal((found as object as { kind: string }).kind, "DataImportCron");
        assert.equal(await versionOf(cluster, "cron-99"), undefined, "also of what is not there");
        assert.equal(api.lines().length, 1 + 5 + 2);
    });

    it("show what others do, and all who wait are told by the same watch", async () => {
        const cluster = await begun();
        const waits = ["cron-3", "cron-4"].map((name) =>
            waitFor(
                cluster,
                "DataImportCron",
                { namespace: "default", name },
                (found) => (found?.metadata.resourceVersion === "9" ? name : undefined),
                AbortSignal.timeout(15_000),
            ),
        );
        tell("MODIFIED", cron("cron-3", "9"));
        tell("MODIFIED", cron("cron-4", "9"));
        assert.deepEqual(await Promise.all(waits), ["cron-3", "cron-4"]);
        tell("DELETED", cron("cron-5", "10"));
        await until("its deletion is heard of", async () => (await versionOf(cluster, "cron-5")) === undefined);
        assert.equal(asked(`GET ${crons}`), 2, "a list and a watch");
    });

    it("show at once what the update itself wrote, and nothing older afterwards", async () => {
        api.on(`POST ${crons}`, { body: cron("made", "20") });
        const cluster = await begun();
        const metadata = { namespace: "default", name: "made" };
        const spec = { schedule: "", managedDataSource: "made", template: { spec: { source: {} } } };
        await cluster.create("DataImportCron", { metadata, spec });
        assert.equal(await versionOf(cluster, "made"), "20");
        tell("MODIFIED", cron("made", "19"));
        tell("MODIFIED", cron("cron-1", "21"));
        await until("the later event is heard of", async () => (await versionOf(cluster, "cron-1")) === "21");
        assert.equal(await versionOf(cluster, "made"), "20");
    });

    it("show what another watch was woken for, and nothing older of it afterwards: who hears of an end finds nothing any more", async () => {
        const cluster = await begun();
        const slow = watching;
        watching = undefined;
        const over = new AbortController();
        const heard: string[] = [];
        const following = (async () => {
            for await (const { type, object } of cluster.watch("DataImportCron", over.signal, {
                namespace: "default",
            })) {
                const { name, resourceVersion } = object.metadata;
                if (resourceVersion === "1") continue;
                const listed = await cluster.list("DataImportCron", { namespace: "default", labels: { number: "8" } });
                heard.push(
                    `${type} ${resourceVersion}: ${(await versionOf(cluster, name)) ?? "none"} ${listed.length}`,
                );
            }
        })();
        await until("the other watch is open", () => watching !== undefined);
        tell("MODIFIED", cron("cron-8", "50"));
        tell("DELETED", cron("cron-8", "51"));
        await until("both are heard of", () => heard.length === 2);
        assert.deepEqual(heard, ["present 50: 50 1", "deleted 51: none 0"]);
        slow?.write(event("MODIFIED", cron("cron-8", "50")));
        slow?.write(event("MODIFIED", cron("cron-9", "52")));
        await until("the slow one has come after", async () => (await versionOf(cluster, "cron-9")) === "52");
        assert.equal(await versionOf(cluster, "cron-8"), undefined);
        over.abort();
        await following;
    });

    it("ask the server about what the update itself deleted, until the watch has told what became of it", async () => {
        api.on(`DELETE ${crons}/cron-8`, { body: {} });
        api.on(`GET ${crons}/cron-8`, { body: cron("cron-8", "30") });
        const cluster = await begun();
        await cluster.delete("DataImportCron", { namespace: "default", name: "cron-8" });
        assert.equal(await versionOf(cluster, "cron-8"), "30", "it waits for its finalizers");
        tell("DELETED", cron("cron-8", "31"));
        await until("its end is heard of", async () => (await versionOf(cluster, "cron-8")) === undefined);
    });

    it("ask for themselves while the watch is cut, and believe the list after it", async () => {
        const cluster = await begun();
        api.on(`GET ${crons}/cron-9`, { body: cron("cron-9", "40") });
        api.on(
            `WATCH ${crons}`,
            status(410, "Expired", "too old"),
            (response) => (watching = (response.flushHeaders(), response)),
        );
        let relist = (): void => undefined;
        api.on(`GET ${crons}`, (response) => {
            relist = () => response.end(JSON.stringify(listOf([cron("cron-9", "41")], "41").body));
        });
        watching?.destroy();
        await until("it asks anew", () => asked(`GET ${crons}`) === 4);
        assert.equal(await versionOf(cluster, "cron-9"), "40");
        relist();
        await until("it is told again", async () => (await versionOf(cluster, "cron-9")) === "41");
        assert.equal(await versionOf(cluster, "cron-10"), undefined, "what is not in the list is gone");
    });

    it("ask for themselves for good where a list is not allowed, and wait by themselves", async () => {
        api.on(`GET ${crons}`, status(403, "Forbidden", "may not list"));
        const cluster = await begun();
        await look(cluster);
        assert.equal(asked(`GET ${crons}`), 1);
        const wait = waitFor(
            cluster,
            "DataImportCron",
            { namespace: "default", name: "cron-1" },
            () => undefined,
            AbortSignal.timeout(15_000),
        );
        await assert.rejects(wait, { code: "forbidden" });
    });
});

function cron(name: string, resourceVersion: string): object {
    const labels = { number: name.split("-")[1] ?? "" };
    return { metadata: { name, namespace: "default", uid: `uid-of-${name}`, resourceVersion, labels }, spec: {} };
}
