// What an API server under stress does to a client: refusals that pass, races, answers that are lost on their way.
import * as assert from "node:assert/strict";
import { isBootsourceError } from "../../provider/model/errors.js";
import { systemClock } from "../../provider/model/clock.js";
import { rejects } from "../conformance/cluster.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type ScriptedApi, listOf, secret, startScriptedApi, status } from "./scripted-api.js";

const secrets = "/api/v1/namespaces/default/secrets";
const at = { namespace: "default", name: "login" };

describe("a Kubernetes cluster under stress", function () {
    this.timeout(20_000);
    let api: ScriptedApi;
    beforeEach(async () => {
        api = await startScriptedApi();
    });
    afterEach(() => api.close());

    it("waits as long as a 429 asks for, and goes on", async () => {
        const clock = new HurryClock();
        const busy = { ...status(429, "TooManyRequests", "slow down"), headers: { "retry-after": "7" } };
        api.on(`GET ${secrets}/login`, busy, busy, { body: secret("login", "1") });
        const cluster = await api.cluster({ clock });
        assert.equal((await cluster.get("Secret", at))?.metadata.name, "login");
        assert.deepEqual(clock.waits, [7000, 7000]);
    });

    it("outlasts a minute without a server, once it has answered", async () => {
        const away = status(503, "ServiceUnavailable", "apiserver not ready");
        api.on(`GET ${secrets}/login`, { body: secret("login", "1") }, ...Array.from({ length: 9 }, () => away), {
            body: secret("login", "2"),
        });
        const cluster = await api.cluster();
        await cluster.get("Secret", at);
        assert.equal((await cluster.get("Secret", at))?.metadata.resourceVersion, "2");
    });

    it("gives up on a server that stays broken, in the server's own words", async () => {
        const clock = new HurryClock();
        api.on(`GET ${secrets}/login`, status(500, "InternalError", "etcdserver: no leader"));
        const started = clock.now();
        const cluster = await api.cluster({ clock });
        await assert.rejects(cluster.get("Secret", at), {
            code: "unreachable",
            message:
                /^cannot get Secret default\/login: the cluster lab \(.*\) failed \(500 etcdserver: no leader\); try again later$/,
        });
        assert.ok(clock.now() - started <= 90_000, "within its patience");
    });

    it("gives up as soon as it is closed: trying on would leave its process no time to end", async () => {
        api.on(`GET ${secrets}/login`, status(503, "ServiceUnavailable", "apiserver not ready"));
        let [time, sleeps] = [0, 0];
        const close = (): void => void cluster.close();
        const clock = {
            now: () => (time += 100),
            sleep: async (_milliseconds: number, signal?: AbortSignal) => {
                sleeps += 1;
                if (sleeps === 1) close();
                if (signal?.aborted === false)
                    await new Promise((resolve) => signal.addEventListener("abort", resolve));
            },
        };
        const cluster = await api.cluster({ clock });
        await assert.rejects(cluster.get("Secret", at), { code: "unreachable" });
        assert.equal(sleeps, 1);
    });

    it("applies a change again to what somebody else wrote meanwhile, and keeps their part", async () => {
        api.on(
            `GET ${secrets}/login`,
            { body: { ...secret("login", "1"), strange: 1 } },
            { body: { ...secret("login", "2"), strange: 2 } },
        );
        api.on(
            `PUT ${secrets}/login`,
            status(409, "Conflict", "the object has been modified"),
            (response, { body }) => {
                response.end(JSON.stringify(body));
            },
        );
        const cluster = await api.cluster();
        const written = await cluster.update("Secret", at, (object) => (object.data = { mine: "eA==" }));
        const { metadata, data, strange } = written as object as Record<string, unknown>;
        assert.deepEqual(
            [(metadata as { resourceVersion: string }).resourceVersion, data, strange],
            ["2", { mine: "eA==" }, 2],
        );
        assert.equal((api.asked.at(-1)?.body as { apiVersion: string }).apiVersion, "v1");
    });

    it("knows its own object again, where only the answer to its creation was lost", async () => {
        const annotations = { "pulumi-bootsource/urn": "urn", "pulumi-bootsource/token": "mine" };
        api.on(
            `POST ${secrets}`,
            (response) => response.destroy(),
            status(409, "AlreadyExists", 'secrets "login" already exists', { name: "login" }),
        );
        api.on(`GET ${secrets}/login`, { body: secret("login", "5", { annotations }) });
        const cluster = await api.cluster();
        const made = await cluster.create("Secret", { metadata: { ...at, annotations } });
        assert.equal(made.metadata.resourceVersion, "5");
        await rejects(
            cluster.create("Secret", {
                metadata: { ...at, annotations: { ...annotations, "pulumi-bootsource/token": "other" } },
            }),
            "already-exists",
        );
    });

    it("deletes nothing in place of what was meant", async () => {
        api.on(`DELETE ${secrets}/login`, status(409, "Conflict", "Precondition failed: UID"));
        api.on(`GET ${secrets}/login`, { body: secret("login", "9", { uid: "another" }) });
        const cluster = await api.cluster();
        await cluster.delete("Secret", at, { uid: "meant", resourceVersion: "8" });
        const sent = api.asked.find(({ method }) => method === "DELETE")?.body as Record<string, unknown>;
        assert.deepEqual(sent["preconditions"], { uid: "meant", resourceVersion: "8" });
        assert.equal(sent["propagationPolicy"], "Background");
    });

    it("reads a long list page by page, and begins again where its place was lost", async () => {
        const expired = status(410, "Expired", "the provided continue parameter is too old");
        api.on(
            `GET ${secrets}`,
            listOf([secret("a", "1")], "1", "next"),
            expired,
            listOf([secret("a", "1")], "2", "next"),
            listOf([secret("b", "2")], "2"),
        );
        const cluster = await api.cluster();
        const found = await cluster.list("Secret", { namespace: "default" });
        assert.deepEqual(
            found.map(({ metadata }) => metadata.name),
            ["a", "b"],
        );
        assert.deepEqual(
            api.asked.map(({ query }) => query.get("continue")),
            [null, "next", null, "next"],
        );
    });

    it("asks once for all who list at about the same time, and anew after a write of its own", async () => {
        const clock = new HurryClock();
        api.on(`GET ${secrets}`, listOf([], "1"));
        api.on(`POST ${secrets}`, { body: secret("login", "2") });
        const cluster = await api.cluster({ clock });
        const list = (): Promise<unknown> => cluster.list("Secret", { namespace: "default" });
        const lists = (): number => api.lines().filter((line) => line === `GET ${secrets}`).length;
        await Promise.all([list(), list(), list()]);
        await list();
        assert.equal(lists(), 1);
        await cluster.create("Secret", { metadata: at });
        await list();
        assert.equal(lists(), 2, "a write ends the share");
        clock.pass(1_001);
        await list();
        assert.equal(lists(), 3, "and so does a second");
    });

    it("tells who lacks which right, and which role of ours gives it", async () => {
        const words =
            'secrets is forbidden: User "viewer" cannot create resource "secrets" in API group "" in the namespace "default"';
        api.on(`POST ${secrets}`, status(403, "Forbidden", words));
        const cluster = await api.cluster();
        await assert.rejects(cluster.create("Secret", { metadata: at }), (thrown) => {
            assert.ok(isBootsourceError(thrown) && thrown.code === "forbidden");
            assert.ok(thrown.message.includes(words), thrown.message);
            assert.match(
                thrown.message,
                /bootsource-admin .*\{apiGroups: \[""\], resources: \["secrets"\], verbs: \["create"\]\}$/,
            );
            return true;
        });
        assert.equal(api.asked.length, 1, "a refusal is not asked for twice");
    });

    it("keeps the words of a webhook that refuses", async () => {
        const volumes = "/apis/cdi.kubevirt.io/v1beta1/namespaces/default/datavolumes";
        const words =
            'admission webhook "datavolume-validate.cdi.kubevirt.io" denied the request:  Missing Data volume source';
        api.on(`POST ${volumes}`, status(422, "Invalid", words));
        const cluster = await api.cluster();
        await assert.rejects(cluster.create("DataVolume", { metadata: at, spec: { source: {} } }), {
            code: "refused",
            message: `cannot create DataVolume default/login: ${words}`,
        });
    });

    it("reads nothing where CDI is not installed, and says what is missing when it writes", async () => {
        const plain = { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" };
        const group = "/apis/cdi.kubevirt.io/v1beta1";
        api.on(`GET ${group}/storageprofiles`, plain);
        api.on(`GET ${group}/namespaces/default/datasources/login`, plain);
        api.on(`POST ${group}/namespaces/default/dataimportcrons`, plain);
        const cluster = await api.cluster();
        assert.deepEqual(await cluster.list("StorageProfile"), []);
        assert.equal(await cluster.get("DataSource", at), undefined);
        const spec = { schedule: "", managedDataSource: "login", template: { spec: { source: {} } } };
        await assert.rejects(cluster.create("DataImportCron", { metadata: at, spec }), {
            code: "not-served",
            message: /CDI\) is not installed in the cluster lab/,
        });
    });

    it("stops waiting when it is closed", async () => {
        api.on("GET /api/v1/namespaces/kube-system", { body: { metadata: { uid: "one" } } });
        let asked: () => void = () => undefined;
        const under = new Promise<void>((resolve) => (asked = resolve));
        api.on(`GET ${secrets}/login`, (response) => {
            asked();
            response.writeHead(503, { "retry-after": "25" }).end();
        });
        const cluster = await api.cluster({ clock: systemClock });
        await cluster.identify();
        const waiting = assert.rejects(cluster.get("Secret", at), { code: "cancelled" });
        await under;
        await cluster.close();
        await waiting;
    });

    it("tells a login page from an API", async () => {
        api.on(`GET ${secrets}/login`, { body: "<html>please log in</html>" });
        await assert.rejects((await api.cluster()).get("Secret", at), {
            code: "unexpected-response",
            message: /what answers for the cluster lab .* is not a Kubernetes API/,
        });
    });

    it("names the namespace that is not there", async () => {
        api.on(`POST ${secrets}`, status(404, "NotFound", 'namespaces "default" not found'));
        const cluster = await api.cluster();
        await assert.rejects(cluster.create("Secret", { metadata: at }), {
            code: "missing-object",
            message: /namespaces "default" not found/,
        });
    });
});
