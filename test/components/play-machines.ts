// The machines that the tests of VirtualMachine look at: run by them in a process of its own.
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { BootSource, dataVolumeTemplate, ImportedImage, VirtualMachine } from "../../components/index.js";
import { play, type Program } from "./mocked-run.js";

const shown = (machine: VirtualMachine): Record<string, pulumi.Input<unknown>> => ({
    urn: machine.machine.urn,
    name: machine.name,
    namespace: machine.namespace,
    dataVolumeName: machine.dataVolumeName,
    rootDisk: machine.rootDisk,
    status: machine.status,
    consoleCommand: machine.consoleCommand,
    secret: machine.cloudInitSecret?.urn,
});

const registry = { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } };

const machines: Record<string, Program> = {
    "from-boot-source": () => {
        const fedora = new BootSource("fedora", { source: registry, namespace: "images" });
        return shown(new VirtualMachine("from-boot-source", { rootDisk: { source: fedora } }));
    },
    "from-image": () => {
        const debian = new ImportedImage("debian", { source: { blank: {} }, storage: { size: "1Gi" } });
        return shown(
            new VirtualMachine("from-image", {
                namespace: "web",
                rootDisk: {
                    source: debian,
                    storage: {
                        size: "30Gi",
                        storageClassName: "fast",
                        accessModes: ["ReadWriteMany"],
                        volumeMode: "Block",
                    },
                },
                labels: { tier: "front" },
                annotations: { "example.com/owner": "me" },
                cloudInitNoCloud: { userData: "#cloud-config\npassword: hidden\n", networkData: "version: 2\n" },
                wait: "ready",
            }),
        );
    },
    "vm-fedora-datavolume": () =>
        shown(
            new VirtualMachine("vm-fedora-datavolume", {
                rootDisk: {
                    dataVolumeName: "fedora-dv",
                    name: "datavolumedisk1",
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
                },
                running: false,
                machine: { type: "" },
                resources: { requests: { memory: "64M" } },
                terminationGracePeriodSeconds: 0,
            }),
        ),
    "example-vm": () =>
        shown(
            new VirtualMachine("example-vm", {
                rootDisk: {
                    dataVolumeName: "example-dv",
                    name: "example-dv-disk",
                    source: { http: { url: "http://images.example.com/disk.img" } },
                    pvc: { accessModes: ["ReadWriteOnce"], size: "1G" },
                },
                running: false,
                cpu: { cores: 1 },
                machine: { type: "q35" },
                resources: { requests: { memory: "1G" } },
                terminationGracePeriodSeconds: 0,
            }),
        ),
    "with-everything": () =>
        shown(
            new VirtualMachine(
                "with-everything",
                {
                    name: pulumi.output("everything"),
                    rootDisk: {
                        source: { sourceRef: { namespace: "platform-images", name: "rhel9" } },
                        storage: { size: pulumi.output("40Gi") },
                        bus: "sata",
                    },
                    runStrategy: "RerunOnFailure",
                    cpu: { cores: 2, sockets: 1, threads: 2, model: "host-model" },
                    memory: { guest: "4Gi" },
                    resources: { limits: { memory: "6Gi" } },
                    preference: { name: "rhel.9", kind: "VirtualMachinePreference" },
                    cloudInitConfigDrive: { secretRef: { name: "mine" } },
                    networks: [
                        { name: "default", pod: {} },
                        { name: "storage", multus: { networkName: "vlan-7" } },
                    ],
                    interfaces: [
                        { name: "default", masquerade: {}, model: "virtio", ports: [{ port: 22, protocol: "TCP" }] },
                    ],
                },
                { provider: new kubernetes.Provider("east", { kubeconfig: "{}" }) },
            ),
        ),
    "with-names": () =>
        shown(
            new VirtualMachine("with-names", {
                rootDisk: { source: { snapshot: { namespace: "images", name: "golden" } } },
                instancetype: { name: "u1.medium" },
                preference: { name: "fedora" },
                networks: [],
            }),
        ),
    "from-registry": () =>
        shown(
            new VirtualMachine("from-registry", {
                rootDisk: { source: registry, storage: { size: "10Gi" } },
                memory: { guest: "2Gi" },
            }),
        ),
    "of-the-user": () => {
        const source = new BootSource("centos", { source: registry });
        const machine = new kubernetes.apiextensions.CustomResource("of-the-user", {
            apiVersion: "kubevirt.io/v1",
            kind: "VirtualMachine",
            metadata: { name: "of-the-user" },
            spec: {
                runStrategy: "Halted",
                dataVolumeTemplates: [
                    dataVolumeTemplate(source, { name: "mine", storage: { size: "30Gi" }, labels: { a: "b" } }),
                ],
                template: {
                    spec: {
                        domain: { memory: { guest: "1Gi" }, devices: {} },
                        volumes: [{ name: "root", dataVolume: { name: "mine" } }],
                    },
                },
            },
        });
        return { urn: machine.urn };
    },
    "late-refusal": () =>
        shown(
            new VirtualMachine("late-refusal", {
                rootDisk: { source: { pvc: { namespace: "images", name: "golden" } } },
                memory: { guest: "1Gi" },
                runStrategy: pulumi.output(Promise.resolve("Sometimes")),
            }),
        ),
    "early-refusal": () =>
        shown(new VirtualMachine("early-refusal", { rootDisk: { source: registry }, runStrategy: "Sometimes" })),
};

const [, , cluster = "", when = ""] = process.argv;
const config: Record<string, Record<string, string>> = {
    named: {
        "bootsource:kubeconfig": "kind: Config\n",
        "bootsource:context": "east",
        "bootsource:namespace": "machines",
    },
    own: { "kubernetes:context": "west" },
    none: {},
};
void play(machines, config[cluster] ?? {}, when === "preview");
