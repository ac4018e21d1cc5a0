// What previews of many resources cost an API server: they grow with the kinds, not with the objects.
import * as assert from "node:assert/strict";
import type { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type ScriptedApi, listOf, startScriptedApi, status } from "./scripted-api.js";

const crons = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/dataimportcrons";
const hundred = Array.from({ length: 100 }, (_, index) => `cron-${index}`);

describe("the first looks of a preview", () => {
    let api: ScriptedApi;
    beforeEach(async () => {
        api = await startScriptedApi();
        for (const name of hundred) api.on(`GET ${crons}/${name}`, { body: cron(name, "fresh") });
        api.on(
            `GET ${crons}`,
            listOf(
                hundred.slice(0, 99).map((name) => cron(name, "listed")),
                "1",
            ),
        );
    });
    afterEach(() => api.close());

    const look = (cluster: KubernetesCluster, names: readonly string[] = hundred) =>
        Promise.all(names.map((name) => cluster.get("DataImportCron", { namespace: "default", name })));

    it("are a few requests and one list, however many objects there are", async () => {
        const found = await look(await api.cluster());
        assert.deepEqual(
            found.map((object) => object?.metadata.name),
            [...hundred.slice(0, 99), undefined],
            "also of what is not there",
        );
        assert.equal((found[50] as object as { kind: string }).kind, "DataImportCron");
        assert.equal(api.lines().length, 6, "five for themselves, and the list");
    });

    it("are no second looks: whoever looks again waits for a change, and sees it", async () => {
        const cluster = await api.cluster();
        await look(cluster);
        const [again] = await look(cluster, ["cron-70"]);
        assert.equal(again?.metadata.resourceVersion, "fresh");
        assert.equal(api.lines().at(-1), `GET ${crons}/cron-70`);
    });

    it("at what belongs to no namespace, and at what carries a label, are answered by one list too", async () => {
        const profiles = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles";
        api.on(`GET ${profiles}/fast`, { body: cron("fast", "fresh") });
        api.on(`GET ${profiles}`, listOf([cron("fast", "listed")], "1"));
        const cluster = await api.cluster();
        const labels = (name: string) => cluster.list("DataImportCron", { namespace: "default", labels: { name } });
        for (const name of hundred) {
            assert.ok(await cluster.get("StorageProfile", { name: "fast" }));
            await labels(name);
        }
        assert.deepEqual(
            (await labels("cron-7")).map(({ metadata }) => metadata.name),
            ["cron-7"],
        );
        assert.equal(api.lines().length, 12, "five each for themselves, and a list of each");
    });

    it("end with the first step of an update, which must know what is there at that moment", async () => {
        api.on("GET /api/v1/namespaces/kube-system", { body: { metadata: { uid: "one" } } });
        const cluster = await api.cluster();
        await cluster.establish();
        api.on(`GET ${crons}`, status(403, "Forbidden", "may not list"));
        const found = await look(cluster);
        assert.deepEqual(new Set(found.map((object) => object?.metadata.resourceVersion)), new Set(["fresh"]));
    });

    it("ask for each by itself where a list is not allowed, and anew after a while", async () => {
        api.on(`GET ${crons}`, status(403, "Forbidden", "may not list"));
        assert.equal((await look(await api.cluster())).length, 100);
        assert.equal(api.lines().filter((line) => line === `GET ${crons}`).length, 1);
        api.on(`GET ${crons}`, listOf([], "1"));
        const clock = new HurryClock();
        const cluster = await api.cluster({ clock });
        await look(cluster, hundred.slice(0, 50));
        clock.pass(15_001);
        await look(cluster, hundred.slice(50));
        assert.equal(api.lines().filter((line) => line === `GET ${crons}`).length, 3);
    });
});

function cron(name: string, resourceVersion: string): object {
    const labels = { name };
    return { metadata: { name, namespace: "default", uid: `uid-of-${name}`, resourceVersion, labels }, spec: {} };
}
