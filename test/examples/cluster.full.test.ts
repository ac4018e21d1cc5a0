// The examples by the plain `pulumi` command against a real API server with real CDI: made, unchanged, changed, refreshed, destroyed.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { type Containerdisk, makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { clone, type Project, projectFrom } from "../package/project";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";

const disks = [1, 2, 3].map((seed) => makeDisk(1 << 20, { seed: 600 + seed }));

describe("the examples on a cluster", function () {
    this.timeout(300_000);
    let plane: ControlPlane;
    let registry: Registry;
    let namespace: string;
    let project: Project | undefined;
    let clean: (() => Promise<void>)[] = [];

    before(async function () {
        requireTool(this, "pulumi");
        plane = await startControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
    });
    beforeEach(async () => {
        namespace = await plane.namespace("examples");
        const plain = { name: "plain", provisioner: "kubevirt.io.hostpath-provisioner", default: true };
        clean = [
            await plane.insecureRegistry(registry.host),
            await plane.storageClass(plain),
            await plane.storageClass({ name: "thin", provisioner: "rbd.csi.ceph.com", csi: true }),
            await plane.snapshotClass({ name: "thin", driver: "rbd.csi.ceph.com" }),
        ];
    });
    afterEach(async () => {
        project?.remove();
        project = undefined;
        for (const remove of clean.reverse()) await remove();
    });

    const imageOf = (number: number): Containerdisk =>
        makeIndex({ amd64: makeContainerdisk(disks[number] ?? Buffer.alloc(0), { architecture: "amd64" }) });
    const push = (name: string, tag: string, number: number) =>
        registry.push(`containerdisks/${name}`, tag, imageOf(number));
    const pulumi = async (...args: string[]): Promise<string> => {
        const { code, out, err } = await project!.pulumi(...args);
        assert.equal(code, 0, `pulumi ${args.join(" ")}\n${out}${err}`);
        return out;
    };
    /** The example with the test's registry in place of the world's, and disks that fit into a test. */
    const open = async (example: string): Promise<void> => {
        project = projectFrom(path.join(clone, "examples", example));
        const program = path.join(project.directory, "index.ts");
        const there = fs.readFileSync(program, "utf8");
        // CDI keeps imports by their number alone.
        const known = there.replace(/^ *keepFor: .*\n/m, "");
        const here = known.replaceAll("quay.io", registry.host).replaceAll("10Gi", "4Mi");
        fs.writeFileSync(program, here);
        fs.writeFileSync(path.join(project.root, "kubeconfig"), plane.kubeconfig);
        await pulumi("stack", "init", "dev");
        await pulumi("config", "set", "bootsource:kubeconfig", path.join(project.root, "kubeconfig"));
        await pulumi("config", "set", "bootsource:namespace", namespace);
        await pulumi("config", "set", "--path", "bootsource:insecureRegistries[0]", registry.host);
    };
    const outputs = async (): Promise<Record<string, unknown>> =>
        JSON.parse(await pulumi("stack", "output", "--json")) as Record<string, unknown>;
    /** What the DataSource leads to, read from the volume itself. */
    const servedBy = async (name: string): Promise<string> => {
        const source = await plane.api.get(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources/${name}`);
        const { pvc, snapshot } = (source.spec as { source: Record<"pvc" | "snapshot", { name: string } | undefined> })
            .source;
        const file =
            pvc === undefined
                ? await plane.contentOfSnapshot(namespace, snapshot?.name ?? "")
                : await plane.contentOf(namespace, pvc.name);
        return sum(fs.readFileSync(file).subarray(0, 1 << 20));
    };
    const sum = (bytes: Uint8Array | undefined): string =>
        createHash("sha256")
            .update(bytes ?? "")
            .digest("hex");
    const crons = async (): Promise<number> =>
        (await plane.api.list(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/dataimportcrons`)).length;

    it("boot-source: an image from a registry, kept by CDI's own cron", async () => {
        await push("fedora", "latest", 0);
        await open("boot-source");
        assert.match(await pulumi("preview"), /imports boot source \S+\/fedora/);
        await pulumi("up", "--yes");
        assert.deepEqual((await outputs())["dataSource"], { name: "fedora", namespace });
        assert.equal(await servedBy("fedora"), sum(disks[0]));
        assert.match(await pulumi("up", "--yes"), /2 unchanged/);
        const program = path.join(project!.directory, "index.ts");
        fs.writeFileSync(program, fs.readFileSync(program, "utf8").replace("importsToKeep: 2", "importsToKeep: 3"));
        await pulumi("up", "--yes");
        await pulumi("refresh", "--yes");
        assert.match(await pulumi("up", "--yes"), /2 unchanged/);
        assert.equal(await servedBy("fedora"), sum(disks[0]));
        await pulumi("destroy", "--yes");
        assert.equal(await crons(), 0);
        assert.equal(await servedBy("fedora"), sum(disks[0]), "the image stays");
    });

    it("reviewed-updates: an update does what its preview showed", async () => {
        await push("fedora", "42", 0);
        await open("reviewed-updates");
        await pulumi("up", "--yes");
        await push("fedora", "42", 1);
        const preview = await pulumi("preview", "--diff");
        assert.ok(preview.includes(imageOf(1).manifest.digest), preview);
        await push("fedora", "42", 2);
        await pulumi("up", "--yes", "--skip-preview");
        assert.equal(await servedBy("fedora"), sum(disks[1]));
    });

    it("storage-default: boot sources follow the class, and are kept there as snapshots", async () => {
        await push("fedora", "42", 0);
        await push("debian", "13", 1);
        await open("storage-default");
        await pulumi("up", "--yes");
        await pulumi("config", "set", "defaultClass", "thin");
        await pulumi("up", "--yes");
        await pulumi("refresh", "--yes");
        await pulumi("up", "--yes");
        assert.deepEqual((await outputs())["classes"], ["thin", "thin"]);
        assert.deepEqual([await servedBy("fedora"), await servedBy("debian")], [sum(disks[0]), sum(disks[1])]);
        const { metadata } = await plane.api.get("/apis/storage.k8s.io/v1/storageclasses/plain");
        const { annotations } = metadata as { annotations?: Record<string, string> };
        assert.equal(annotations?.["storageclass.kubernetes.io/is-default-class"], "false");
    });
});
