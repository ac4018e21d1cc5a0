// Machines that boot from a Fedora that keeps itself current, on a cluster with KubeVirt.
//
//     kubectl config view --raw --minify --flatten | pulumi config set --secret bootsource:kubeconfig
//     pulumi config set sshKey "$(cat ~/.ssh/id_ed25519.pub)"
//     pulumi up
//     $(pulumi stack output console)
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const sshKey = new pulumi.Config().require("sshKey");

const fedora = new bootsource.BootSource("fedora", {
    source: { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } },
    storage: { size: "10Gi" },
    // Which instance type and preference machines get that say nothing else.
    labels: {
        "instancetype.kubevirt.io/default-instancetype": "u1.medium",
        "instancetype.kubevirt.io/default-preference": "fedora",
    },
});

// A clone of the newest image, as large as the labels say.
const web = new bootsource.VirtualMachine("web", {
    rootDisk: { source: fedora, storage: { size: "30Gi" } },
    cloudInitNoCloud: { userData: `#cloud-config\nssh_authorized_keys: [${JSON.stringify(sshKey)}]\n` },
    wait: "ready",
});

// One that says its size itself, and stays halted until somebody starts it.
const spare = new bootsource.VirtualMachine("spare", {
    rootDisk: { source: fedora },
    cpu: { cores: 2 },
    memory: { guest: "4Gi" },
    runStrategy: "Halted",
});

export const console = web.consoleCommand;
export const disks = [web.rootDisk, spare.rootDisk];
