// The images of a team, each from where it is published: a registry, a distribution's server, a tar of tools; and a copy to work on.
//
//     pulumi config set bootsource:store ./store
//     pulumi up
//
// Behind a wall, name mirrors; the program stays as it is:
//
//     pulumi config set --path 'bootsource:mirrors["quay.io"]' mirror.corp.example.com/quay
//     pulumi config set --path 'bootsource:mirrors["https://cloud.debian.org/"]' https://mirror.corp.example.com/debian/
import * as bootsource from "pulumi-bootsource";

const fedora = new bootsource.ImportedImage("fedora", {
    source: { registry: { url: "docker://quay.io/containerdisks/fedora:42" } },
    storage: { size: "10Gi" },
    labels: { "instancetype.kubevirt.io/default-preference": "fedora" },
});

const debianImages = "https://cloud.debian.org/images/cloud/trixie/latest";
const debian = new bootsource.ImportedImage("debian", {
    source: {
        http: { url: `${debianImages}/debian-13-generic-amd64.qcow2`, checksumUrl: `${debianImages}/SHA512SUMS` },
    },
    storage: { size: "10Gi" },
});

const tools = new bootsource.ImportedImage("tools", {
    source: { http: { url: "https://files.corp.example.com/guest-tools.tar.gz" } },
    contentType: "archive",
    storage: { size: "1Gi" },
});

const workbench = new bootsource.ImportedImage("workbench", {
    source: { pvc: { name: fedora.claimName } },
    storage: { size: "20Gi" },
});

export const images = { fedora: fedora.path, debian: debian.path, tools: tools.path, workbench: workbench.path };
export const fedoraDigest = fedora.digest;
