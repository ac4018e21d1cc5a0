// BootSourceCatalog: a cluster's whole set of boot sources as one component, so that ten clusters differ by ten stack files.
import * as pulumi from "@pulumi/pulumi";
import { bootSourceCatalogComplaints } from "../provider/model/boot-source-catalog.js";
import { BootSource } from "./boot-source.js";
import type { BootSourceArgs, ObjectReference } from "./boot-source-args.js";
import type { BootSourceCatalogArgs, CatalogEntry, Transform } from "./boot-source-catalog-args.js";
import { checkArguments } from "./check-arguments.js";
import { Provider } from "./provider.js";
import { fromConfiguration } from "./provider-configuration.js";
import { StorageDefault } from "./storage-default.js";
import { SystemBootSources } from "./system-boot-sources.js";

/**
 * Everything about the boot sources of one cluster (or store): the default storage class, the platform's own boot sources, and
 * those of yours, made in the safe order, with the class before the images that land on it.
 *
 * ```ts
 * const catalog = new bootsource.BootSourceCatalog("images", {
 *     storageDefault: { storageClassName: "fast", dataImportCronSourceFormat: "snapshot" },
 *     system: { overrides: { "centos-stream9": { enabled: false } } },
 *     defaults: { namespace: "images", importsToKeep: 2, cloneableFrom: ["team-a", "team-b"] },
 *     bootSources: {
 *         rhel9: { source: { registry: { url: "docker://registry.redhat.io/rhel9/rhel-guest-image:latest" } } },
 *         debian13: { source: { http: { url: "https://cloud.debian.org/.../debian-13-generic-amd64.qcow2" } } },
 *     },
 * });
 * export const dataSources = catalog.dataSources;
 * ```
 *
 * The whole value may come from a stack's configuration: `new pulumi.Config().requireObject("catalog")`. See docs/catalog.md.
 */
export class BootSourceCatalog extends pulumi.ComponentResource {
    /** The default storage class; undefined where the catalog names none. */
    readonly storageDefault: StorageDefault | undefined;
    /** The platform's own boot sources; undefined where the catalog does not speak of them. */
    readonly system: SystemBootSources | undefined;
    /** The boot sources of the catalog, by name. */
    readonly bootSources: Readonly<Record<string, BootSource>>;
    /** What machines clone from, by name: those of the catalog, and the system's where it speaks of them. Known in a preview, unless that changes the system's. */
    readonly dataSources: pulumi.Output<Record<string, ObjectReference>>;
    /** What there is to know of each boot source of the catalog, by name. */
    readonly entries: pulumi.Output<Record<string, CatalogEntry>>;

    /** Errors of the arguments are found in preview, with their path, each on the row of its resource. */
    constructor(name: string, args: BootSourceCatalogArgs, opts?: pulumi.ComponentResourceOptions) {
        super("bootsource:index:BootSourceCatalog", name, {}, opts);
        checkArguments(bootSourceCatalogComplaints, args, `make the catalog ${name}`, this);
        const { connection, storageDefault, system, defaults = {}, bootSources = {}, transform = {} } = args;
        const provider =
            connection === undefined
                ? undefined
                : new Provider(name, { ...fromConfiguration(connection), ...connection }, { parent: this });
        const under: pulumi.CustomResourceOptions = { parent: this, ...(provider === undefined ? {} : { provider }) };

        this.storageDefault =
            storageDefault &&
            make(StorageDefault, [`${name}-storage-default`, storageDefault, under], transform.storageDefault);
        // A class first, and then the images that land on it: the other way round each would be moved.
        const behind = { ...under, dependsOn: this.storageDefault === undefined ? [] : [this.storageDefault] };
        this.system = system && make(SystemBootSources, [`${name}-system`, system, behind], transform.system);
        this.bootSources = Object.fromEntries(
            Object.entries(bootSources).map(([key, own]) => {
                const whole: BootSourceArgs = { managedDataSource: key, ...withDefaults(own, defaults) };
                return [key, make(BootSource, [`${name}-${key}`, whole, behind], transform.bootSource, key)];
            }),
        );

        const entries = mapValues(this.bootSources, (one) => ({
            dataSource: one.dataSource,
            digest: one.digest,
            sourceFormat: one.sourceFormat,
            storageClass: one.storageClass,
            ready: one.ready,
            upToDate: one.upToDate,
        }));
        const own = mapValues(this.bootSources, ({ dataSource }) => dataSource);
        this.entries = pulumi.output(entries);
        this.dataSources = pulumi
            .all([this.system?.dataSources ?? {}, own])
            .apply(([theirs, ours]): Record<string, ObjectReference> => ({ ...theirs, ...ours }));
        this.registerOutputs({ dataSources: this.dataSources, entries: this.entries });
    }
}

type Child<Args extends object, Made> = new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => Made;

/** Makes a resource after the program has had its say about it; the catalog's own values are never the ones that are changed. */
function make<Args extends object, Made>(
    Resource: Child<Args, Made>,
    [name, args, options]: [string, Args, pulumi.CustomResourceOptions],
    transform: Transform<Args> | undefined,
    key = name,
): Made {
    if (typeof transform !== "function") return new Resource(name, { ...args, ...transform }, options);
    const [ownArgs, ownOptions] = [{ ...args }, { ...options }];
    transform(ownArgs, ownOptions, key);
    return new Resource(name, ownArgs, ownOptions);
}

/** What is put together key by key, where both are plain objects. */
const joined = ["storage", "labels", "annotations"] as const;

function withDefaults(own: BootSourceArgs, defaults: NonNullable<BootSourceCatalogArgs["defaults"]>): BootSourceArgs {
    const both = joined.filter((key) => isPlain(own[key]) && isPlain(defaults[key]));
    const together = both.map((key) => [key, { ...(defaults[key] as object), ...(own[key] as object) }] as const);
    return Object.assign({ ...defaults, ...own }, Object.fromEntries(together));
}

function isPlain(value: unknown): boolean {
    return (
        typeof value === "object" && value !== null && !pulumi.Output.isInstance(value) && !(value instanceof Promise)
    );
}

function mapValues<In, Out>(all: Readonly<Record<string, In>>, change: (one: In) => Out): Record<string, Out> {
    return Object.fromEntries(Object.entries(all).map(([key, one]) => [key, change(one)]));
}
