// What a namespace allows, and to whom, as the platform has it (Kubernetes core/v1, rbac.authorization.k8s.io/v1).
import type { Metadata } from "./metadata.js";

/** core/v1 Namespace. */
export interface Namespace {
    metadata: Metadata;
}

/** core/v1 ResourceQuota: by resource, "requests.storage" or "fast.storageclass.storage.k8s.io/requests.storage". */
export interface ResourceQuota {
    metadata: Metadata;
    status?: { hard?: Record<string, string>; used?: Record<string, string> };
}

/** core/v1 LimitRange. */
export interface LimitRange {
    metadata: Metadata;
    spec?: { limits?: { type: string; min?: Record<string, string>; max?: Record<string, string> }[] };
}

/** core/v1 PersistentVolume. */
export interface PersistentVolume {
    metadata: Metadata;
    /** Without a class's name it is of no class, as with "". */
    spec: { storageClassName?: string; claimRef?: { namespace?: string; name?: string } };
}

/** cdi.kubevirt.io/v1beta1 CDIConfig, one per cluster, called "config": CDI's own settings, as they are in force. */
export interface CDIConfig {
    metadata: Metadata;
    status?: {
        uploadProxyURL?: string;
        uploadProxyCA?: string;
        /** Where scratch space lies; "" is the disk's own class. */
        scratchSpaceStorageClass?: string;
        /** Shares of a disk's size, "0.06": what a file system takes beside it. */
        filesystemOverhead?: { global?: string; storageClass?: Record<string, string> };
    };
}

/** apiregistration.k8s.io/v1 APIService: by it CDI's own namespace is known. */
export interface APIService {
    metadata: Metadata;
    spec?: { service?: { namespace?: string; name?: string } };
}

/** rbac.authorization.k8s.io/v1 Role. */
export interface Role {
    metadata: Metadata;
    rules: { apiGroups: string[]; resources: string[]; resourceNames?: string[]; verbs: string[] }[];
}

/** rbac.authorization.k8s.io/v1 RoleBinding. */
export interface RoleBinding {
    metadata: Metadata;
    roleRef: { apiGroup: string; kind: "Role"; name: string };
    subjects?: { kind: "Group"; apiGroup: string; name: string }[];
}
