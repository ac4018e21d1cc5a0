// The catalogs that the tests look at: run by them in a process of its own.
import * as pulumi from "@pulumi/pulumi";
import { BootSourceCatalog, type BootSourceCatalogArgs } from "../../components/index.js";
import { play, type Program } from "./mocked-run.js";

const registry = (url: string) => ({ registry: { url: `docker://quay.io/containerdisks/${url}` } });

const catalog =
    (name: string, args: BootSourceCatalogArgs): Program =>
    () => {
        const made = new BootSourceCatalog(name, args);
        return { dataSources: made.dataSources, names: Object.keys(made.bootSources) };
    };

const catalogs: Record<string, Program> = {
    whole: catalog("whole", {
        storageDefault: { storageClassName: "fast" },
        system: { overrides: { fedora: { enabled: false } } },
        defaults: { namespace: "images", storage: { size: "10Gi", storageClassName: "fast" }, labels: { team: "a" } },
        bootSources: {
            rhel9: { source: registry("rhel9:latest"), storage: { size: pulumi.output("20Gi") }, importsToKeep: 1 },
            debian: { source: registry("debian:13"), namespace: "debian" },
        },
    }),
    changed: catalog("changed", {
        defaults: { labels: { team: "a" } },
        bootSources: { one: { source: registry("one:1") }, two: { source: registry("two:2") } },
        system: {},
        transform: {
            system: { images: "delete" },
            bootSource: (args, options, name) => {
                args.annotations = { name };
                if (name === "two") options.protect = true;
                if (name === "two") args.schedule = "@weekly";
            },
        },
    }),
    elsewhere: catalog("elsewhere", {
        connection: { mirrors: { "quay.io": "mirror.site:5000" }, pullSecret: "{}" },
        bootSources: { one: { source: registry("one:1") } },
    }),
    "other-store": catalog("other-store", {
        connection: { kubeconfig: "kind: Config\n" },
        bootSources: { one: { source: registry("one:1") } },
    }),
    misspelt: catalog("misspelt", { bootsources: {} } as BootSourceCatalogArgs),
    empty: catalog("empty", {}),
    "one-source": catalog("one-source", {
        defaults: { source: registry("one:1") } as BootSourceCatalogArgs["defaults"] & object,
        bootSources: { "Not A Name": { source: registry("one:1") } },
    }),
};

const config = {
    "bootsource:store": "./store",
    "bootsource:storageClasses": JSON.stringify([{ name: "fast" }]),
    "bootsource:parallelImports": "2",
    "bootsource:caCertificates": "PEM",
};

void play(catalogs, config, false);
