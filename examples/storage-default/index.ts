// The storage class that images land on: boot sources follow it without a download, and without a moment in which they cannot be cloned.
//
//     pulumi config set bootsource:store ./store
//     pulumi config set bootsource:storageClasses '[{"name": "plain", "defaults": ["cluster"]}, {"name": "thin", "snapshot": "overlay"}]'
//     pulumi up                                        # everything on "plain"
//     pulumi config set defaultClass thin
//     pulumi preview                                   # says which boot sources move, and that nothing is downloaded
//     pulumi up                                        # marks "thin" before it clears "plain", and waits for the boot sources
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const storageClassName = new pulumi.Config().get("defaultClass") ?? "plain";

const home = new bootsource.StorageDefault("vms", {
    storageClassName,
    role: "both",
    ...(storageClassName === "thin" ? { dataImportCronSourceFormat: "snapshot" } : {}),
    onDelete: "restore",
});

const images = ["fedora:42", "debian:13"].map((image) => {
    const [name = ""] = image.split(":");
    const source = { registry: { url: `docker://quay.io/containerdisks/${image}` } };
    return new bootsource.BootSource(name, { source, storage: { size: "10Gi" } }, { dependsOn: [home] });
});

export const before = home.previousDefaults;
export const formats = images.map(({ sourceFormat }) => sourceFormat);
export const classes = images.map(({ storageClass }) => storageClass);
