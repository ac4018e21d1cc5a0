// Where a virtual machine goes, and that KubeVirt's and CDI's own definitions take what it becomes.
import assert from "node:assert/strict";
import * as path from "node:path";
import { startControlPlane, type ControlPlane } from "../control-plane/control-plane.js";
import { type Registered, type Run, runScript } from "./mocked-run.js";

const script = path.join(__dirname, "play-machines.js");

describe("a virtual machine on the API server", function () {
    this.timeout(60_000);
    let run: Run;
    let plane: ControlPlane;
    let namespace: string;
    before(async function () {
        this.timeout(300_000);
        run = await runScript(script, "named");
        plane = await startControlPlane(this, { crds: ["kubevirt"] });
        namespace = await plane.namespace("machines");
    });

    it("is taken by KubeVirt's own definition, every variant, and no field is unknown [B35]", async () => {
        const all = run.registered.filter(({ type }) => type === "kubernetes:kubevirt.io/v1:VirtualMachine");
        assert.equal(all.length, 8);
        const path = `/apis/kubevirt.io/v1/namespaces/${namespace}/virtualmachines?dryRun=All&fieldValidation=Strict`;
        for (const { inputs } of all) {
            const made = await plane.api.create(path, {
                ...inputs,
                metadata: { ...inputs.metadata, namespace },
            });
            // What the definition does not know would not be there any more.
            assert.deepEqual(made.spec, inputs.spec);
        }
    });

    it("has disks that CDI's webhook takes, where they do not hang on another object", async () => {
        const path = `/apis/cdi.kubevirt.io/v1beta1/namespaces/${namespace}/datavolumes?dryRun=All&fieldValidation=Strict`;
        for (const name of ["vm-fedora-datavolume", "example-vm", "from-registry"]) {
            const machine = run.registered.find((one) => one.name === `${name}-machine`);
            const [template] = machine?.inputs.spec.dataVolumeTemplates ?? [];
            const made = await plane.api.create(path, {
                apiVersion: "cdi.kubevirt.io/v1beta1",
                kind: "DataVolume",
                ...template,
            });
            assert.deepEqual(made.spec.source, template.spec.source);
        }
    });
});

describe("the cluster of a virtual machine", function () {
    this.timeout(60_000);
    const providers = (run: Run): Registered[] =>
        run.registered.filter(({ type }) => type === "pulumi:providers:kubernetes");
    const providerOf = (run: Run, name: string): string | undefined =>
        run.registered.find((one) => one.name === `${name}-machine`)?.provider;

    it("is the one that the stack names for its images: one provider for all machines, its kubeconfig a secret", async () => {
        const run = await runScript(script, "named", "preview");
        const [own, ...others] = providers(run).filter(({ name }) => name !== "east");
        assert.deepEqual(others, []);
        assert.deepEqual(own?.inputs, { kubeconfig: "kind: Config\n", context: "east", namespace: "machines" });
        assert.deepEqual(own.secrets, ["kubeconfig"]);
        assert.match(providerOf(run, "from-boot-source") ?? "", /::bootsource-cluster::/);
        assert.match(providerOf(run, "from-image") ?? "", /::bootsource-cluster::/);
        assert.match(providerOf(run, "with-everything") ?? "", /::east::/);
    });

    it("is that of Pulumi's own Kubernetes configuration, where the stack has one", async () => {
        const run = await runScript(script, "own");
        assert.deepEqual(
            providers(run).map(({ name }) => name),
            ["east"],
        );
        assert.equal(providerOf(run, "from-boot-source"), "");
    });

    it("is never the one that the environment happens to name", async () => {
        const run = await runScript(script, "none");
        assert.equal(run.errors["from-image"]?.code, "not-configured");
        assert.match(
            run.errors["from-image"].message,
            /no cluster is named for it; set bootsource:kubeconfig, or give/,
        );
        assert.ok(run.answers["with-everything"], "a provider of its own is enough");
    });
});
