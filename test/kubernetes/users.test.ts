// Who has a claim in use on a cluster: those who would lose their disk, and nobody else.
import * as assert from "node:assert/strict";
import { type ScriptedApi, listOf, startScriptedApi, status } from "./scripted-api.js";

const pods = "GET /api/v1/namespaces/default/pods";
const machines = "GET /apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances";
const claim = { namespace: "default", name: "disk" };

describe("the users of a claim on a cluster", () => {
    let api: ScriptedApi;
    beforeEach(async () => {
        api = await startScriptedApi();
    });
    afterEach(() => api.close());

    const user = (name: string, volume: object, more: { phase?: string; labels?: object } = {}): object => ({
        metadata: { namespace: "default", name, labels: more.labels },
        spec: { volumes: [{ name: "disk", ...volume }] },
        status: { phase: more.phase ?? "Running" },
    });
    const mounts = { persistentVolumeClaim: { claimName: "disk" } };

    it("are pods that mount it and machines whose disk it is, as long as they are not finished", async () => {
        api.on(
            pods,
            listOf(
                [
                    user("web", mounts, { phase: "Pending" }),
                    user("done", mounts, { phase: "Succeeded" }),
                    user("else", { persistentVolumeClaim: { claimName: "another" } }),
                    user("importer-disk", mounts, { labels: { app: "containerized-data-importer" } }),
                    user("virt-launcher-vm", mounts, { labels: { "kubevirt.io": "virt-launcher" } }),
                ],
                "1",
            ),
        );
        api.on(
            machines,
            listOf([user("vm", { dataVolume: { name: "disk" } }), user("old", mounts, { phase: "Failed" })], "1"),
        );
        const cluster = await api.cluster();
        assert.deepEqual(await cluster.usersOf(claim), ["virtual machine default/vm", "pod default/web"]);
    });

    it("are pods alone where KubeVirt is not installed", async () => {
        api.on(pods, listOf([user("web", mounts)], "1"));
        api.on(machines, { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found\n" });
        assert.deepEqual(await (await api.cluster()).usersOf({ name: "disk" }), ["pod default/web"]);
    });

    it("are not nobody where they may not be seen", async () => {
        api.on(pods, status(403, "Forbidden", "pods is forbidden"));
        api.on(machines, listOf([], "1"));
        await assert.rejects((await api.cluster()).usersOf(claim), { code: "forbidden", message: /"pods"/ });
    });
});
