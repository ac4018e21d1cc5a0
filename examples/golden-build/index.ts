// A golden image that a build puts into this directory, under a name that never changes: each new build becomes current, the
// two before it stay, and a build that cannot be imported leaves the one before it in place.
//
//     pulumi config set bootsource:store ./store
//     packer build template.pkr.hcl     # or whatever writes golden.qcow2
//     pulumi up
import * as bootsource from "pulumi-bootsource";

const golden = new bootsource.BootSource("golden", {
    source: { upload: { path: "./golden.qcow2" } },
    importsToKeep: 3,
    labels: { "instancetype.kubevirt.io/default-preference": "rhel.9" },
});

export const disk = golden.path;
export const digest = golden.digest;
export const kept = golden.imports;
