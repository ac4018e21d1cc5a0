// A stack and its cluster by the real engine: one that the same run makes known, one that is away, one that comes back in the middle.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import * as bootsource from "../../components/index.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { http, image, useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";

const disk = makeDisk(2 << 20, { seed: 91 });
const storage = { size: "8Mi" };

describe("a stack and its cluster", function () {
    this.timeout(240_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let namespace: string;
    let registry: Registry | undefined;
    const clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startControlPlane(this);
        clean.push(
            await plane.storageClass({
                name: "clusters",
                provisioner: "kubevirt.io/hostpath-provisioner",
                default: true,
            }),
        );
    });
    after(async () => {
        for (const undo of clean.reverse()) await undo();
    });
    beforeEach(async () => {
        namespace = await plane.namespace("clusters");
    });

    const run = (
        operation: "up" | "preview" | "refresh" | "destroy",
        program?: Program,
        kubeconfig = plane.kubeconfig,
    ): Promise<Ran> =>
        engine.project.run(operation, program, {
            store: null,
            config: {
                kubeconfig: { value: kubeconfig, secret: true },
                namespace,
                ...(registry === undefined ? {} : { insecureRegistries: JSON.stringify([registry.host]) }),
            },
        });
    const volumes = async (): Promise<string[]> =>
        (await plane.api.list(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes`)).map(
            ({ metadata }) => metadata.name,
        );

    it("may come to know it in the same run: its kubeconfig is another resource's output, and stays a secret", async () => {
        const program: Program = () => {
            const made = new bootsource.ImportedImage("maker", { source: { blank: {} }, storage });
            // Whatever makes a cluster: before it has, nobody knows its kubeconfig.
            const kubeconfig = made.digest.apply(() => plane.kubeconfig);
            const provider = new bootsource.Provider("east", { kubeconfig, namespace });
            const there = new bootsource.ImportedImage("there", { source: { blank: {} }, storage }, { provider });
            return Promise.resolve({ claimName: there.claimName });
        };
        const preview = await engine.project.run("preview", program);
        assert.equal(preview.failure, undefined, preview.text);
        assert.deepEqual(preview.steps["there"], ["create"]);
        assert.deepEqual(await volumes(), []);
        const up = await engine.project.run("up");
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual(await volumes(), [up.outputs["claimName"]]);
        const secret = plane.adminToken;
        assert.ok(plane.kubeconfig.includes(secret));
        assert.equal(engine.project.state().includes(secret), false, "the state holds the kubeconfig encrypted");
        assert.equal((preview.text + up.text).includes(secret), false, "and nothing shows it");
        const again = await engine.project.run("preview");
        assert.deepEqual([again.steps["there"], again.steps["east"]], [["same"], ["same"]], again.text);
        await engine.project.run("destroy");
        assert.deepEqual(await volumes(), []);
    });

    it("is worked on with the roles that are shipped, and with no other right", async function () {
        await applyRoles(plane, namespace);
        const viewer = await login(plane, namespace, "viewer", "bootsource-preview");
        const admin = await login(plane, namespace, "admin", "bootsource-admin");
        registry = await startRegistry(requireTool(this, "docker-registry"));
        const started = registry;
        clean.push(await plane.insecureRegistry(started.host), () => started.close());
        await started.push(
            "fedora",
            "latest",
            makeIndex({ amd64: makeContainerdisk(disk, { architecture: "amd64" }) }),
        );
        const one = image(http(engine.web.serve("/rights.img", disk), { storage }));
        const program: Program = () => {
            new bootsource.BootSource("fedora", {
                source: { registry: { url: `docker://${started.host}/fedora:latest` } },
                schedule: "0 3 1 1 *",
                retentionPolicy: "None",
                storage,
            });
            return one();
        };
        const mark = await plane.mark();
        const first = await run("preview", program, viewer);
        assert.equal(first.failure, undefined, first.text);
        const up = await run("up", program, admin);
        assert.equal(up.failure, undefined, up.text);
        for (const operation of ["preview", "refresh"] as const) {
            const seen = await run(operation, program, viewer);
            assert.equal(seen.failure, undefined, seen.text);
        }
        const destroyed = await run("destroy", program, admin);
        assert.equal(destroyed.failure, undefined, destroyed.text);
        assert.deepEqual(await volumes(), []);
        const requests = await plane.requests(mark);
        const denied = requests.filter(
            ({ userAgent, responseStatus }) => userAgent === "pulumi-bootsource" && responseStatus?.code === 403,
        );
        assert.deepEqual(
            denied.map(({ verb, objectRef }) => `${verb} ${String(objectRef?.resource)}`),
            [],
        );
    });

    it("is previewed without it, and neither refreshed nor destroyed", async () => {
        const up = await run("up", image({ source: { blank: {} }, storage }));
        assert.equal(up.failure, undefined, up.text);
        await plane.stopApiServer();
        try {
            const preview = await run("preview");
            assert.equal(preview.failure, undefined, preview.text);
            assert.deepEqual(preview.steps["disk"], ["same"], "what has not changed is not asked about");
            const said = preview.diagnostics.filter((line) => line.includes("tells only what is known without it"));
            assert.equal(said.length, 1, preview.text);
            const refresh = await run("refresh");
            assert.match(refresh.failure ?? "", /cannot be reached/);
        } finally {
            await plane.startApiServer();
        }
        const refreshed = await run("refresh");
        assert.deepEqual(refreshed.steps["disk"], ["refresh"], refreshed.text);
        assert.deepEqual(await volumes(), [up.outputs["claimName"]]);
    });

    it("outlasts a restart of its API server in the middle of an update", async () => {
        let begun: () => void = () => undefined;
        const asked = new Promise<void>((resolve) => (begun = resolve));
        let restarted: () => void = () => undefined;
        const back = new Promise<void>((resolve) => (restarted = resolve));
        const url = engine.web.answer("/late.img", (request, response) => {
            begun();
            void back.then(() => {
                response.writeHead(200, { "content-length": disk.length });
                response.end(request.method === "HEAD" ? undefined : disk);
            });
        });
        const running = run("up", image(http(url, { storage, name: "late" })));
        await asked;
        await plane.restart();
        restarted();
        const up = await running;
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual(await volumes(), ["late"]);
        const there = readFileSync(await plane.contentOf(namespace, "late")).subarray(0, disk.length);
        assert.equal(sum(there), sum(disk));
    });
});

function sum(bytes: Uint8Array): string {
    return createHash("sha256").update(bytes).digest("hex");
}
