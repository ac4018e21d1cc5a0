// What a cluster has beside its API: a node that runs pods, storage that makes volumes and snapshots; and the classes a test asks for.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Api } from "./api.js";
import { allowInsecure, cdiNamespace } from "./cdi.js";
import { nodeName, startKubelet } from "./kubelet.js";
import { startSnapshotter } from "./snapshots.js";
import { until } from "./until.js";
import { startProvisioner } from "./volumes.js";

/** A storage class. CDI makes a StorageProfile for it, by its provisioner and what CDI knows of that. */
export interface StorageClass {
    readonly name: string;
    /** "nobody.test" never provisions. */
    readonly provisioner: string;
    readonly parameters?: Readonly<Record<string, string>>;
    /** Annotated as the default of all, or of virtual machines' disks. Whoever makes a default removes it. */
    readonly default?: boolean;
    readonly virtDefault?: boolean;
    readonly binding?: "Immediate" | "WaitForFirstConsumer";
    /** With a CSIDriver object, by which CDI fills claims through its populators. */
    readonly csi?: boolean;
}

/** The machines and disks of the cluster, played. */
export interface Nodes {
    /** Makes a class and waits for its StorageProfile; answers how to remove it. */
    storageClass(spec: StorageClass): Promise<() => Promise<void>>;
    /** Makes a VolumeSnapshotClass for a driver; answers how to remove it. */
    snapshotClass(spec: { name: string; driver: string; default?: boolean }): Promise<() => Promise<void>>;
    /** Lets CDI speak plain http with a registry at "host:port"; answers how to take that back. */
    insecureRegistry(host: string): Promise<() => Promise<void>>;
    /** The path of a claim's disk once it is bound, or of the directory that an archive was unpacked to. */
    contentOf(namespace: string, claim: string): Promise<string>;
    contentOfSnapshot(namespace: string, snapshot: string): Promise<string>;
    /** Runs the CronJob of a DataImportCron now, as its schedule would, and waits until its pod has ended. */
    poll(namespace: string, cron: string): Promise<void>;
}

/** Starts them over a directory, with a certificate for what pods serve; they end with the signal. */
export async function startNodes(
    api: Api,
    root: string,
    tls: { readonly key: string; readonly cert: string },
    signal: AbortSignal,
): Promise<Nodes> {
    const volumes = startProvisioner(api, root, signal);
    startSnapshotter(api, volumes, root, signal);
    startKubelet(api, volumes, tls, signal);
    await api.create("/api/v1/nodes", {
        metadata: { name: nodeName, labels: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64" } },
    });
    await api.patch(`/api/v1/nodes/${nodeName}/status`, {
        status: {
            conditions: [{ type: "Ready", status: "True" }],
            nodeInfo: { ...unknownNode, operatingSystem: "linux", architecture: "amd64" },
        },
    });
    return {
        storageClass: (spec) => makeStorageClass(api, spec),
        async snapshotClass({ name, driver, default: isDefault = false }) {
            const path = "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses";
            const annotations = { "snapshot.storage.kubernetes.io/is-default-class": String(isDefault) };
            await api.create(path, {
                apiVersion: "snapshot.storage.k8s.io/v1",
                kind: "VolumeSnapshotClass",
                metadata: { name, annotations },
                driver,
                deletionPolicy: "Delete",
            });
            return () => api.remove(`${path}/${name}`);
        },
        insecureRegistry: (host) => allowInsecure(api, host),
        contentOf: (namespace, claim) =>
            // A populator's claim is bound a moment after CDI has told of its success.
            until(`the claim ${namespace}/${claim} is bound`, async () =>
                contentIn(await volumes.directoryOf(namespace, claim)),
            ),
        async contentOfSnapshot(namespace, name) {
            const path = `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots/${name}`;
            return contentIn(join(root, "snapshots", (await api.get(path)).metadata.uid ?? ""));
        },
        poll: (namespace, cron) => runCronJob(api, namespace, cron),
    };
}

function contentIn(directory: string): string {
    const unpacked = join(directory, "unpacked");
    return existsSync(unpacked) ? unpacked : join(directory, "disk.img");
}

async function makeStorageClass(api: Api, spec: StorageClass): Promise<() => Promise<void>> {
    const { name, provisioner, parameters, binding = "Immediate", csi = false } = spec;
    const classes = "/apis/storage.k8s.io/v1/storageclasses";
    const drivers = "/apis/storage.k8s.io/v1/csidrivers";
    if (csi && (await api.find(`${drivers}/${provisioner}`)) === undefined) {
        await api.create(drivers, { metadata: { name: provisioner }, spec: {} });
    }
    await api.create(classes, {
        metadata: {
            name,
            annotations: {
                ...(spec.default === true ? { "storageclass.kubernetes.io/is-default-class": "true" } : {}),
                ...(spec.virtDefault === true ? { "storageclass.kubevirt.io/is-default-virt-class": "true" } : {}),
            },
        },
        provisioner,
        parameters,
        volumeBindingMode: binding,
        allowVolumeExpansion: true,
        reclaimPolicy: "Delete",
    });
    await until(`CDI has made the storage profile ${name}`, async () => {
        const profile = await api.find(`/apis/cdi.kubevirt.io/v1beta1/storageprofiles/${name}`);
        return (profile?.status as { provisioner?: string } | undefined)?.provisioner === provisioner;
    });
    return () => api.remove(`${classes}/${name}`);
}

async function runCronJob(api: Api, namespace: string, cron: string): Promise<void> {
    const { uid = "" } = (
        await api.get(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/dataimportcrons/${cron}`)
    ).metadata;
    const batch = `/apis/batch/v1/namespaces/${cdiNamespace}`;
    const jobs = await until(`CDI has made the CronJob of ${cron}`, async () =>
        (await api.list(`${batch}/cronjobs`)).find(({ metadata }) => metadata.name.endsWith(uid.slice(0, 8))),
    );
    const { jobTemplate } = jobs.spec as { jobTemplate: { spec: object } };
    const made = await api.create(`${batch}/jobs`, {
        metadata: { generateName: `poll-${uid.slice(0, 8)}-` },
        spec: { ...jobTemplate.spec, backoffLimit: 0 },
    });
    await until(`the poll of ${cron} has ended`, async () => {
        const job = await api.find(`${batch}/jobs/${made.metadata.name}`);
        const { succeeded = 0, failed = 0 } = (job?.status ?? {}) as { succeeded?: number; failed?: number };
        return job === undefined || succeeded + failed > 0;
    });
}

const unknownNode = {
    ...{ machineID: "", systemUUID: "", bootID: "", kernelVersion: "", osImage: "", containerRuntimeVersion: "" },
    ...{ kubeletVersion: "v1.36.2", kubeProxyVersion: "" },
};
