// KubeVirt's own CRDs on the control plane: what a virtual machine may say is checked by the API server, as in production.
import assert from "node:assert/strict";
import type { ApiError } from "./api.js";
import { startControlPlane, type ControlPlane } from "./control-plane.js";

describe("KubeVirt's kinds on the control plane", function () {
    this.timeout(60_000);
    let plane: ControlPlane;
    before(async function () {
        plane = await startControlPlane(this, { crds: ["kubevirt"] });
    });

    it("takes a virtual machine in a dry run, and names the field of one that is none", async () => {
        const path = `/apis/kubevirt.io/v1/namespaces/default/virtualmachines?dryRun=All&fieldValidation=Strict`;
        const machine = (template: object): object => ({
            apiVersion: "kubevirt.io/v1",
            kind: "VirtualMachine",
            metadata: { name: "one" },
            spec: { runStrategy: "Always", template },
        });
        const made = await plane.api.create(path, machine({ spec: { domain: { devices: {} } } }));
        assert.equal(made.kind, "VirtualMachine");
        await assert.rejects(plane.api.create(path, machine({ spec: { domain: {} } })), (thrown: ApiError) => {
            assert.equal(thrown.status, 422);
            return thrown.reason.includes("spec.template.spec.domain.devices: Required value");
        });
        await assert.rejects(
            plane.api.create(path, machine({ spec: { domain: { devices: {} }, volums: [] } })),
            /unknown field "spec.template.spec.volums"/,
        );
    });
});
