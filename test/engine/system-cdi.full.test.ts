// SystemBootSources by `pulumi up` on a real Kubernetes API with real CDI, where our controller plays HCO and SSP in three eras.
import assert from "node:assert/strict";
import * as bootsource from "../../components/index.js";
import { type DataImportCronTemplate } from "../../provider/model/objects.js";
import { systemNamespace } from "../../provider/rules/system-list.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startOwnControlPlane } from "../control-plane/control-plane.js";
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

describe("SystemBootSources on CDI", function () {
    this.timeout(300_000);
    const engine = useEngine();
    let plane: ControlPlane;
    let registry: Registry;
    let namespace: string;
    let kubeconfig: string;
    let platform: PlayedPlatform | undefined;
    let clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startOwnControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        for (const [seed, name] of ["fedora", "centos"].entries()) {
            const disk = makeDisk(1 << 20, { seed: 80 + seed });
            await registry.push(name, "latest", makeContainerdisk(disk, { architecture: "amd64" }));
        }
    });
    beforeEach(async () => {
        namespace = await plane.namespace("system");
        await applyRoles(plane, namespace);
        kubeconfig = await login(plane, namespace, "deployer", "bootsource-preview", ["bootsource-system"]);
        clean = [
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({
                name: "system-plain",
                provisioner: "kubevirt.io.hostpath-provisioner",
                default: true,
            }),
        ];
    });
    afterEach(async () => {
        await platform?.stop();
        platform = undefined;
        for (const kind of ["dataimportcrons", "datasources", "datavolumes"]) {
            for (const { metadata } of await objects(kind)) await plane.api.remove(`${cdi(kind)}/${metadata.name}`);
        }
        await until("the images are gone", async () => (await claims()).length === 0 || removeClaims());
        for (const remove of clean.reverse()) await remove();
    });

    const shipped = (name: string): DataImportCronTemplate => ({
        metadata: { name: `${name}-image-cron` },
        spec: {
            schedule: "0 3 1 1 *",
            garbageCollect: "Outdated",
            managedDataSource: name,
            template: {
                spec: {
                    source: { registry: { url: `docker://${registry.host}/${name}:latest` } },
                    storage: { resources: { requests: { storage: "4Mi" } } },
                },
            },
        },
    });
    const play = async (era: Era): Promise<PlayedPlatform> =>
        (platform = await playPlatform(plane, { era, system: [shipped("fedora"), shipped("centos")] }));
    const cdi = (kind: string): string => `/apis/cdi.kubevirt.io/v1beta1/namespaces/${systemNamespace}/${kind}`;
    const core = `/api/v1/namespaces/${systemNamespace}/persistentvolumeclaims`;
    const objects = (kind: string): Promise<KubeObject[]> => plane.api.list(cdi(kind));
    const claims = (): Promise<KubeObject[]> => plane.api.list(core);
    const removeClaims = async (): Promise<boolean> => {
        for (const { metadata } of await claims())
            await plane.api.remove(`${core}/${metadata.name}`).catch(() => undefined);
        return false;
    };
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
        (args: bootsource.SystemBootSourcesArgs): Program =>
        () => {
            const { switchedOn, templates, dataSources, dangling } = new bootsource.SystemBootSources("system", args);
            return Promise.resolve({ switchedOn, templates, dataSources, dangling });
        };
    const images = async (): Promise<string[]> =>
        (await claims()).map(({ metadata }) => `${metadata.name} ${String(metadata.uid)}`).sort();
    const readyOf = async (name: string): Promise<string | undefined> => {
        const source = await plane.api.find(`${cdi("datasources")}/${name}`);
        const { conditions = [] } = (source?.status ?? {}) as { conditions?: { type: string; status: string }[] };
        return conditions.find(({ type }) => type === "Ready")?.status;
    };

    it("keeps images that the platform since 1.18 would destroy with its crons, off and on again and over an override [A10, A11, A13]", async () => {
        await play("v1");
        const up = ok(await run("up", program({})));
        assert.equal(up.outputs["switchedOn"], true);
        const before = await images();
        assert.equal(before.length, 2, before.join(", "));
        const cron = await plane.api.get(`${cdi("dataimportcrons")}/fedora-image-cron`);
        assert.equal((cron.spec as { retentionPolicy?: string }).retentionPolicy, "None", "as the platform has it");

        const scheduled = program({ overrides: { fedora: { schedule: "0 4 * * *" } } });
        const preview = ok(await run("preview", scheduled));
        assert.match(preview.text, /sets schedule of the entry fedora-image-cron from "[^"]+" to "0 4 \* \* \*"/);
        assert.match(preview.text, new RegExp(`keeps image ${systemNamespace}/fedora-[0-9a-f]{12} \\(4\\.2 MiB\\)`));
        ok(await run("up", scheduled));
        assert.deepEqual(await images(), before, "no image was made anew");
        const again = await plane.api.get(`${cdi("dataimportcrons")}/fedora-image-cron`);
        assert.notEqual(again.metadata.uid, cron.metadata.uid, "the platform makes a changed cron anew");

        const off = ok(await run("preview", program({ enabled: false })));
        assert.match(off.text, new RegExp(`removes DataImportCron ${systemNamespace}/centos-image-cron`));
        const switched = ok(await run("up", program({ enabled: false })));
        assert.deepEqual(await objects("dataimportcrons"), []);
        assert.deepEqual(await images(), before);
        assert.deepEqual(switched.outputs["dangling"], ["centos", "fedora"]);
        await until("fedora leads nowhere", async () => (await readyOf("fedora")) === "False");

        ok(await run("up", program({ enabled: true })));
        assert.deepEqual(await images(), before, "the images that are there are taken up again");
        assert.equal(await readyOf("fedora"), "True");
    });

    it("lets the images go where that is asked for, and says so [A12]", async () => {
        await play("v1");
        ok(await run("up", program({})));
        const off = program({ enabled: false, images: "delete" });
        assert.match(
            ok(await run("preview", off)).text,
            new RegExp(`removes image ${systemNamespace}/fedora-[0-9a-f]{12}`),
        );
        ok(await run("up", off));
        await until("the images are gone", async () => (await images()).length === 0);
    });

    for (const era of ["field", "v1"] as const) {
        it(`brings the image of an override to another class in the era "${era}", and says so with its bytes`, async () => {
            await play(era);
            clean.push(
                await plane.storageClass({ name: "system-other", provisioner: "kubevirt.io.hostpath-provisioner" }),
            );
            const other = { fedora: { storage: { storageClassName: "system-other" } } };
            ok(await run("up", program({})));
            const before = await images();
            const preview = ok(await run("preview", program({ overrides: other })));
            assert.match(
                preview.text,
                /moves boot source \S+\/fedora from system-plain \(pvc\) to system-other \(pvc\) \([\d.]+ [KM]iB to download\); CDI removes/,
            );
            assert.match(preview.text, new RegExp(`removes image ${systemNamespace}/fedora-[0-9a-f]{12}`));
            assert.doesNotMatch(preview.text, /keeps image \S+\/fedora/);
            ok(await run("up", program({ overrides: other })));
            const disks = (await claims()).filter(({ metadata }) => !metadata.name.endsWith("-scratch"));
            const classes = disks.map(({ metadata, spec }) => [
                metadata.name.replace(/-[0-9a-f]{12}$/, ""),
                (spec as { storageClassName?: string }).storageClassName,
            ]);
            assert.deepEqual(classes.sort(), [
                ["centos", "system-plain"],
                ["fedora", "system-other"],
            ]);
            const isOfCentos = (name: string): boolean => name.startsWith("centos") && !name.includes("-scratch ");
            assert.deepEqual((await images()).filter(isOfCentos), before.filter(isOfCentos));
            assert.equal(await readyOf("fedora"), "True");
        });
    }

    for (const [era, where] of [
        ["gate", ["featureGates", "enableCommonBootImageImport"]],
        ["field", ["enableCommonBootImageImport"]],
        ["v1", ["workloadSources", "enableCommonBootImageImport"]],
    ] as const) {
        it(`throws the switch where it is in the era "${era}", and a refresh finds it thrown back [A9, A23, Y101, Y401]`, async () => {
            const { path } = await play(era);
            const switchOf = async (): Promise<unknown> =>
                where.reduce<unknown>(
                    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
                    (await plane.api.get(path)).spec,
                );
            ok(await run("up", program({ enabled: false, wait: "accepted" })));
            assert.equal(await switchOf(), false);
            const back = where.reduceRight<unknown>((value, key) => ({ [key]: value }), true);
            await plane.api.patch(path, { spec: back });
            ok(await run("refresh"));
            ok(await run("up", program({ enabled: false, wait: "accepted" })));
            assert.equal(await switchOf(), false);
        });
    }

    it("says what is missing where there is no HyperConverged, in preview and before anything is written [A101, Y102, Y103, Y402]", async () => {
        const preview = ok(await run("preview", program({})));
        assert.match(preview.text, /it has no HyperConverged object named kubevirt-hyperconverged/);
        assert.match((await run("up", program({}))).failure ?? "", /make BootSources/);
    });
});
