// Boot sources as real CDI keeps them, as a stage: its crons poll a registry in this process, its disks are files of this machine.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { versionOf } from "../../provider/importer/version.js";
import { KeepingCluster } from "../../provider/kubernetes/keeping-cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { directNetwork } from "../../provider/model/network.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";
import { type BootStage, makeDisks, namespace } from "../conformance/boot-stage.js";
import type { ControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { startWeb } from "../engine/web.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { startFakeRegistry } from "../servers/fake-registry.js";
import { openCluster } from "./stage.js";

/** CDI knows this driver as one that clones by snapshots, and keeps boot sources as such unless its profile says otherwise. */
const snapshotDriver = "openshift-storage.rbd.csi.ceph.com";

let stages = 0;

/** A stage in the namespace `default`, with classes of its own; closing it leaves the namespace empty. */
export async function makeCdiBootStage(plane: ControlPlane): Promise<BootStage> {
    const registry = await startFakeRegistry({});
    const cluster = await openCluster(plane.kubeconfig, namespace);
    const ofRegistry = await plane.insecureRegistry(registry.host);
    const { classes, remove } = await makeClasses(plane);
    const diskOf = makeDisks();
    return {
        cluster,
        classes,
        lags: true,
        source: { registry: { url: `docker://${registry.host}/fedora:latest` } },
        diskOf,
        publish: (image) => {
            const index = makeIndex({ amd64: makeContainerdisk(diskOf(image), { architecture: "amd64" }) });
            registry.hold("fedora", "latest", index);
            return index.manifest.digest;
        },
        poll: ({ name }) => plane.poll(namespace, name),
        ...runningIn(plane),
        close: async () => {
            await empty(plane);
            await cluster.close();
            await remove();
            await ofRegistry();
            await registry.close();
        },
    };
}

/** The same of sources that CDI does not poll: an agent of ours does, over a web server, with a checksum beside the image. */
export async function makeHttpBootStage(plane: ControlPlane): Promise<BootStage> {
    const web = await startWeb();
    const { classes, remove } = await makeClasses(plane);
    const open = async (): Promise<KeepingCluster> =>
        new KeepingCluster(await openCluster(plane.kubeconfig, namespace), {
            clock: systemClock,
            scoped: true,
            ask: (source, access, signal) => versionOf(source, access, directNetwork, signal),
            warn: () => undefined,
        });
    const [cluster, agent] = [await open(), await open()];
    await cluster.establish();
    const over = new AbortController();
    const working = agent.work(over.signal);
    const diskOf = makeDisks();
    const url = `${web.url}/fedora.img`;
    const last = cronAnnotations.lastCronTime;
    return {
        cluster,
        classes,
        lags: true,
        source: { http: { url, checksumUrl: `${url}.sha256` } },
        diskOf,
        publish: (image) => {
            const digest = createHash("sha256").update(diskOf(image)).digest("hex");
            web.serve("/fedora.img", diskOf(image));
            web.serve("/fedora.img.sha256", Buffer.from(`${digest}  fedora.img\n`));
            return `sha256:${digest}`;
        },
        poll: async (at) => {
            const longAgo = "2020-01-01T00:00:00Z";
            await cluster.update("DataImportCron", at, ({ metadata }) => {
                metadata.annotations = { ...metadata.annotations, [last]: longAgo };
            });
            await until("it is asked", async () => {
                const cron = await cluster.get("DataImportCron", at);
                return cron?.metadata.annotations?.[last] !== longAgo;
            });
        },
        ...runningIn(plane),
        close: async () => {
            over.abort();
            await working;
            await empty(plane);
            await Promise.all([cluster.close(), agent.close()]);
            await remove();
            await web.close();
        },
    };
}

/** Classes of a stage's own: one that CDI keeps boot sources of as snapshots, and a default one that takes none. */
async function makeClasses(
    plane: ControlPlane,
): Promise<{ readonly classes: BootStage["classes"]; readonly remove: () => Promise<void> }> {
    stages += 1;
    const classes = { fast: `fast-${stages}`, plain: `plain-${stages}` };
    const provisioner = "kubevirt.io.hostpath-provisioner";
    const clean = [
        await plane.snapshotClass({ name: `snapshots-${stages}`, driver: snapshotDriver, default: true }),
        await plane.storageClass({ name: classes.fast, provisioner: snapshotDriver, csi: true }),
        await plane.storageClass({ name: classes.plain, provisioner, default: true }),
    ];
    return {
        classes,
        remove: async () => {
            for (const remove of clean.reverse()) await remove();
            // Cases make them.
            await plane.api.remove("/apis/storage.k8s.io/v1/storageclasses/newest");
            await plane.api.remove("/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses/another");
        },
    };
}

function runningIn(plane: ControlPlane): Pick<BootStage, "completeImport" | "readDisk" | "settle"> {
    return {
        // CDI's pods end by themselves.
        completeImport: () => Promise.resolve(),
        readDisk: async ({ pvc, snapshot } = {}) => {
            if (pvc !== undefined) return bytesOf(plane.contentOf(namespace, pvc.name));
            return snapshot && bytesOf(plane.contentOfSnapshot(namespace, snapshot.name));
        },
        settle: (about, look) => until(about, look, { seconds: 180 }),
    };
}

/** A claim may be there and bound before its import has begun. */
async function bytesOf(content: Promise<string>): Promise<Uint8Array | undefined> {
    return readFile(await content).catch((thrown: unknown) => {
        if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw thrown;
    });
}

/** Crons first: they would bring back what goes before them. */
async function empty(plane: ControlPlane): Promise<void> {
    const cdi = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}`;
    const paths = [
        `${cdi}/dataimportcrons`,
        `/api/v1/namespaces/${namespace}/configmaps`,
        `${cdi}/datasources`,
        `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots`,
        `${cdi}/datavolumes`,
        `/api/v1/namespaces/${namespace}/persistentvolumeclaims`,
    ];
    for (const path of paths) {
        await until(`${path} is empty`, async () => {
            const left = (await plane.api.list(path)).filter(({ metadata }) => metadata.name !== "kube-root-ca.crt");
            for (const { metadata } of left) await plane.api.remove(`${path}/${metadata.name}`);
            return left.length === 0;
        });
    }
}
