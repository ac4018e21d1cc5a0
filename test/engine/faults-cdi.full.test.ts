// `pulumi up` over an API server that is busy, breaks, loses answers, refuses races and lets a token run out: the world is as asked for.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BootSource, ImportedImage } from "../../components/index.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type Arrived, type Fate, type UnrulyApi, startUnrulyApi } from "../kubernetes/unruly-api.js";
import { type FakeRegistry, startFakeRegistry } from "../servers/fake-registry.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

const disk = makeDisk(1 << 20, { seed: 51 });
const boot = makeDisk(1 << 20, { seed: 52 });
const storage = { size: "4Mi" };

describe("an update over an API server in trouble", function () {
    this.timeout(600_000);
    const engine = useEngine();
    const clean: (() => Promise<void>)[] = [];
    let plane: ControlPlane;
    let registry: FakeRegistry;
    let api: UnrulyApi;
    let namespace: string;
    let imported: string;

    before(async function () {
        plane = await startControlPlane(this);
        registry = await startFakeRegistry({});
        clean.push(() => registry.close());
        const index = makeIndex({ amd64: makeContainerdisk(boot, { architecture: "amd64" }) });
        registry.hold("fedora", "latest", index);
        imported = `fedora-${index.manifest.digest.slice(7, 19)}`;
        clean.push(
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({
                name: "troubled",
                provisioner: "kubevirt.io.hostpath-provisioner",
                default: true,
            }),
        );
        api = await startUnrulyApi(plane);
        clean.push(() => api.close());
    });
    after(async () => {
        for (const undo of clean.reverse()) await undo();
    });
    beforeEach(async () => {
        namespace = await plane.namespace("troubled");
        api.decide();
    });

    const program =
        (schedule: string): Program =>
        () => {
            const url = engine.web.serve("/disk.img", disk);
            new ImportedImage("disk", {
                name: "disk",
                source: { http: { url } },
                storage,
                labels: { by: schedule[0] ?? "" },
            });
            new BootSource("fedora", {
                source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
                retentionPolicy: "None",
                ...{ schedule, storage },
            });
            return Promise.resolve({});
        };
    const run = async (operation: "up" | "destroy", given?: Program, kubeconfig = api.kubeconfig()): Promise<Ran> => {
        const ran = await engine.project.run(operation, given, {
            store: null,
            config: {
                kubeconfig: { value: kubeconfig, secret: true },
                namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
        });
        assert.equal(ran.failure, undefined, ran.text);
        return ran;
    };
    const cdi = (kind: string): string => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}`;
    const namesOf = async (kind: string): Promise<string[]> =>
        (await plane.api.list(cdi(kind))).map(({ metadata }) => metadata.name).sort();
    const sum = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const isThere = async (schedule: string): Promise<void> => {
        assert.deepEqual(await namesOf("datavolumes"), ["disk", imported]);
        assert.deepEqual(await namesOf("datasources"), ["fedora"]);
        const crons = await plane.api.list(cdi("dataimportcrons"));
        const said = crons.map(({ metadata, spec }) => [metadata.name, (spec as { schedule: string }).schedule]);
        assert.deepEqual(said, [["fedora-image-cron", schedule]]);
        for (const [claim, bytes] of [
            ["disk", disk],
            [imported, boot],
        ] as const) {
            const there = readFileSync(await plane.contentOf(namespace, claim)).subarray(0, bytes.length);
            assert.equal(sum(there), sum(bytes), claim);
        }
    };
    /** Makes, changes and removes all of it under the same trouble; says how often it struck. */
    const endure = async (trouble: (request: Arrived) => Fate, kubeconfig?: string): Promise<number> => {
        let struck = 0;
        api.decide((request) => {
            const fate = trouble(request);
            if (fate !== "pass") struck += 1;
            return fate;
        });
        for (const schedule of ["0 3 1 1 *", "1 4 1 1 *"]) {
            await run("up", program(schedule), kubeconfig);
            await isThere(schedule);
        }
        await run("destroy", undefined, kubeconfig);
        for (const kind of ["dataimportcrons", "datasources", "datavolumes"])
            await until(`no ${kind} are left`, async () => (await namesOf(kind)).length === 0);
        return struck;
    };

    it("waits as a busy one asks: every third request is told to come again later", async () => {
        const busy = { status: 429, reason: "TooManyRequests", headers: { "retry-after": "1" } };
        assert.ok((await endure(({ number }) => (number % 3 === 0 ? busy : "pass"))) > 10);
    });

    it("asks again where it fails, and where the connection breaks before or after the request was done", async () => {
        const faults: Fate[] = [
            { status: 500, reason: "InternalError" },
            "cut after",
            { status: 503, reason: "ServiceUnavailable" },
            "cut before",
            { status: 504, reason: "Timeout" },
        ];
        let next = 0;
        const struck = await endure(({ number }) =>
            number % 4 === 0 ? (faults[next++ % faults.length] ?? "pass") : "pass",
        );
        assert.ok(struck > 10);
    });

    it("begins again after races that it loses", async () => {
        const lost = { status: 409, reason: "Conflict" };
        let writes = 0;
        const struck = await endure(({ method }) => (method === "PUT" && writes++ % 3 !== 2 ? lost : "pass"));
        assert.ok(struck >= 2, "the image's labels are written after two lost races");
    });

    it("misses nothing where every watch is cut again and again", async () => {
        const cutting = setInterval(() => {
            api.cut();
        }, 400);
        try {
            await endure(() => "pass");
        } finally {
            clearInterval(cutting);
        }
    });

    it("logs in anew where its token runs out in the middle", async () => {
        const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
        const fresh = await plane.serviceAccount(namespace, "fresh");
        const binding = `troubled-${namespace}`;
        const bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
        await plane.api.create(bindings, {
            metadata: { name: binding },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
            subjects: [{ kind: "ServiceAccount", namespace, name: "fresh" }],
        });
        assert.ok(await plane.api.find(`${path}/fresh`));
        const [asked, login] = ["asked", "login"].map((name) => join(engine.project.directory, name));
        // The first token that it gives runs out; every later one does not.
        const credential = (token: string): string =>
            JSON.stringify({
                apiVersion: "client.authentication.k8s.io/v1",
                kind: "ExecCredential",
                status: { token },
            });
        writeFileSync(
            String(login),
            `#!/bin/sh\nif [ -e ${asked} ]; then echo '${credential(fresh)}'; else touch ${asked}; echo '${credential(plane.adminToken)}'; fi\n`,
        );
        chmodSync(String(login), 0o755);
        const exec = { apiVersion: "client.authentication.k8s.io/v1", command: login, interactiveMode: "Never" };
        const late = { status: 401, reason: "Unauthorized" };
        let refused = 0;
        const struck = await endure(({ number, token }) => {
            if (token !== plane.adminToken || number < 9) return "pass";
            refused += 1;
            return late;
        }, api.kubeconfig({ exec }));
        assert.ok(struck > 0 && refused > 0);
        await plane.api.remove(`${bindings}/${binding}`);
    });
});
