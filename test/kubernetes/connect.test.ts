// From a stack's configuration to a cluster: which one it is, and what happens where it cannot be told.
import * as assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { type Configuration, type Reached, connect } from "../../provider/connect.js";
import { type Severity } from "../../provider/lifecycle/host.js";
import { Session } from "../../provider/lifecycle/session.js";
import { unknownValue } from "../../provider/model/unknown.js";
import type { Data } from "../../provider/resources/contract.js";
import { rejects } from "../conformance/cluster.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type Play, type ScriptedApi, kubeconfigText, startScriptedApi, status } from "./scripted-api.js";

const uid = "6f1c0000-0000-4000-8000-000000000001";
const urn = "urn:pulumi:test::project::pulumi-nodejs:dynamic/bootsource:ImportedImage::disk";
const args = { source: { http: { url: "http://127.0.0.1:9/disk.img" } }, storage: { size: "1Gi" } };

describe("a stack that names a cluster", function () {
    this.timeout(30_000);
    let api: ScriptedApi;
    let directory: string;
    let nowhere: string;
    const sessions: Session[] = [];
    const reached: Reached[] = [];
    before(async () => {
        nowhere = kubeconfigText({ server: `http://127.0.0.1:${await closedPort()}` }, {}, "images");
    });
    beforeEach(async () => {
        directory = mkdtempSync(`${tmpdir()}/bootsource-connect-`);
        api = await startScriptedApi();
        api.on("GET /api/v1/namespaces/kube-system", namespace(uid));
    });
    afterEach(async () => {
        await Promise.all(sessions.splice(0).map((session) => session.close()));
        await Promise.all(reached.splice(0).map(({ cluster }) => cluster.close()));
        await api.close();
        rmSync(directory, { recursive: true });
    });

    const here = (more?: string): string => kubeconfigText({ server: api.url }, {}, more);
    const open = async (configuration: Configuration): Promise<Reached> => {
        const one = await connect(configuration, { clock: new HurryClock(), warn: () => undefined, directory });
        reached.push(one);
        return one;
    };
    const run = (configuration: Configuration): { session: Session; said: string[] } => {
        const said: string[] = [];
        const log = (severity: Severity, message: string): void => void said.push(`${severity}: ${message}`);
        const clock = new HurryClock();
        const signal = new AbortController().signal;
        const session = new Session({
            configuration: { upstream: "never", ...configuration },
            directory,
            clock,
            signal,
            log,
            shownDirectory: directory,
        });
        sessions.push(session);
        return { session, said };
    };
    const check = (session: Session, preview: boolean, olds: Data = {}) =>
        session.check({ kind: "ImportedImage", urn, preview, olds, news: args });

    it("works in the namespace that is configured, else in the context's, else in default", async () => {
        assert.equal((await open({ kubeconfig: here() })).cluster.namespace, "default");
        assert.equal((await open({ kubeconfig: here("images") })).cluster.namespace, "images");
        assert.equal((await open({ kubeconfig: here("images"), namespace: "mine" })).cluster.namespace, "mine");
    });

    it("knows the cluster by kube-system, and without that right by its own namespace", async () => {
        assert.equal((await open({ kubeconfig: here() })).cluster.identity, uid);
        api.on("GET /api/v1/namespaces/kube-system", status(403, "Forbidden", "namespaces is forbidden"));
        await rejects(open({ kubeconfig: here() }), "forbidden");
        api.on("GET /api/v1/namespaces/images", namespace("uid-of-images"));
        assert.equal((await open({ kubeconfig: here("images") })).cluster.identity, "uid-of-images");
    });

    const wrong: { reason: string; configuration: () => Configuration; code: string; says: RegExp }[] = [
        {
            reason: "a store and a cluster",
            configuration: () => ({ store: "./store", kubeconfig: here() }),
            code: "invalid-argument",
            says: /bootsource:store names a directory.*remove one of the two/,
        },
        {
            reason: "a context of no kubeconfig: nobody's own is looked at",
            configuration: () => ({ context: "lab" }),
            code: "not-configured",
            says: /names no store and no cluster.*bootsource:store \.\/store.*bootsource:kubeconfig/,
        },
        {
            reason: "a context that is not there",
            configuration: () => ({ kubeconfig: here(), context: "north" }),
            code: "invalid-argument",
            says: /no context "north"; the ones there are: lab$/,
        },
        {
            reason: "a word that means nothing",
            configuration: () => ({ kubeconfig: here(), onClusterChange: "move" }),
            code: "invalid-argument",
            says: /bootsource:onClusterChange: "move" is not known; "refuse" and "recreate" are/,
        },
    ];
    for (const { reason, configuration, code, says } of wrong) {
        it(`is refused, also in a preview: ${reason}`, async () => {
            const { session } = run(configuration());
            await assert.rejects(check(session, true), { code, message: says });
            assert.deepEqual(api.asked, []);
        });
    }

    it("is refused where it does not know who asks, also in a preview", async () => {
        api.on("GET /api/v1/namespaces/kube-system", status(401, "Unauthorized", "Unauthorized"));
        await assert.rejects(check(run({ kubeconfig: here() }).session, true), { code: "unauthenticated" });
    });

    it("previews without the cluster, says so once, and does not update without it", async () => {
        const { session, said } = run({ kubeconfig: nowhere });
        const first = await check(session, true);
        assert.deepEqual(first.failures, []);
        assert.deepEqual([first.inputs["cluster"], first.inputs["namespace"]], [unknownValue, "images"]);
        const kept = await check(session, true, { ...first.inputs, cluster: uid });
        assert.equal(kept.inputs["cluster"], uid, "what the state knows stays");
        const warnings = said.filter((line) => line.includes("the cluster lab") && line.includes("reached"));
        assert.equal(warnings.length, 1, warnings.join("\n"));
        assert.match(
            warnings[0] ?? "",
            /the cluster lab .* cannot be reached: .*ECONNREFUSED.*; this preview tells only what is known/,
        );
        await assert.rejects(check(session, false), { code: "unreachable" });
    });

    it("forgets what a lost cluster held only where the stack says that it is lost", async () => {
        const state = { urn, token: "mine", cluster: uid, namespace: "images", claimName: "disk" };
        const { session } = run({ kubeconfig: nowhere });
        await assert.rejects(session.read("ImportedImage", "images/disk", state), { code: "unreachable" });
        await assert.rejects(session.delete("ImportedImage", state), { code: "unreachable" });
        const lost = run({ kubeconfig: nowhere, unreachable: "forget" });
        assert.equal(await lost.session.read("ImportedImage", "images/disk", state), undefined);
        await lost.session.delete("ImportedImage", state);
        assert.match(lost.said.join("\n"), /cannot be reached: .*; nothing is deleted there/);
        await assert.rejects(check(lost.session, false), { code: "unreachable" }, "an update needs it all the same");
    });

    it("refuses the state of another cluster, and makes everything anew where the stack says so", async () => {
        const other = "6f1c0000-0000-4000-8000-000000000002";
        const state = { urn, token: "mine", cluster: other, namespace: "images", claimName: "disk" };
        const { session } = run({ kubeconfig: here("images") });
        const { inputs, failures } = await check(session, true);
        assert.deepEqual([failures, inputs["cluster"]], [[], uid]);
        const olds = { ...inputs, cluster: other };
        const [failure] = (await check(session, true, olds)).failures;
        assert.match(failure?.reason ?? "", /another cluster than the cluster lab .*onClusterChange recreate/);
        await rejects(session.read("ImportedImage", "images/disk", state), "wrong-cluster");
        await rejects(session.delete("ImportedImage", state), "wrong-cluster");

        const moved = run({ kubeconfig: here("images"), onClusterChange: "recreate" });
        const again = await check(moved.session, true, olds);
        assert.deepEqual(again.failures, []);
        assert.deepEqual(
            moved.session.diff("ImportedImage", { ...olds, ...state }, again.inputs).replaces.slice(0, 1),
            ["cluster"],
        );
        assert.equal(await moved.session.read("ImportedImage", "images/disk", state), undefined);
        await moved.session.delete("ImportedImage", state);
        assert.equal(
            api.lines().filter((line) => line.startsWith("DELETE")).length,
            0,
            "nothing of that name is touched",
        );
    });
});

function namespace(is: string): Play {
    return { body: { kind: "Namespace", metadata: { uid: is } } };
}

/** A port that nobody listens at. */
async function closedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    return port;
}
