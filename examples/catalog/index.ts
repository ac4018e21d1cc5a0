// A cluster's whole set of boot sources out of its stack file: this program is the same for every cluster, and Pulumi.<cluster>.yaml is
// what differs. Here are two: `office`, with a way to the world, and `ship`, which sees its own mirror alone.
//
//     pulumi stack init office && pulumi up
//     pulumi stack init ship && pulumi up
import * as pulumi from "@pulumi/pulumi";
import * as bootsource from "pulumi-bootsource";

const { storageDefault, system, defaults, bootSources } =
    new pulumi.Config().requireObject<bootsource.BootSourceCatalogArgs>("catalog");

const catalog = new bootsource.BootSourceCatalog("images", {
    storageDefault,
    system,
    defaults,
    bootSources,
    transform: {
        // A rule of the house, for every cluster.
        bootSource: (args) => {
            args.labels = { "example.com/team": "images" };
        },
    },
});

export const dataSources = catalog.dataSources;
export const entries = catalog.entries;
