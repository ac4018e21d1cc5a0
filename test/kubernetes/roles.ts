// The roles that are shipped, given to service accounts of a test's own.
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { parseAllDocuments } from "yaml";
import type { ControlPlane } from "../control-plane/control-plane.js";

/** A role of the file. */
export interface Role {
    readonly metadata: { readonly name: string };
    readonly rules: readonly {
        readonly apiGroups: string[];
        readonly resources: string[];
        readonly verbs: string[];
    }[];
}

const file = path.resolve(__dirname, "../../..", "deploy", "cluster-roles.yaml");

/** What deploy/cluster-roles.yaml holds. */
export const roles = parseAllDocuments(readFileSync(file, "utf8")).map((document) => document.toJS() as Role);

const rbac = "/apis/rbac.authorization.k8s.io/v1";

/** Makes the roles under names of this namespace's own. */
export async function applyRoles(plane: ControlPlane, namespace: string): Promise<void> {
    for (const role of roles) {
        const metadata = { name: `${role.metadata.name}-${namespace}` };
        await plane.api.create(`${rbac}/clusterroles`, { ...role, metadata });
    }
}

/**
 * The kubeconfig of a new service account: with a role it may do what docs/kubernetes.md tells to give, without one nothing; `more`
 * are given for the whole cluster.
 */
export async function login(
    plane: ControlPlane,
    namespace: string,
    name: string,
    role?: string,
    more: readonly string[] = [],
): Promise<string> {
    const token = await plane.serviceAccount(namespace, name);
    const bind = (scope: string, to: string): Promise<unknown> =>
        plane.api.create(`${rbac}/${scope}bindings`, {
            metadata: { name: `${name}-${to}-${namespace}` },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: `${to}-${namespace}` },
            subjects: [{ kind: "ServiceAccount", name, namespace }],
        });
    if (role !== undefined) {
        for (const one of ["bootsource-cluster", ...more]) await bind("clusterrole", one);
        await bind(`namespaces/${namespace}/role`, role);
    }
    return plane.kubeconfigFor(token);
}
