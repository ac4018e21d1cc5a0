// The roles that we ship, on a real API server: each gives what it says, no more, and what is missing is named.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import type { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { apiOf, groupOf } from "../../provider/kubernetes/subjects.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import { type Kind, kinds } from "../../provider/model/objects.js";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.js";
import { afterwards } from "../tools.js";
import { applyRoles, login, roles } from "./roles.js";
import { openCluster } from "./stage.js";

describe("the roles that are shipped", function () {
    this.timeout(60_000);
    let plane: ControlPlane;
    let namespace: string;
    let viewer: KubernetesCluster;
    let admin: KubernetesCluster;
    let nobody: KubernetesCluster;

    before(async function () {
        plane = await startControlPlane(this);
        namespace = await plane.namespace("rights");
        await applyRoles(plane, namespace);
        const as = async (name: string, role?: string): Promise<KubernetesCluster> =>
            openCluster(await login(plane, namespace, name, role), namespace);
        viewer = await as("viewer", "bootsource-preview");
        admin = await as("admin", "bootsource-admin");
        nobody = await as("nobody");
        afterwards(this, () => Promise.all([viewer, admin, nobody].map((cluster) => cluster.close())));
    });

    it("let everybody know the same cluster by the same name", async () => {
        const identity = await viewer.establish();
        assert.equal(await admin.establish(), identity);
        assert.equal((await plane.api.get("/api/v1/namespaces/kube-system")).metadata.uid, identity);
        await assert.rejects(nobody.establish(), { code: "forbidden", message: /bootsource-cluster .*"namespaces"/ });
    });

    it("let a preview read everything but Secrets, and change nothing", async () => {
        for (const kind of Object.keys(kinds) as Kind[]) {
            const query = kinds[kind].namespaced ? { namespace } : {};
            const isReadable = kind !== "Secret";
            // Of these two one object is asked for by its name, and no list is ever needed.
            if (kind === "Namespace" || kind === "APIService") continue;
            // A role of its own gives it, to whoever has system boot sources.
            if (kind === "HyperConverged") continue;
            assert.equal(await isAllowed(viewer.list(kind, query)), isReadable, `list ${kind}`);
            assert.equal(await isAllowed(viewer.get(kind, { namespace, name: "none" })), isReadable, `get ${kind}`);
        }
        for (const make of creations(viewer, namespace)) assert.equal(await isAllowed(make()), false);
        assert.equal(await isAllowed(viewer.delete("DataVolume", { namespace, name: "none" })), false);
        assert.deepEqual(await viewer.usersOf({ namespace, name: "none" }), []);
    });

    it("let an update make, change and remove what belongs to boot sources", async () => {
        for (const make of creations(admin, namespace)) await make();
        for (const kind of [
            "Secret",
            "ConfigMap",
            "PersistentVolumeClaim",
            "DataVolume",
            "DataSource",
            "DataImportCron",
        ] as const) {
            const at = { namespace, name: "mine" };
            await admin.update(kind, at, ({ metadata }) => (metadata.labels = { changed: "yes" }));
            assert.equal((await admin.get(kind, at))?.metadata.labels?.["changed"], "yes", `update ${kind}`);
            await admin.delete(kind, at);
        }
    });

    it("name the rule that is missing, and the role that has it", async () => {
        await assert.rejects(viewer.create("ConfigMap", { metadata: { namespace, name: "mine" } }), (thrown) => {
            assert.ok(isBootsourceError(thrown));
            assert.match(
                thrown.message,
                new RegExp(`User "system:serviceaccount:${namespace}:viewer" cannot create resource "configmaps"`),
            );
            assert.match(
                thrown.message,
                /the ClusterRole bootsource-admin .*resources: \["configmaps"\], verbs: \["create"\]/,
            );
            return thrown.terminal;
        });
    });

    it("hold every rule that the contract needs, and that a message may name", () => {
        const rulesOf = (name: string): Set<string> =>
            new Set(
                roles
                    .filter(({ metadata }) => metadata.name === name)
                    .flatMap(({ rules }) => rules)
                    .flatMap(({ apiGroups, resources, verbs }) =>
                        apiGroups.flatMap((group) =>
                            resources.flatMap((one) => verbs.map((verb) => `${verb} ${group} ${one}`)),
                        ),
                    ),
            );
        const [preview, all] = [rulesOf("bootsource-preview"), rulesOf("bootsource-admin")];
        const wide = rulesOf("bootsource-cluster");
        const system = rulesOf("bootsource-system");
        for (const api of (Object.keys(kinds) as Kind[]).map(apiOf)) {
            const single = api.kind === "Namespace" || api.kind === "APIService";
            for (const verb of single ? ["get"] : ["get", "list", "watch"]) {
                assert.ok(
                    (api.kind === "HyperConverged" ? system : api.namespaced ? all : wide).has(
                        `${verb} ${groupOf(api)} ${api.plural}`,
                    ),
                    `${verb} ${api.kind}`,
                );
            }
        }
        assert.deepEqual(
            [...preview].filter((rule) => !all.has(rule)),
            [],
            "who may change may read",
        );
        assert.equal(
            [...preview].some((rule) => rule.includes("secrets")),
            false,
        );
    });
});

/** One object of each kind that an update makes. */
function creations(cluster: Cluster, namespace: string): (() => Promise<unknown>)[] {
    const metadata = { namespace, name: "mine" };
    const resources = { requests: { storage: "1Gi" } };
    const source = { registry: { url: "docker://127.0.0.1:9/disk" } };
    const volume = { source, storage: { resources } };
    return [
        () => cluster.create("Secret", { metadata }),
        () => cluster.create("ConfigMap", { metadata }),
        () => cluster.create("DataVolume", { metadata, spec: volume }),
        () => cluster.create("DataSource", { metadata, spec: { source: {} } }),
        () =>
            cluster.create("DataImportCron", {
                metadata,
                spec: { schedule: "", managedDataSource: "other", template: { spec: volume } },
            }),
        // Last, because a DataVolume may not take a claim that is there.
        () =>
            cluster.create("PersistentVolumeClaim", { metadata, spec: { accessModes: ["ReadWriteOnce"], resources } }),
    ];
}

/** Whether it is allowed; everything but a refused right is thrown. */
async function isAllowed(doing: Promise<unknown>): Promise<boolean> {
    try {
        await doing;
        return true;
    } catch (thrown) {
        if (isBootsourceError(thrown) && thrown.code === "forbidden") return false;
        throw thrown;
    }
}
