// Images that move only by a reviewed update: `pulumi preview` shows `digest: old => new`, and `pulumi up` does exactly that.
//
//     pulumi config set bootsource:store ./store
//     pulumi preview            # asks the registries, changes nothing
//     pulumi up                 # what was shown is what is done, also when a tag has moved on since
//
// Going back is a line of code, and downloads nothing while the older import is kept:
//
//     pulumi config set fedoraPin sha256:...
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const pin = new pulumi.Config().get("fedoraPin");

const fedora = new bootsource.BootSource("fedora", {
    source: { registry: { url: "docker://quay.io/containerdisks/fedora:42" } },
    storage: { size: "10Gi" },
    importsToKeep: 3,
    keepFor: "30d",
    ...(pin === undefined ? { updates: "reviewed" } : { pin }),
});

export const digest = fedora.digest;
export const kept = fedora.imports;
