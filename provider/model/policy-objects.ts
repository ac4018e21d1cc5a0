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
