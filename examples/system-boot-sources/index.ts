// The platform's own boot sources at a site without a way to quay.io: all but one are off, and that one comes from the site's mirror.
//
//     pulumi config set bootsource:store ./store
//     pulumi config set bootsource:mirrors '{"quay.io": "registry.site.example:5000"}'
//     pulumi up                                        # Fedora alone is imported, out of the mirror
//     pulumi config set systemBootSources off
//     pulumi preview                                   # says which crons go, that the images stay, and what leads nowhere then
//     pulumi up
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const enabled = new pulumi.Config().get("systemBootSources") !== "off";

const system = new bootsource.SystemBootSources("system", {
    enabled,
    overrides: enabled
        ? {
              fedora: { schedule: "0 3 * * 0", storage: { size: "6Gi" } },
              "centos-stream9": { enabled: false },
              "centos-stream10": { enabled: false },
          }
        : {},
});

export const dataSource = system.dataSources.apply(({ fedora }) => fedora);
export const origins = system.templates.apply((all) =>
    Object.fromEntries(all.map(({ name, origin }) => [name, origin])),
);
export const dangling = system.dangling;
