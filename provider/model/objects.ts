// Every kind that a cluster of ours knows, in both worlds: the platform's own objects, with the fields we use.
import type {
    DataImportCron,
    DataSource,
    StorageProfile,
    VolumeSnapshot,
    VolumeSnapshotClass,
} from "./boot-objects.js";
import type { HyperConverged } from "./hyperconverged-objects.js";
import type { Metadata } from "./metadata.js";
import type {
    APIService,
    CDIConfig,
    LimitRange,
    Namespace,
    PersistentVolume,
    ResourceQuota,
    Role,
    RoleBinding,
} from "./policy-objects.js";
import type { DataVolume, PersistentVolumeClaim, StorageClass } from "./volume-objects.js";

export type * from "./metadata.js";
export type * from "./volume-objects.js";
export type * from "./boot-objects.js";
export type * from "./policy-objects.js";
export type * from "./hyperconverged-objects.js";

/** core/v1 Secret; values are base64. */
export interface Secret {
    metadata: Metadata;
    type?: string;
    data?: Record<string, string>;
}

/** core/v1 ConfigMap. */
export interface ConfigMap {
    metadata: Metadata;
    data?: Record<string, string>;
}

/** coordination.k8s.io/v1 Lease: who does something that one at a time does. */
export interface Lease {
    metadata: Metadata;
    spec: {
        holderIdentity?: string;
        leaseDurationSeconds?: number;
        /** RFC 3339 with microseconds. */
        acquireTime?: string;
        renewTime?: string;
    };
}

/** Every kind a cluster of ours knows, by name. */
export interface Objects {
    StorageClass: StorageClass;
    PersistentVolumeClaim: PersistentVolumeClaim;
    DataVolume: DataVolume;
    Secret: Secret;
    ConfigMap: ConfigMap;
    DataSource: DataSource;
    DataImportCron: DataImportCron;
    VolumeSnapshot: VolumeSnapshot;
    VolumeSnapshotClass: VolumeSnapshotClass;
    StorageProfile: StorageProfile;
    Namespace: Namespace;
    ResourceQuota: ResourceQuota;
    LimitRange: LimitRange;
    PersistentVolume: PersistentVolume;
    CDIConfig: CDIConfig;
    APIService: APIService;
    Role: Role;
    RoleBinding: RoleBinding;
    Lease: Lease;
    HyperConverged: HyperConverged;
}

/** The name of a kind. */
export type Kind = keyof Objects;

/** Whether objects of a kind live in a namespace, and the version of the API they are of. */
export const kinds: { readonly [K in Kind]: { readonly apiVersion: string; readonly namespaced: boolean } } = {
    StorageClass: { apiVersion: "storage.k8s.io/v1", namespaced: false },
    PersistentVolumeClaim: { apiVersion: "v1", namespaced: true },
    DataVolume: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: true },
    Secret: { apiVersion: "v1", namespaced: true },
    ConfigMap: { apiVersion: "v1", namespaced: true },
    DataSource: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: true },
    DataImportCron: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: true },
    VolumeSnapshot: { apiVersion: "snapshot.storage.k8s.io/v1", namespaced: true },
    VolumeSnapshotClass: { apiVersion: "snapshot.storage.k8s.io/v1", namespaced: false },
    StorageProfile: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: false },
    Namespace: { apiVersion: "v1", namespaced: false },
    ResourceQuota: { apiVersion: "v1", namespaced: true },
    LimitRange: { apiVersion: "v1", namespaced: true },
    PersistentVolume: { apiVersion: "v1", namespaced: false },
    CDIConfig: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: false },
    APIService: { apiVersion: "apiregistration.k8s.io/v1", namespaced: false },
    Role: { apiVersion: "rbac.authorization.k8s.io/v1", namespaced: true },
    RoleBinding: { apiVersion: "rbac.authorization.k8s.io/v1", namespaced: true },
    Lease: { apiVersion: "coordination.k8s.io/v1", namespaced: true },
    HyperConverged: { apiVersion: "hco.kubevirt.io/v1", namespaced: true },
};

/** An object as it is created: the cluster adds uid, versions and times. */
export type New<K extends Kind> = Omit<Objects[K], "metadata" | "status"> & {
    metadata: Pick<Metadata, "name" | "namespace" | "labels" | "annotations" | "ownerReferences">;
};
