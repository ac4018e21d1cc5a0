// Boot sources kept by the real CDI on the control plane: polled, imported, pointed at, taken as snapshots, collected.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { startRegistry, type Registry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";
import type { KubeObject } from "./api.js";
import { startControlPlane, type ControlPlane } from "./control-plane.js";
import { until } from "./until.js";

const mebibyte = 1024 * 1024;

describe("boot sources kept by CDI on the control plane", function () {
    this.timeout(180_000);
    let plane: ControlPlane;
    let registry: Registry;
    let namespace: string;
    const clean: (() => Promise<void>)[] = [];

    before(async function () {
        plane = await startControlPlane(this);
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        namespace = await plane.namespace("crons");
        clean.push(
            await plane.insecureRegistry(registry.host),
            await plane.storageClass({ name: "crons-plain", provisioner: "kubevirt.io.hostpath-provisioner" }),
            await plane.snapshotClass({ name: "crons-snapshots", driver: "openshift-storage.rbd.csi.ceph.com" }),
            await plane.storageClass({
                name: "crons-snapshot",
                provisioner: "openshift-storage.rbd.csi.ceph.com",
                csi: true,
            }),
        );
    });
    after(async () => {
        for (const remove of clean.reverse()) await remove();
    });

    const cdi = (kind: string, name = ""): string =>
        `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/${kind}${name}`;
    const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
    const push = async (name: string, disk: Buffer): Promise<{ url: string; digest: string }> => {
        const image = makeIndex({
            amd64: makeContainerdisk(disk, { architecture: "amd64" }),
            arm64: makeContainerdisk(makeDisk(mebibyte, { seed: 99 }), { architecture: "arm64" }),
        });
        return { url: await registry.push(name, "latest", image), digest: image.manifest.digest };
    };
    const makeCron = (name: string, storageClassName: string, url: string): Promise<KubeObject> =>
        plane.api.create(cdi("dataimportcrons"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataImportCron",
            metadata: { name: `${name}-image-cron` },
            spec: {
                schedule: "0 3 1 1 *",
                managedDataSource: name,
                importsToKeep: 1,
                template: {
                    spec: {
                        source: { registry: { url } },
                        storage: { storageClassName, resources: { requests: { storage: "4Mi" } } },
                    },
                },
            },
        });
    /** The source of the DataSource once it is ready and points at that name. */
    const pointsAt = (name: string, wanted: string): Promise<Record<string, { name: string }>> =>
        until(`the DataSource ${name} points at ${wanted} and is ready`, async () => {
            const found = await plane.api.find(cdi("datasources", `/${name}`));
            const { source = {} } = (found?.spec ?? {}) as { source?: Record<string, { name: string }> };
            const { conditions = [] } = (found?.status ?? {}) as { conditions?: { type: string; status: string }[] };
            const ready = conditions.some(({ type, status }) => type === "Ready" && status === "True");
            return ready && Object.values(source).some((one) => one.name === wanted) ? source : undefined;
        });

    it("imports what the poll found as <source>-<12 hex>, and the next poll's image takes its place", async () => {
        const first = makeDisk(mebibyte, { seed: 1 });
        const one = await push("plain", first);
        await makeCron("plain", "crons-plain", one.url);
        const old = `plain-${one.digest.slice(7, 19)}`;
        assert.deepEqual(Object.keys(await pointsAt("plain", old)), ["pvc"]);
        assert.equal(
            sha256((await readFile(await plane.contentOf(namespace, old))).subarray(0, mebibyte)),
            sha256(first),
        );

        const second = makeDisk(mebibyte, { seed: 2 });
        const two = await push("plain", second);
        await plane.poll(namespace, "plain-image-cron");
        const current = `plain-${two.digest.slice(7, 19)}`;
        await pointsAt("plain", current);
        assert.equal(
            sha256((await readFile(await plane.contentOf(namespace, current))).subarray(0, mebibyte)),
            sha256(second),
        );
        await until("the older image is collected", async () => {
            const claim = `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${old}`;
            return (await plane.api.find(claim)) === undefined;
        });
    });

    it("keeps a snapshot where the storage profile says so, from which a claim begins with the image", async () => {
        const disk = makeDisk(mebibyte, { seed: 3 });
        const { url, digest } = await push("snapped", disk);
        await makeCron("snapped", "crons-snapshot", url);
        const name = `snapped-${digest.slice(7, 19)}`;
        assert.deepEqual(Object.keys(await pointsAt("snapped", name)), ["snapshot"]);
        const content = await readFile(await plane.contentOfSnapshot(namespace, name));
        assert.equal(sha256(content.subarray(0, mebibyte)), sha256(disk));

        await plane.api.create(cdi("datavolumes"), {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataVolume",
            metadata: { name: "machine" },
            spec: {
                sourceRef: { kind: "DataSource", name: "snapped" },
                storage: { storageClassName: "crons-snapshot" },
            },
        });
        await until("the clone is whole", async () => {
            const { status } = await plane.api.get(cdi("datavolumes", "/machine"));
            return (status as { phase?: string } | undefined)?.phase === "Succeeded";
        });
        const clone = await readFile(await plane.contentOf(namespace, "machine"));
        assert.equal(sha256(clone.subarray(0, mebibyte)), sha256(disk));
    });
});
