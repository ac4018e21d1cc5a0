// The control plane itself: who may do what on it, what it says of itself, and that it is gone with its tests.
import assert from "node:assert/strict";
import { makeApi, type ApiError } from "./api.js";
import { startControlPlane, type ControlPlane } from "./control-plane.js";

describe("the control plane for tests", () => {
    let plane: ControlPlane;
    before(async function () {
        plane = await startControlPlane(this);
    });

    it("lets a service account do what a role allows, and says in the API server's words what it may not", async () => {
        const namespace = await plane.namespace();
        const token = await plane.serviceAccount(namespace, "reader");
        const reader = makeApi({ url: plane.url, ca: plane.ca, token });
        const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
        await assert.rejects(reader.list(claims), (thrown: ApiError) => {
            assert.equal(thrown.status, 403);
            return thrown.reason.includes(`User "system:serviceaccount:${namespace}:reader" cannot list resource`);
        });
        await plane.api.create(`/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
            metadata: { name: "reader" },
            roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" },
            subjects: [{ kind: "ServiceAccount", name: "reader", namespace }],
        });
        assert.deepEqual(await reader.list(claims), []);
        reader.close();
    });

    it("tells of each request once it is answered, and leaves out its own parts", async () => {
        const namespace = await plane.namespace();
        const admin = makeApi({ url: plane.url, ca: plane.ca, token: plane.adminToken, userAgent: "under-test" });
        const mark = await plane.mark();
        await admin.create(`/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: "one" } });
        await plane.api.get(`/api/v1/namespaces/${namespace}/configmaps/one`);
        const requests = await plane.requests(mark);
        const told = requests.map(({ verb, userAgent, objectRef, responseStatus }) =>
            [verb, userAgent, objectRef?.resource, objectRef?.name, responseStatus?.code].join(" "),
        );
        assert.deepEqual(told, ["create under-test configmaps one 201"]);
        admin.close();
    });

    it("keeps its objects over a restart of the API server on the same port", async function () {
        this.timeout(120_000);
        const namespace = await plane.namespace();
        await plane.restart();
        assert.equal((await plane.api.get(`/api/v1/namespaces/${namespace}`)).metadata.name, namespace);
    });

    it("refuses in the words of CDI's webhooks", async () => {
        const namespace = await plane.namespace();
        const cron = {
            apiVersion: "cdi.kubevirt.io/v1beta1",
            kind: "DataImportCron",
            metadata: { name: "odd" },
            spec: {
                schedule: "61 * * * *",
                managedDataSource: "odd",
                template: {
                    spec: {
                        source: { registry: { url: "docker://127.0.0.1/odd" } },
                        storage: { resources: { requests: { storage: "1Gi" } } },
                    },
                },
            },
        };
        const made = plane.api.create(`/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/dataimportcrons`, cron);
        await assert.rejects(
            made,
            /dataimportcron-validate.cdi.kubevirt.io" denied the request:  ?Illegal cron schedule/,
        );
    });
});
