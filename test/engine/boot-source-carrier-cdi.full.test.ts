// A boot source as an entry of the HyperConverged's list, by `pulumi up` on a real Kubernetes API with real CDI; our controller plays HCO and SSP.
import assert from "node:assert/strict";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import type { DataImportCronTemplate } from "../../provider/model/objects.js";
import { systemNamespace } from "../../provider/rules/system-list.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { type Era, type PlayedPlatform, playPlatform } from "../control-plane/hyperconverged.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { applyRoles, login } from "../kubernetes/roles.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";
import { useEngine } from "./fixture.js";
import type { Program, Ran } from "./project.js";
import { ok } from "./storage-default-program.js";

const carrier = "hyperConverged";

describe("a boot source in the platform's list, on CDI", function () {
    this.timeout(300_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let registry: Registry;
    let namespace: string;
    let kubeconfig: string;
    let platform: PlayedPlatform | undefined;
    let clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        const disk = makeDisk(1 << 20, { seed: 86 });
        await registry.push("carried", "latest", makeContainerdisk(disk, { architecture: "amd64" }));
    });
    beforeEach(async () => {
        namespace = await plane.namespace("carrier");
        await applyRoles(plane, namespace);
        kubeconfig = await login(plane, namespace, "deployer", "bootsource-admin", ["bootsource-system"]);
        clean = [
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({
                name: "carrier-plain",
                provisioner: "kubevirt.io.hostpath-provisioner",
                default: true,
            }),
        ];
    });
    afterEach(async () => {
        await platform?.stop();
        platform = undefined;
        // Other suites look at the whole cluster.
        for (const path of ["dataimportcrons/shipped-image-cron", "datasources/shipped"]) {
            const left = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${systemNamespace}/${path}`;
            if ((await plane.api.find(left)) !== undefined) await plane.api.remove(left);
        }
        for (const remove of clean.reverse()) await remove();
    });

    const shipped: DataImportCronTemplate = {
        metadata: { name: "shipped-image-cron", annotations: { "dataimportcrontemplate.kubevirt.io/enable": "true" } },
        spec: {
            schedule: "0 3 1 1 *",
            managedDataSource: "shipped",
            template: {
                spec: {
                    source: { registry: { url: "docker://registry.invalid/shipped:latest" } },
                    storage: { resources: { requests: { storage: "4Mi" } } },
                },
            },
        },
    };
    const play = async (era: Era): Promise<PlayedPlatform> =>
        (platform = await playPlatform(plane, { era, system: [shipped] }));
    const cdi = (kind: string, name = ""): string =>
        `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}${name}`;
    const run = (operation: "up" | "preview" | "refresh" | "destroy", program?: Program): Promise<Ran> =>
        engine.project.run(operation, program, {
            store: null,
            config: {
                kubeconfig: { value: kubeconfig, secret: true },
                namespace,
                insecureRegistries: JSON.stringify([registry.host]),
            },
        });
    const program =
        (args: Partial<BootSourceArgs> = {}): Program =>
        () => {
            const { digest, ready, upToDate, imports } = new BootSource("carried", {
                source: { registry: { url: `docker://${registry.host}/carried:latest` } },
                schedule: "0 3 1 1 *",
                storage: { size: "4Mi" },
                ...args,
            });
            return Promise.resolve({ digest, ready, upToDate, imports });
        };
    const images = async (): Promise<string[]> => {
        const claims = await plane.api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`);
        // An importer's room to work in goes a moment after its import.
        const disks = claims.filter(({ metadata }) => !metadata.name.endsWith("-scratch"));
        return disks.map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
    };
    const cron = (): Promise<KubeObject | undefined> => plane.api.find(cdi("dataimportcrons", "/carried-image-cron"));
    const specOf = (object: KubeObject | undefined): Record<string, unknown> =>
        (object?.spec ?? {}) as Record<string, unknown>;
    /** The list, where the object of that era has it. */
    const list = async (path: string, era: Era): Promise<DataImportCronTemplate[]> => {
        const { spec = {} } = (await plane.api.get(path)) as { spec?: Record<string, unknown> };
        const place = era === "v1" ? (spec["workloadSources"] as Record<string, unknown> | undefined) : spec;
        return (place?.["dataImportCronTemplates"] ?? []) as DataImportCronTemplate[];
    };
    const readyOf = async (): Promise<string | undefined> => {
        const source = await plane.api.find(cdi("datasources", "/carried"));
        const { conditions = [] } = (source?.status ?? {}) as { conditions?: { type: string; status: string }[] };
        return conditions.find(({ type }) => type === "Ready")?.status;
    };

    for (const era of ["gate", "v1"] as const) {
        it(`is an entry in the era "${era}", of which the platform makes the cron; a change imports nothing, and a delete leaves the image [A69, Y201, Y202, Y203]`, async () => {
            const { path } = await play(era);
            const up = ok(await run("up", program({ carrier })));
            assert.equal(up.outputs["ready"], true);
            const version = era === "v1" ? "v1" : "v1beta1";
            assert.match(
                path,
                new RegExp(`/hco\\.kubevirt\\.io/${version}/.*/hyperconvergeds/kubevirt-hyperconverged$`),
            );
            const [entry, ...others] = await list(path, era);
            assert.deepEqual(others, []);
            assert.ok(entry?.spec !== undefined);
            const { template, importsToKeep, retentionPolicy } = entry.spec;
            assert.equal(template.spec.source.registry?.url, `docker://${registry.host}/carried:latest`);
            const { name, namespace: at } = entry.metadata;
            assert.deepEqual([name, at, importsToKeep, retentionPolicy], ["carried-image-cron", namespace, 3, "All"]);
            const made = await cron();
            assert.ok(made?.metadata.annotations?.["operator-sdk/primary-resource"], "the platform made it");
            const before = await images();
            assert.equal(before.length, 1);
            assert.deepEqual(ok(await run("up")).steps["carried"], ["same"]);
            ok(await run("refresh"));
            assert.deepEqual(ok(await run("preview")).steps["carried"], ["same"], "what the server adds is no drift");

            ok(await run("up", program({ carrier, schedule: "0 4 1 1 *", importsToKeep: 2 })));
            const changed = await cron();
            assert.notEqual(changed?.metadata.uid, made.metadata.uid, "the platform makes a changed cron anew");
            assert.deepEqual([specOf(changed)["schedule"], specOf(changed)["importsToKeep"]], ["0 4 1 1 *", 2]);
            assert.deepEqual(await images(), before);
            assert.equal(await readyOf(), "True");

            ok(await run("destroy"));
            assert.deepEqual(await list(path, era), []);
            assert.equal(await cron(), undefined);
            assert.deepEqual(await images(), before, "retentionPolicy All leaves the image");
        });
    }

    it("changes carriers there and back with all that it says and its image, and with retentionPolicy None takes it along [Y106, Y107, Y108]", async () => {
        const { path } = await play("v1");
        const own = { retentionPolicy: "None", storage: { size: "4Mi", storageClassName: "carrier-plain" } } as const;
        const first = ok(await run("up", program(own)));
        const before = await images();
        const there = ok(await run("preview", program({ ...own, carrier })));
        assert.match(there.text, /moves DataImportCron \S+\/carried-image-cron to the list of the HyperConverged/);
        const moved = ok(await run("up"));
        assert.deepEqual(moved.steps["carried"], ["update"]);
        const [entry, ...others] = await list(path, "v1");
        assert.deepEqual(others, []);
        const { schedule, managedDataSource, template } = entry?.spec ?? {};
        const said = [template?.spec.storage?.storageClassName, schedule, managedDataSource];
        assert.deepEqual(said, ["carrier-plain", "0 3 1 1 *", "carried"]);
        assert.ok((await cron())?.metadata.annotations?.["operator-sdk/primary-resource"]);
        assert.deepEqual(await images(), before);
        assert.equal(moved.outputs["digest"], first.outputs["digest"]);

        const back = ok(await run("up", program(own)));
        assert.deepEqual(await list(path, "v1"), []);
        assert.equal((await cron())?.metadata.annotations?.["operator-sdk/primary-resource"], undefined);
        assert.deepEqual(await images(), before);
        assert.equal(back.outputs["digest"], first.outputs["digest"]);
        assert.equal(await readyOf(), "True");

        ok(await run("up", program({ ...own, carrier })));
        assert.deepEqual(await images(), before);
        ok(await run("destroy"));
        assert.deepEqual(await list(path, "v1"), []);
        await until("the image is gone", async () => (await images()).length === 0);
    });

    it("is refused where it is the platform's own, and where no platform reads the list", async () => {
        const none = ok(await run("preview", program({ carrier })));
        assert.match(none.text, /has no HyperConverged object; leave carrier out/);
        assert.match((await run("up")).failure ?? "", /leave carrier out/);
        const { path } = await play("v1");
        const shown = async (): Promise<number | undefined> => {
            const { status } = (await plane.api.get(path)) as { status?: { dataImportCronTemplates?: unknown[] } };
            return status?.dataImportCronTemplates?.length;
        };
        await until("the list is shown", async () => (await shown()) === 1);
        const shippedName = await run("preview", program({ carrier, name: "shipped-image-cron" }));
        assert.match(
            shippedName.failure ?? shippedName.text,
            /overrides of SystemBootSources \(overrides: \{ "shipped"/,
        );
        // With the switch off the platform does not tell what it ships: it passes over the entry, which is taken out again.
        await plane.api.patch(path, { spec: { workloadSources: { enableCommonBootImageImport: false } } });
        await until("the list is hidden", async () => (await shown()) === 0);
        const hidden = await run("up", program({ carrier, name: "shipped-image-cron" }));
        assert.match(hidden.failure ?? "", /the platform passes over the entry shipped-image-cron/);
        assert.deepEqual(await list(path, "v1"), []);
    });
});
