// Machines that share the blocks of one image: a class whose snapshots are shared by thin qcow2 files.
//
//     pulumi config set bootsource:store ./store
//     pulumi config set --path 'bootsource:storageClasses[0].name' thin
//     pulumi config set --path 'bootsource:storageClasses[0].snapshot' overlay
//     pulumi config set --path 'bootsource:storageClasses[0].dataImportCronSourceFormat' snapshot
//     pulumi config set --path 'bootsource:storageClasses[0].defaults[0]' cluster
//     pulumi up
//     npx bootsource clone guest machine-1.qcow2 --store ./store
//     qemu-system-x86_64 -m 512 -nographic -drive file=machine-1.qcow2,format=qcow2
//
// The image stays as long as machine-1.qcow2 does, however many newer ones come.
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const image = new pulumi.Config().get("image") ?? "docker://quay.io/containerdisks/alpine:latest";

const guest = new bootsource.BootSource("guest", { source: { registry: { url: image } } });

export const format = guest.sourceFormat;
export const disk = guest.path;
