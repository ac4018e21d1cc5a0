// A StorageDefault by `pulumi up` on a real Kubernetes API with real CDI: marks, profiles, who else writes them, and who follows.
import assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startOwnControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";
import { type Args, clusterMark, ok, virtMark } from "./storage-default-program.js";

const classesPath = "/apis/storage.k8s.io/v1/storageclasses";
const profilesPath = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles";
/** CDI knows this driver, and keeps boot sources as claims there unless its profile says otherwise. */
const snapshotDriver = "rbd.csi.ceph.com";

describe("a StorageDefault on CDI", function () {
    this.timeout(300_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let registry: Registry;
    let namespace: string;
    let kubeconfig: string;
    let clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startOwnControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        await registry.push(
            "fedora",
            "latest",
            makeContainerdisk(makeDisk(1 << 20, { seed: 71 }), { architecture: "amd64" }),
        );
    });
    beforeEach(async () => {
        namespace = await plane.namespace("storage-default");
        ({ kubeconfig } = plane);
        clean = [
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({ name: "plain", provisioner: "kubevirt.io.hostpath-provisioner", default: true }),
            await plane.storageClass({ name: "fast", provisioner: snapshotDriver, csi: true }),
        ];
    });
    afterEach(async () => {
        for (const remove of clean.reverse()) await remove();
    });

    const run = (operation: "up" | "preview" | "refresh" | "destroy", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, {
            store: null,
            stack: "storage-defaults",
            config: {
                kubeconfig: { value: kubeconfig, secret: true },
                namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
        });
    const program =
        (args: Args | undefined, sources: readonly string[] = []): Program =>
        () => {
            const made = args && new bootsource.StorageDefault("vms", { storageClassName: "fast", ...args });
            for (const name of sources) {
                const source = { registry: { url: `docker://${registry.host}/fedora:latest` } };
                const more = { schedule: "0 3 1 1 *", storage: { size: "4Mi" } };
                new bootsource.BootSource(name, { source, ...more }, made && { dependsOn: [made] });
            }
            const { roles, previousDefaults, effectiveSourceFormat } = made ?? {};
            return Promise.resolve({ roles, previousDefaults, effectiveSourceFormat });
        };
    const marks = async (name: string): Promise<(string | undefined)[]> => {
        const { annotations = {} } = (await plane.api.get(`${classesPath}/${name}`)).metadata as {
            annotations?: Record<string, string>;
        };
        return [annotations[virtMark], annotations[clusterMark]];
    };
    const sourceOf = (name: string): Promise<KubeObject> =>
        plane.api.get(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datasources/${name}`);

    it("takes both roles, sets the format where storage can follow, and gives all back, by the rights that are shipped [A31, A42, A44, A46]", async () => {
        await applyRoles(plane, namespace);
        kubeconfig = await login(plane, namespace, "ci", "bootsource-preview", ["bootsource-defaults"]);
        clean.push(await plane.snapshotClass({ name: "rbd", driver: snapshotDriver }));
        const both: Args = { role: "both", dataImportCronSourceFormat: "snapshot", onDelete: "restore" };
        const up = ok(await run("up", program(both)));
        assert.deepEqual(up.outputs["previousDefaults"], { virt: [], cluster: ["plain"] });
        assert.deepEqual([up.outputs["effectiveSourceFormat"], up.outputs["roles"]], ["snapshot", ["virt", "cluster"]]);
        assert.deepEqual(
            [await marks("fast"), await marks("plain")],
            [
                ["true", "true"],
                [undefined, "false"],
            ],
        );
        const { spec } = await plane.api.get(`${profilesPath}/fast`);
        assert.deepEqual(spec, { dataImportCronSourceFormat: "snapshot" });
        assert.deepEqual((await run("preview")).steps["vms"], ["same"]);
        ok(await run("refresh"));
        assert.deepEqual((await run("preview")).steps["vms"], ["same"]);
        ok(await run("destroy"));
        assert.deepEqual(await marks("plain"), [undefined, "true"]);
        assert.deepEqual(await marks("fast"), ["false", "false"]);
        assert.deepEqual((await plane.api.get(`${profilesPath}/fast`)).spec, {});
    });

    it("is followed by boot sources, of which preview says that CDI removes the present image first [A37]", async () => {
        ok(await run("up", program(undefined, ["fedora"])));
        const preview = ok(await run("preview", program({}, ["fedora"])));
        assert.match(
            preview.text,
            /moves boot source \S+\/fedora from plain \(pvc\) to fast \(pvc\); CDI removes the present image first/,
        );
        ok(await run("up"));
        const { pvc } = ((await sourceOf("fedora")).spec as { source: { pvc: { name: string } } }).source;
        const claim = await plane.api.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${pvc.name}`);
        assert.equal((claim.spec as { storageClassName: string }).storageClassName, "fast");
        assert.equal((claim.status as { phase: string }).phase, "Bound");
        const again = await run("preview");
        assert.deepEqual([again.steps["vms"], again.steps["fedora"]], [["same"], ["same"]]);
    });

    it("is refused a snapshot that the storage cannot take, which CDI would accept and never finish [A82]", async () => {
        const refused =
            /fast cannot keep boot sources as snapshots: there is no VolumeSnapshotClass for rbd.csi.ceph.com/;
        const args: Args = { dataImportCronSourceFormat: "snapshot" };
        assert.match((await run("preview", program(args))).text, refused);
        assert.match((await run("up")).failure ?? "", refused);
        assert.deepEqual(await marks("fast"), [undefined, undefined], "nothing was moved");
        assert.deepEqual((await plane.api.get(`${profilesPath}/fast`)).spec, {});
    });

    it("says of a class whose profile knows no way to provision that nothing can come in there, and completes it [A27, A28, Y301, Y302]", async () => {
        clean.push(await plane.storageClass({ name: "strange", provisioner: "storage.example.com" }));
        const preview = await run("preview", program({ storageClassName: "strange", role: "none" }));
        assert.match(preview.text, /the storage profile strange does not say how to provision/);
        const claimPropertySets = [{ accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" }];
        ok(await run("up", program({ storageClassName: "strange", role: "none", claimPropertySets })));
        const { status } = await plane.api.get(`${profilesPath}/strange`);
        assert.deepEqual((status as { claimPropertySets: unknown }).claimPropertySets, claimPropertySets);
    });

    it("names the operator that takes the mark back, and does not fight it", async () => {
        const over = new AbortController();
        const operator = (async () => {
            await until("the mark is there", async () => over.signal.aborted || (await marks("fast"))[0] === "true", {
                seconds: 120,
            });
            const body = { metadata: { annotations: { [virtMark]: "false" } } };
            await plane.api.patch(`${classesPath}/fast?fieldManager=storage-operator`, body);
        })();
        const up = await run("up", program({}));
        over.abort();
        await operator;
        assert.match(
            up.failure ?? "",
            /cannot keep the storage class fast the default for virtual machines: "storage-operator" took that back within 30 s/,
        );
        assert.deepEqual(await marks("fast"), ["false", undefined]);
    });

    it("is refused a mark that somebody declares by server-side apply", async () => {
        const yaml = JSON.stringify({
            apiVersion: "storage.k8s.io/v1",
            kind: "StorageClass",
            metadata: { name: "plain", annotations: { [clusterMark]: "true" } },
            provisioner: "kubevirt.io.hostpath-provisioner",
        });
        await plane.api.apply(`${classesPath}/plain`, yaml);
        const held =
            /cannot make the storage class fast the cluster's default: "test" declares that plain is the cluster's default/;
        assert.match((await run("up", program({ role: "cluster" }))).failure ?? "", held);
        assert.deepEqual(
            [await marks("fast"), await marks("plain")],
            [
                [undefined, undefined],
                [undefined, "true"],
            ],
        );
        ok(await run("up", program({ role: "cluster", takeOver: true })));
        assert.deepEqual(
            [await marks("fast"), await marks("plain")],
            [
                [undefined, "true"],
                [undefined, "false"],
            ],
        );
    });
});
