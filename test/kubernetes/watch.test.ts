// Watches over a connection that does not last: nothing is missed, nothing is asked for in a frenzy, and the end is the signal's.
import * as assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type ScriptedApi, event, listOf, secret, startScriptedApi, status } from "./scripted-api.js";

const secrets = "/api/v1/namespaces/default/secrets";
const at = { namespace: "default", name: "login" };

describe("a watch over a Kubernetes API", function () {
    this.timeout(20_000);
    let api: ScriptedApi;
    beforeEach(async () => {
        api = await startScriptedApi();
    });
    afterEach(() => api.close());

    /** "present 1", as long as `count` of them come. */
    const changes = async (cluster: KubernetesCluster, count: number): Promise<string[]> => {
        const over = new AbortController();
        const seen: string[] = [];
        for await (const { type, object } of cluster.watch("Secret", over.signal, at)) {
            seen.push(`${type} ${object.metadata.resourceVersion}`);
            if (seen.length === count) over.abort();
        }
        return seen;
    };
    const versions = (): (string | null)[] =>
        api.asked.filter(({ query }) => query.has("watch")).map(({ query }) => query.get("resourceVersion"));

    it("goes on from where it was when the connection is cut, half a line and all", async () => {
        api.on(`GET ${secrets}`, listOf([secret("login", "1")], "1"));
        api.on(
            `WATCH ${secrets}`,
            cut(event("MODIFIED", secret("login", "2")) + event("MODIFIED", secret("login", "3")).slice(0, 20)),
            stay(event("MODIFIED", secret("login", "3"))),
        );
        assert.deepEqual(await changes(await api.cluster(), 3), ["present 1", "present 2", "present 3"]);
        assert.deepEqual(versions(), ["1", "2"]);
        const [asked] = api.asked.filter(({ query }) => query.has("watch"));
        assert.equal(asked?.query.get("fieldSelector"), "metadata.name=login", "of one object only");
        assert.equal(asked.query.get("allowWatchBookmarks"), "true");
    });

    it("follows bookmarks, so that a quiet watch is not told the past again", async () => {
        const bookmark = { kind: "Secret", metadata: { resourceVersion: "900" } };
        api.on(`GET ${secrets}`, listOf([secret("login", "1")], "1"));
        api.on(`WATCH ${secrets}`, ends(event("BOOKMARK", bookmark)), stay(event("MODIFIED", secret("login", "901"))));
        assert.deepEqual(await changes(await api.cluster(), 2), ["present 1", "present 901"]);
        assert.deepEqual(versions(), ["1", "900"]);
    });

    for (const [reason, forgotten] of [
        ["in the stream", ends(event("ERROR", { kind: "Status", code: 410, reason: "Expired", message: "too old" }))],
        ["at once", status(410, "Expired", "too old resource version: 1 (500)")],
    ] as const) {
        it(`finds out what happened while the server forgot, told ${reason}: also that an object is another one now`, async () => {
            api.on(
                `GET ${secrets}`,
                listOf([secret("login", "1")], "1"),
                listOf([secret("login", "500", { uid: "another" })], "510"),
            );
            api.on(`WATCH ${secrets}`, forgotten, stay(""));
            assert.deepEqual(await changes(await api.cluster(), 3), ["present 1", "deleted 1", "present 500"]);
        });
    }

    it("tells nothing twice that has not changed", async () => {
        api.on(`GET ${secrets}`, listOf([secret("login", "1")], "1"));
        api.on(`WATCH ${secrets}`, stay(event("ADDED", secret("login", "1")) + event("DELETED", secret("login", "2"))));
        assert.deepEqual(await changes(await api.cluster(), 2), ["present 1", "deleted 2"]);
    });

    it("does not hammer a server that ends every watch at once", async () => {
        const clock = new HurryClock();
        const asks = (): number => api.asked.filter(({ query }) => query.has("watch")).length;
        api.on(`GET ${secrets}`, listOf([], "1"));
        api.on(
            `WATCH ${secrets}`,
            ...Array.from({ length: 8 }, () => ends("")),
            stay(event("ADDED", secret("login", "2"))),
        );
        const started = clock.now();
        assert.deepEqual(await changes(await api.cluster({ clock }), 1), ["present 2"]);
        assert.ok(clock.now() - started > 8_000, `${asks()} watches in ${clock.now() - started} ms`);
    });

    it("ends with what never passes: a right that was taken away", async () => {
        api.on(`GET ${secrets}`, listOf([secret("login", "1")], "1"));
        api.on(`WATCH ${secrets}`, ends(""), status(403, "Forbidden", "secrets is forbidden"));
        await assert.rejects(changes(await api.cluster(), 2), { code: "forbidden" });
    });

    it("says what is missing where the kind is not served", async () => {
        api.on("GET /apis/cdi.kubevirt.io/v1beta1/namespaces/default/datavolumes", {
            status: 404,
            body: "404 page not found",
        });
        const cluster = await api.cluster();
        await assert.rejects(
            waitFor(cluster, "DataVolume", at, () => undefined, AbortSignal.timeout(10_000)),
            { code: "not-served" },
        );
    });

    it("ends a wait with the signal's reason, and with the cluster that is closed", async () => {
        api.on(`GET ${secrets}`, listOf([], "1"));
        api.on(`WATCH ${secrets}`, stay(""));
        const cluster = await api.cluster();
        const over = new AbortController();
        const cancelled = assert.rejects(
            waitFor(cluster, "Secret", at, () => undefined, over.signal),
            { code: "cancelled" },
        );
        const closed = assert.rejects(
            waitFor(cluster, "Secret", at, () => undefined, AbortSignal.timeout(15_000)),
            { code: "cancelled", message: /was closed/ },
        );
        over.abort();
        await cancelled;
        await cluster.close();
        await closed;
    });
});

/** Sends the text and breaks the connection. */
function cut(text: string) {
    return (response: ServerResponse): void => {
        response.write(text, () => response.socket?.destroy());
    };
}

/** Sends the text and ends the watch, as a server does now and then. */
function ends(text: string) {
    return (response: ServerResponse): void => {
        response.end(text);
    };
}

/** Sends the text and keeps the watch open. */
function stay(text: string) {
    return (response: ServerResponse): void => {
        response.flushHeaders();
        response.write(text);
    };
}
