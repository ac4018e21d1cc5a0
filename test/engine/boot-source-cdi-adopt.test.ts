// Adoption by `pulumi up` of disks that no cron manages, where CDI carries out the new cron: nothing moves, and CDI downloads nothing.
import assert from "node:assert/strict";
import { BootSource, type BootSourceArgs } from "../../components/index.js";
import { until } from "../control-plane/until.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { requireTool } from "../tools.js";
import { plainStorage, useCluster } from "./cluster-fixture.js";
import type { Program } from "./project.js";

const api = { apiVersion: "cdi.kubevirt.io/v1beta1" };

describe("a boot source on CDI that adopts a disk", function () {
    this.timeout(300_000);
    const insecure = () => ({ insecureRegistries: JSON.stringify([registry.host]) });
    const on = useCluster("adopts", [{ name: "adopts", provisioner: plainStorage, default: true }], insecure);
    const { run, cdi } = on;
    let registry: Registry;

    before(async function () {
        registry = await startRegistry(requireTool(this, "docker-registry"));
        on.clean(() => registry.close(), await on.plane.insecureRegistry(registry.host));
    });

    const url = (): string => `docker://${registry.host}/fedora:latest`;
    const fedora = (args: Partial<BootSourceArgs>): Program => {
        return () => {
            const { ready, digest, dataSource } = new BootSource("fedora", {
                source: { registry: { url: url() } },
                storage: { size: "4Mi" },
                adopt: true,
                ...args,
            });
            return Promise.resolve({ ready, digest, dataSource });
        };
    };
    const push = async (seed: number): Promise<string> => {
        const image = makeIndex({ amd64: makeContainerdisk(makeDisk(1 << 20, { seed }), { architecture: "amd64" }) });
        await registry.push("fedora", "latest", image);
        return image.manifest.digest;
    };
    const claims = (): string => on.core("persistentvolumeclaims");
    const uids = async (): Promise<string[]> =>
        [...(await on.plane.api.list(cdi("datavolumes"))), ...(await on.plane.api.list(claims()))].map(
            ({ metadata }) => `${metadata.name} ${metadata.uid ?? ""}`,
        );
    const served = async (): Promise<unknown> => (await on.plane.api.get(`${cdi("datasources")}/fedora`)).spec;
    const cron = () => on.plane.api.get(`${cdi("dataimportcrons")}/fedora-image-cron`);
    /** A disk as a hand makes one: nothing notes what it holds. */
    const makeDiskByHand = async (name: string): Promise<void> => {
        const annotations = { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" };
        const storage = { resources: { requests: { storage: "4Mi" } } };
        const spec = { source: { registry: { url: url() } }, storage };
        await on.plane.api.create(cdi("datavolumes"), {
            ...api,
            kind: "DataVolume",
            metadata: { name, annotations },
            spec,
        });
        await until("it is in, and the scratch space is gone", async () => {
            const { status } = await on.plane.api.get(`${cdi("datavolumes")}/${name}`);
            const isIn = (status as { phase?: string } | undefined)?.phase === "Succeeded";
            return isIn && (await on.plane.api.list(claims())).length === 1;
        });
    };

    it("takes a DataSource over a hand-made disk: pinned to what it holds, then scheduled, nothing is downloaded", async () => {
        const digest = await push(701);
        await makeDiskByHand("by-hand");
        const source = { pvc: { namespace: on.namespace, name: "by-hand" } };
        await on.plane.api.create(cdi("datasources"), {
            ...{ ...api, kind: "DataSource", metadata: { name: "fedora" } },
            spec: { source },
        });
        const before = [await uids(), (await on.plane.api.get(`${cdi("datasources")}/fedora`)).metadata.uid];
        const refused = await run("up", fedora({ schedule: "0 3 1 1 *" }));
        assert.match(
            refused.failure ?? "",
            /CDI imports the newest image as soon as one with a schedule does; set updates/,
        );
        assert.deepEqual(await on.plane.api.list(cdi("dataimportcrons")), []);

        const preview = await run("preview", fedora({ pin: digest }));
        assert.match(preview.text, /adopts boot source adopts-\d+\/fedora as it is there \(nothing to download\)/);
        const up = await run("up", fedora({ pin: digest }));
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual([up.outputs["ready"], up.outputs["digest"]], [true, digest]);
        const now = async (): Promise<unknown> => [
            await uids(),
            (await on.plane.api.get(`${cdi("datasources")}/fedora`)).metadata.uid,
        ];
        assert.deepEqual([await now(), await served()], [before, { source }]);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);

        // The cron is made anew, and CDI polls at once: it finds the version that the disk stands for.
        const scheduled = await run("up", fedora({ schedule: "0 3 1 1 *" }));
        assert.equal(scheduled.failure, undefined, scheduled.text);
        await on.plane.poll(on.namespace, "fedora-image-cron");
        await until("the poll is seen", async () => (await cron()).status?.lastExecutionTimestamp !== undefined);
        assert.deepEqual([await now(), await served()], [before, { source }]);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
    });

    it("takes a disk alone, reviewed: a DataSource of its name leads to it, and the newer image is the next update's", async () => {
        await push(702);
        await makeDiskByHand("fedora");
        const before = await uids();
        const digest = await push(703);
        const up = await run("up", fedora({ updates: "reviewed" }));
        assert.equal(up.failure, undefined, up.text);
        assert.deepEqual([up.outputs["ready"], await uids()], [true, before]);
        assert.deepEqual(await served(), { source: { pvc: { namespace: on.namespace, name: "fedora" } } });
        assert.equal((await cron()).status?.currentImports?.[0]?.DataVolumeName, "fedora");
        const preview = await run("preview");
        assert.match(preview.text, /imports boot source adopts-\d+\/fedora \(fedora-[0-9a-f]{12}\)/);
        const moved = await run("up");
        assert.equal(moved.failure, undefined, moved.text);
        assert.equal(moved.outputs["digest"], digest);
        assert.deepEqual(await served(), {
            source: { pvc: { namespace: on.namespace, name: `fedora-${digest.slice(7, 19)}` } },
        });
        for (const entry of before) assert.ok((await uids()).includes(entry), `${entry} is kept`);
        assert.deepEqual((await run("preview")).steps["fedora"], ["same"]);
    });

    it("refuses a pin that is not what the disk is known to hold, and a form that CDI would replace", async () => {
        const digest = await push(704);
        await makeDiskByHand("fedora");
        const path = `${claims()}/fedora`;
        await on.plane.api.patch(path, { metadata: { annotations: { "pulumi-bootsource/digest": digest } } });
        const other = `sha256:${"0".repeat(64)}`;
        const before = await uids();
        const refused = await run("up", fedora({ pin: other }));
        assert.match(
            refused.failure ?? "",
            new RegExp(`its disk is known to hold ${digest}, and the arguments pin ${other}`),
        );
        const profile = "/apis/cdi.kubevirt.io/v1beta1/storageprofiles/adopts";
        await on.plane.api.patch(profile, { spec: { dataImportCronSourceFormat: "snapshot" } });
        try {
            await until("the profile says so", async () => {
                const { status } = await on.plane.api.get(profile);
                return (status as { dataImportCronSourceFormat?: string }).dataImportCronSourceFormat === "snapshot";
            });
            const formed = await run("up", fedora({ pin: digest }));
            assert.match(formed.failure ?? "", /CDI keeps boot sources of the storage class adopts as snapshot/);
        } finally {
            await on.plane.api.patch(profile, { spec: { dataImportCronSourceFormat: null } });
        }
        assert.deepEqual(await uids(), before);
    });
});
