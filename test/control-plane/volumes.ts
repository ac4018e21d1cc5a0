// The storage behind the control plane: a directory for each volume and each snapshot, and who provisions them.
import { cp, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Api, type KubeObject } from "./api.js";
import { follow } from "./observe.js";
import { makeWorker } from "./worker.js";

/** What a claim holds, and where. */
export interface Volumes {
    /** The directory of the volume that a claim is bound to; throws where it is not bound. */
    directoryOf(namespace: string, claim: string): Promise<string>;
}

const claims = "/api/v1/persistentvolumeclaims";
const pvs = "/api/v1/persistentvolumes";
const claimPath = (namespace: string, name: string): string =>
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}`;

/** Provisions volumes below a directory until the signal is aborted. */
export function startProvisioner(api: Api, root: string, signal: AbortSignal): Volumes {
    const at = (volume: string): string => join(root, "volumes", volume);
    const once = makeWorker("provisioner", signal);
    const volumes: Volumes = {
        async directoryOf(namespace, name) {
            const claim = await api.get(claimPath(namespace, name));
            const { volumeName } = claim.spec as { volumeName?: string };
            if (volumeName === undefined) throw new Error(`the claim ${namespace}/${name} is not bound`);
            // One that nobody provisioned, a static volume, is a directory as well.
            await mkdir(at(volumeName), { recursive: true });
            return at(volumeName);
        },
    };
    const provision = async (claim: KubeObject): Promise<void> => {
        const { uid = "", namespace = "", name, annotations } = claim.metadata;
        const volume = `pvc-${uid}`;
        if ((await api.find(claimPath(namespace, name)))?.metadata.uid !== uid) return;
        if ((await api.find(`${pvs}/${volume}`)) !== undefined) return;
        const { accessModes, volumeMode, storageClassName, resources } = claim.spec as KubeObject;
        const source = await contentFor(api, volumes, root, claim);
        if (source === "not ready") throw new Error(`the source of the claim ${namespace}/${name} is not ready`);
        if (source === "not ours") return;
        await mkdir(at(volume), { recursive: true });
        if (source.directory !== undefined) await cp(source.directory, at(volume), { recursive: true });
        const provisioner = (annotations as Record<string, string>)["volume.kubernetes.io/storage-provisioner"] ?? "";
        await api.create(pvs, {
            metadata: { name: volume, annotations: { "pv.kubernetes.io/provisioned-by": provisioner } },
            spec: {
                accessModes: accessModes as unknown,
                volumeMode: volumeMode as unknown,
                storageClassName: storageClassName as unknown,
                capacity: { storage: (resources as { requests: { storage: string } }).requests.storage },
                claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name, uid },
                persistentVolumeReclaimPolicy: "Delete",
                // Older provisioners' names are no names of CSI drivers.
                ...(provisioner.includes("/")
                    ? { hostPath: { path: at(volume) } }
                    : { csi: { driver: provisioner, volumeHandle: volume } }),
            },
        });
    };
    void follow(api, claims, signal, {
        seen(claim) {
            const { uid = "", annotations, deletionTimestamp } = claim.metadata;
            // The controller manager writes this as soon as the claim may be provisioned: at once, or when a pod has been scheduled.
            const asked = (annotations as Record<string, string> | undefined)?.[
                "volume.kubernetes.io/storage-provisioner"
            ];
            const { volumeName } = claim.spec as { volumeName?: string };
            if (asked === undefined || asked === nobody || deletionTimestamp !== undefined) return;
            if (volumeName === undefined) once(uid, () => provision(claim));
            else if (needsMore(claim)) once(uid, () => expand(api, claim, volumeName));
        },
    });
    void follow(api, pvs, signal, {
        seen(volume) {
            const { phase } = (volume.status ?? {}) as { phase?: string };
            const { persistentVolumeReclaimPolicy: policy } = volume.spec as { persistentVolumeReclaimPolicy?: string };
            if (phase !== "Released" || policy !== "Delete") return;
            once(volume.metadata.name, () => api.remove(`${pvs}/${volume.metadata.name}`));
        },
        gone(volume) {
            once(volume.metadata.name, () => rm(at(volume.metadata.name), { recursive: true, force: true }));
        },
    });
    return volumes;
}

/** A provisioner that never provisions, for claims that are to stay pending. */
export const nobody = "nobody.test";

type Content = { readonly directory: string | undefined } | "not ours" | "not ready";

/** The directory that a new volume begins with, if it does not begin empty. */
async function contentFor(api: Api, volumes: Volumes, root: string, claim: KubeObject): Promise<Content> {
    const { dataSourceRef } = claim.spec as { dataSourceRef?: { kind: string; name: string } };
    const { namespace = "" } = claim.metadata;
    switch (dataSourceRef?.kind) {
        case undefined:
            return { directory: undefined };
        case "VolumeSnapshot": {
            const path = `/apis/snapshot.storage.k8s.io/v1/namespaces/${namespace}/volumesnapshots/${dataSourceRef.name}`;
            const snapshot = await api.find(path);
            const { readyToUse } = (snapshot?.status ?? {}) as { readyToUse?: boolean };
            if (snapshot === undefined || readyToUse !== true) return "not ready";
            return { directory: join(root, "snapshots", snapshot.metadata.uid ?? "") };
        }
        case "PersistentVolumeClaim":
            return volumes.directoryOf(namespace, dataSourceRef.name).then(
                (directory) => ({ directory }),
                () => "not ready",
            );
        default:
            // A populator's: CDI fills another claim, and gives its volume to this one.
            return "not ours";
    }
}

function needsMore(claim: KubeObject): boolean {
    const { resources } = claim.spec as { resources: { requests: { storage: string } } };
    const { phase, capacity } = (claim.status ?? {}) as { phase?: string; capacity?: { storage: string } };
    return phase === "Bound" && capacity !== undefined && capacity.storage !== resources.requests.storage;
}

async function expand(api: Api, claim: KubeObject, volume: string): Promise<void> {
    const { namespace = "", name } = claim.metadata;
    const { resources } = claim.spec as { resources: { requests: { storage: string } } };
    const { storageClassName } = claim.spec as { storageClassName: string };
    const cls = await api.find(`/apis/storage.k8s.io/v1/storageclasses/${storageClassName}`);
    const { storage } = resources.requests;
    if (cls?.allowVolumeExpansion !== true || (await api.find(claimPath(namespace, name))) === undefined) return;
    await api.patch(`${pvs}/${volume}`, { spec: { capacity: { storage } } });
    await api.patch(`${claimPath(namespace, name)}/status`, { status: { capacity: { storage } } });
}
