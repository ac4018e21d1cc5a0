// A boot source from a registry: asked twice a day, two imports kept, machines clone from the DataSource "fedora".
//
//     pulumi config set bootsource:store ./store
//     pulumi up
//     npx bootsource status --store ./store
//
// `npx bootsource agent --store ./store` keeps to the schedule by itself; without it the first update after each time asks.
import * as bootsource from "pulumi-bootsource";

const fedora = new bootsource.BootSource("fedora", {
    source: { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } },
    schedule: "0 */12 * * *",
    storage: { size: "10Gi" },
    importsToKeep: 2,
    labels: {
        "instancetype.kubevirt.io/default-instancetype": "u1.medium",
        "instancetype.kubevirt.io/default-preference": "fedora",
    },
});

export const dataSource = fedora.dataSource;
export const digest = fedora.digest;
export const disk = fedora.path;
export const kept = fedora.imports;
