// VirtualMachine: what each variant becomes, as Pulumi's engine would be told.
import assert from "node:assert/strict";
import * as path from "node:path";
import type { KubeObject } from "../control-plane/api.js";
import { type Registered, type Run, runScript } from "./mocked-run.js";

const script = path.join(__dirname, "play-machines.js");

describe("a virtual machine", function () {
    this.timeout(60_000);
    let run: Run;
    before(async () => {
        run = await runScript(script, "named");
    });

    const machine = (name: string, type = "kubernetes:kubevirt.io/v1:VirtualMachine"): Registered => {
        const found = run.registered.filter((one) => one.type === type && [name, `${name}-machine`].includes(one.name));
        assert.equal(found.length, 1, `${String(found.length)} machines are called ${name}`);
        return found[0]!;
    };
    const spec = (name: string): KubeObject => machine(name).inputs.spec as KubeObject;

    describe("of a boot source", () => {
        it("is cloned from its DataSource, by its name, once that is there [A58, A75, A89, B30]", () => {
            const [template] = spec("from-boot-source").dataVolumeTemplates;
            assert.deepEqual(template.spec, {
                sourceRef: { kind: "DataSource", namespace: "images", name: "fedora" },
                storage: {},
            });
            assert.match(machine("from-boot-source").dependencies.join(), /BootSource::fedora$/);
        });

        it("takes instance type and preference from the image's labels, and does not ask again beside KubeVirt's answer", () => {
            const { instancetype, preference, template } = spec("from-boot-source");
            assert.deepEqual(instancetype, { inferFromVolume: "rootdisk" });
            assert.deepEqual(preference, { inferFromVolume: "rootdisk", inferFromVolumeFailurePolicy: "Ignore" });
            assert.equal(template.spec.volumes[0].name, "rootdisk");
            assert.deepEqual(machine("from-boot-source").ignoreChanges, ["spec.instancetype", "spec.preference"]);
        });

        it("runs, behind the pod's address", () => {
            const { runStrategy, template } = spec("from-boot-source");
            assert.equal(runStrategy, "Always");
            assert.deepEqual(template.spec.networks, [{ name: "default", pod: {} }]);
            assert.deepEqual(template.spec.domain.devices.interfaces, [{ name: "default", masquerade: {} }]);
        });

        it("tells its state, its disk, and the command that reaches its console [B46, B47, Y722]", () => {
            const answer = run.answers["from-boot-source"];
            assert.deepEqual(answer.status, { printableStatus: "Provisioning", ready: false });
            assert.equal(answer.consoleCommand, "virtctl console from-boot-source --namespace of-the-provider");
            const claim = { namespace: "of-the-provider", name: "from-boot-source-rootdisk" };
            assert.deepEqual(answer.rootDisk, claim);
            assert.equal(answer.dataVolumeName, claim.name);
        });
    });

    describe("of an imported image", () => {
        it("is a clone of the image's claim, on the class and with the size that are named [B13, B16]", () => {
            const [template] = spec("from-image").dataVolumeTemplates;
            assert.deepEqual(template.spec, {
                source: { pvc: { namespace: "default", name: "debian-1a2b3c4d" } },
                storage: {
                    resources: { requests: { storage: "30Gi" } },
                    storageClassName: "fast",
                    accessModes: ["ReadWriteMany"],
                    volumeMode: "Block",
                },
            });
        });

        it("is made by the same update, and after the image is ready [B15, B36, B39]", () => {
            const { dependencies, inputs } = machine("from-image");
            assert.ok(dependencies.some((urn) => urn.endsWith("ImportedImage::debian")));
            assert.equal(inputs.spec.template.spec.volumes[0].dataVolume.name, "from-image-rootdisk");
        });

        it("has its cloud-init data in a Secret, and the Secret's name alone in the machine", () => {
            const secret = run.registered.find(({ type }) => type === "kubernetes:core/v1:Secret");
            assert.ok(secret);
            assert.deepEqual(secret.secrets, ["stringData"]);
            assert.equal(secret.inputs.stringData.userdata, "#cloud-config\npassword: hidden\n");
            assert.deepEqual(secret.inputs.metadata, { name: "from-image-cloud-init", namespace: "web" });
            assert.deepEqual(spec("from-image").template.spec.volumes[1], {
                name: "cloudinitdisk",
                cloudInitNoCloud: {
                    secretRef: { name: "from-image-cloud-init" },
                    networkDataSecretRef: { name: "from-image-cloud-init" },
                },
            });
            assert.doesNotMatch(JSON.stringify(machine("from-image").inputs), /hidden/);
            assert.ok(machine("from-image").dependencies.some((urn) => urn.endsWith("::from-image-cloud-init")));
        });

        it("is labelled and annotated, and waited for where that is asked for", () => {
            const { metadata } = machine("from-image").inputs;
            assert.deepEqual(metadata.labels, { "kubevirt.io/vm": "from-image", tier: "front" });
            assert.equal(metadata.annotations["pulumi.com/waitFor"], "condition=Ready");
            assert.equal(machine("from-boot-source").inputs.metadata.annotations, undefined);
        });
    });

    describe("of an http source, as the platform's documentation writes it", () => {
        const seed = (): KubeObject => machine("vm-fedora-datavolume").inputs as KubeObject;

        it("is KubeVirt's object of today's version, under its name and label, without empty times [Y701, Y702, Y703, Y704]", () => {
            const { apiVersion, kind, metadata } = seed();
            assert.deepEqual([apiVersion, kind], ["kubevirt.io/v1", "VirtualMachine"]);
            assert.doesNotMatch(JSON.stringify(seed()), /creationTimestamp/);
            assert.deepEqual(metadata.labels, { "kubevirt.io/vm": "vm-fedora-datavolume" });
            assert.equal(metadata.name, "vm-fedora-datavolume");
        });

        it("has its disk imported under the name given, as a volume, on virtio [Y705, Y715, Y716, Y720]", () => {
            const { dataVolumeTemplates, template } = seed().spec;
            assert.equal(dataVolumeTemplates[0].metadata.name, "fedora-dv");
            const [disk] = template.spec.domain.devices.disks;
            assert.equal(disk.disk.bus, "virtio");
            assert.equal(disk.name, "datavolumedisk1");
            assert.equal(template.spec.volumes[0].dataVolume.name, "fedora-dv");
        });

        it("does not run, takes the platform's machine type, so much memory, and is ended at once [Y713, Y717, Y718, Y719]", () => {
            const { runStrategy, template } = seed().spec;
            assert.equal(runStrategy, "Halted");
            assert.equal(template.spec.domain.machine.type, "");
            assert.deepEqual(template.spec.domain.resources, { requests: { memory: "64M" } });
            assert.equal(template.spec.terminationGracePeriodSeconds, 0);
        });

        it("labels its instance too, and calls volume and disk the same [Y714, Y721]", () => {
            const { template } = seed().spec;
            assert.deepEqual(template.metadata.labels, { "kubevirt.io/vm": "vm-fedora-datavolume" });
            assert.equal(template.spec.volumes[0].name, template.spec.domain.devices.disks[0].name);
        });

        it("asks for claim and image in the words of the document, and infers nothing", () => {
            assert.deepEqual(seed().spec.dataVolumeTemplates[0].spec, {
                source: {
                    http: {
                        url: "https://download.fedoraproject.org/pub/fedora/linux/releases/28/Cloud/x86_64/images/Fedora-Cloud-Base-28-1.1.x86_64.qcow2",
                        secretRef: "",
                        certConfigMap: "",
                    },
                },
                pvc: {
                    accessModes: ["ReadWriteOnce"],
                    resources: { requests: { storage: "2Gi" } },
                    storageClassName: "local",
                },
            });
            assert.deepEqual([seed().spec.instancetype, seed().spec.preference], [undefined, undefined]);
        });
    });

    describe("of the document's template", () => {
        const seed = (): KubeObject => machine("example-vm").inputs as KubeObject;

        it("is a machine with a name, a label, and a disk that is an image [Y801, Y802, Y803, Y804]", () => {
            assert.equal(`${seed().apiVersion} ${seed().kind}`, "kubevirt.io/v1 VirtualMachine");
            assert.equal(seed().metadata.labels["kubevirt.io/vm"], "example-vm");
            assert.equal(seed().metadata.name, "example-vm");
            assert.equal(seed().spec.dataVolumeTemplates[0].metadata.name, "example-dv");
        });

        it("does not run, labels its instance, and has one core and a virtio disk [Y808, Y809, Y810, Y811]", () => {
            const { runStrategy, template } = seed().spec;
            assert.equal(runStrategy, "Halted");
            assert.equal(template.metadata.labels["kubevirt.io/vm"], "example-vm");
            assert.deepEqual(template.spec.domain.cpu, { cores: 1 });
            assert.equal(template.spec.domain.devices.disks[0].disk.bus, "virtio");
        });

        it("names its disk, its machine type and its memory, and is ended at once [Y812, Y813, Y814, Y815]", () => {
            const { domain, terminationGracePeriodSeconds } = seed().spec.template.spec;
            assert.equal(domain.devices.disks[0].name, "example-dv-disk");
            assert.equal(domain.machine.type, "q35");
            assert.equal(domain.resources.requests.memory, "1G");
            assert.equal(terminationGracePeriodSeconds, 0);
        });

        it("mounts what was imported, under the disk's own name [Y816, Y817]", () => {
            assert.deepEqual(seed().spec.template.spec.volumes, [
                { name: "example-dv-disk", dataVolume: { name: "example-dv" } },
            ]);
            assert.equal(seed().spec.template.spec.domain.devices.disks[0].name, "example-dv-disk");
        });
    });

    it("says its size itself where it is not an instance type's, and joins other networks by bridges", () => {
        const { instancetype, preference, template, runStrategy } = spec("with-everything");
        assert.equal(instancetype, undefined);
        assert.deepEqual(preference, { name: "rhel.9", kind: "VirtualMachinePreference" });
        assert.equal(runStrategy, "RerunOnFailure");
        assert.deepEqual(template.spec.domain.memory, { guest: "4Gi" });
        assert.deepEqual(template.spec.domain.devices.interfaces, [
            { name: "default", masquerade: {}, model: "virtio", ports: [{ port: 22, protocol: "TCP" }] },
            { name: "storage", bridge: {} },
        ]);
        assert.deepEqual(machine("with-everything").ignoreChanges, []);
        assert.deepEqual(template.spec.volumes[1], {
            name: "cloudinitdisk",
            cloudInitConfigDrive: { secretRef: { name: "mine" } },
        });
    });

    it("has no network at all where none is asked for, which KubeVirt must be told", () => {
        const { networks, domain } = spec("with-names").template.spec;
        assert.deepEqual([networks, domain.devices.interfaces], [[], []]);
        assert.equal(domain.devices.autoattachPodInterface, false);
    });

    it("that users write themselves gets its disk from a function, and waits for the image likewise", () => {
        assert.deepEqual(spec("of-the-user").dataVolumeTemplates, [
            {
                metadata: { name: "mine", labels: { a: "b" } },
                spec: {
                    sourceRef: { kind: "DataSource", namespace: "default", name: "centos" },
                    storage: { resources: { requests: { storage: "30Gi" } } },
                },
            },
        ]);
        assert.match(machine("of-the-user").dependencies.join(), /BootSource::centos$/);
    });

    it("is refused with the path of what is wrong, also where a value is only known later", () => {
        const { "early-refusal": early, "late-refusal": late, ...others } = run.errors;
        assert.deepEqual(others, {});
        assert.deepEqual([early?.code, late?.code], ["invalid-argument", "invalid-argument"]);
        assert.ok(early?.isResourceError && late?.isResourceError);
        const reason = "runStrategy: it must be one of Always, Halted, Manual, RerunOnFailure, Once";
        assert.equal(
            early.message,
            `cannot make the virtual machine early-refusal: rootDisk.storage.size: Storage size is missing; ${reason}`,
        );
        assert.ok(late.message.endsWith(`cannot make the virtual machine late-refusal: ${reason}`), late.message);
    });
});
