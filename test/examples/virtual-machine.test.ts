// The example of virtual machines: what it makes, by Pulumi's mocks (its Kubernetes provider cannot be had in the tests).
import assert from "node:assert/strict";
import * as path from "node:path";
import type { KubeObject } from "../control-plane/api.js";
import { runScript } from "../components/mocked-run.js";

const script = path.join(__dirname, "..", "components", "play-example.js");

describe("examples/virtual-machine", function () {
    this.timeout(60_000);

    it("makes a boot source and two machines of it: one by labels, waited for, and one that says its size and is halted", async () => {
        const { registered, answers, errors } = await runScript(script);
        assert.deepEqual(errors, {});
        const machines = registered
            .filter(({ type }) => type === "kubernetes:kubevirt.io/v1:VirtualMachine")
            .sort((one, other) => other.name.localeCompare(one.name));
        assert.deepEqual(
            machines.map(({ name }) => name),
            ["web-machine", "spare-machine"],
        );
        const [web, spare] = machines.map(({ inputs }) => inputs as KubeObject);
        assert.deepEqual(web!.spec.instancetype, { inferFromVolume: "rootdisk" });
        assert.equal(web!.metadata.annotations["pulumi.com/waitFor"], "condition=Ready");
        assert.equal(spare!.spec.instancetype, undefined);
        assert.equal(spare!.spec.runStrategy, "Halted");
        for (const { dependencies } of machines) assert.match(dependencies.join(), /BootSource::fedora/);
        const secret = registered.find(({ type }) => type === "kubernetes:core/v1:Secret");
        assert.equal(
            secret?.inputs.stringData.userdata,
            '#cloud-config\nssh_authorized_keys: ["ssh-ed25519 AAAA me@example"]\n',
        );
        assert.equal(answers["example"].console, "virtctl console web --namespace of-the-provider");
    });

    it("says what to install where Pulumi's Kubernetes package is missing, at the first machine", async () => {
        const { errors } = await runScript(script, "without");
        assert.equal(
            errors["example"]?.message,
            "cannot make the virtual machine web: @pulumi/kubernetes could not be loaded; install it beside pulumi-bootsource: " +
                "npm install @pulumi/kubernetes",
        );
        assert.ok(errors["example"].isResourceError);
    });
});
