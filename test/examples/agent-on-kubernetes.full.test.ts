// The example of the agent on a cluster: a real API server takes every object of it, and an agent works with the rights and the way that it gives.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { runAgent } from "../cli/run-agent.js";
import type { KubeObject } from "../control-plane/api.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { until } from "../control-plane/until.js";
import { applyRoles } from "../kubernetes/roles.js";
import { clone } from "../package/project.js";

const file = join(clone, "examples", "agent-on-kubernetes", "agent.yaml");

/** Where objects of a kind are made. */
const places: Readonly<Record<string, (namespace: string) => string>> = {
    ServiceAccount: (namespace) => `/api/v1/namespaces/${namespace}/serviceaccounts`,
    ConfigMap: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
    ClusterRoleBinding: () => "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    RoleBinding: (namespace) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`,
    Deployment: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
};

describe("the example of the agent on a cluster", function () {
    this.timeout(300_000);
    let plane: ControlPlane;
    let namespace: string;
    let objects: readonly KubeObject[];

    before(async function () {
        plane = await startControlPlane(this);
        namespace = await plane.namespace("agents");
        await applyRoles(plane, namespace);
        const text = readFileSync(file, "utf8")
            .replaceAll(/\bimages\b/g, namespace)
            .replace(/name: (bootsource-(?:cluster|admin))$/gm, `name: $1-${namespace}`);
        objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
    });

    const pathOf = ({ kind }: KubeObject): string =>
        places[String(kind)]?.(namespace) ?? `(no place for ${String(kind)})`;

    it("has no field that the API server does not know, and no value that it refuses", async () => {
        for (const object of objects)
            await plane.api.create(`${pathOf(object)}?dryRun=All&fieldValidation=Strict`, object);
        assert.deepEqual(objects.map(({ kind }) => String(kind)).sort(), Object.keys(places).sort());
    });

    it("gives the agent the way and the rights that it needs, by the token of its pod alone", async () => {
        const made = objects.filter(({ kind }) => kind !== "Deployment");
        for (const object of made) await plane.api.create(pathOf(object), object);
        const account = `/api/v1/namespaces/${namespace}/serviceaccounts/bootsource-agent/token`;
        const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
        const { status } = await plane.api.create(account, request);
        const directory = mkdtempSync(join(tmpdir(), "bootsource-agent-"));
        try {
            // What the kubelet mounts, and the address that the cluster's own names lead to.
            writeFileSync(join(directory, "token"), (status as { token: string }).token);
            writeFileSync(join(directory, "ca.crt"), plane.ca);
            const { data } = made.find(({ kind }) => kind === "ConfigMap") as { data?: { kubeconfig?: string } };
            const kubeconfig = join(directory, "kubeconfig");
            const here = (data?.kubeconfig ?? "")
                .replaceAll("/var/run/secrets/kubernetes.io/serviceaccount", directory)
                .replace("https://kubernetes.default.svc", plane.url);
            writeFileSync(kubeconfig, here);
            const deployment = objects.find(({ kind }) => kind === "Deployment");
            const { template } = deployment?.["spec"] as {
                template: { spec: { containers: { args: string[] }[] } };
            };
            const [container] = template.spec.containers;
            const [command, ...flags] = (container?.args ?? []).map((arg) =>
                arg.replace("/etc/bootsource/kubeconfig", kubeconfig).replace("0.0.0.0:9180", "127.0.0.1:0"),
            );
            assert.equal(command, "agent");
            const agent = runAgent(...flags);
            try {
                await agent.told("started");
                const answer = await fetch(`${await agent.address()}/healthz`);
                assert.equal(answer.status, 200, await answer.text());
                const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/bootsource-agent`;
                await until("it holds the Lease", () => plane.api.find(lease));
            } finally {
                const { code, stderr } = await agent.stop();
                assert.equal(code, 0, stderr);
            }
        } finally {
            rmSync(directory, { recursive: true, force: true });
        }
    });
});
