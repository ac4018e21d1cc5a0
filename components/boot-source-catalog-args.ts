// The arguments of BootSourceCatalog: everything about the boot sources of one cluster in one value, as a stack file may hold it.
import type * as pulumi from "@pulumi/pulumi";
import type { BootSourceArgs, ObjectReference } from "./boot-source-args.js";
import type { ProviderArgs } from "./provider.js";
import type { StorageDefaultArgs } from "./storage-default-args.js";
import type { SystemBootSourcesArgs } from "./system-boot-sources-args.js";

/** The arguments of a catalog. Each part becomes a resource of its own, with that resource's rules of what a change does. */
export interface BootSourceCatalogArgs {
    /**
     * Which store or cluster, and how sources are reached from there: mirrors, certificates, pull secret. What it leaves out is as
     * the stack's configuration says. Mirrors and credentials change in place. Giving it where there was none, or taking it away,
     * **replaces every resource of the catalog**; images on a cluster, and those of the same store, are taken up again.
     * @default the stack's configuration (`bootsource:store` or `bootsource:kubeconfig`, `bootsource:mirrors`, ...)
     */
    connection?: ProviderArgs;
    /** The storage class that images land on. Set before any boot source is made. @default the cluster's own defaults stay */
    storageDefault?: StorageDefaultArgs;
    /** The switch of the platform's own boot sources, and what is to be another in each. @default they stay as they are */
    system?: SystemBootSourcesArgs;
    /**
     * What every boot source says where it says nothing itself: namespace, schedule, storage, importsToKeep, cloneableFrom, ...
     * `storage`, `labels` and `annotations` are put together key by key. Not for the system's.
     */
    defaults?: Omit<BootSourceArgs, "source" | "name" | "managedDataSource" | "pin">;
    /** The boot sources, by the name of the DataSource that machines clone from. One that is taken out is deleted as its `retentionPolicy` says. */
    bootSources?: Readonly<Record<string, BootSourceArgs>>;
    /**
     * Adjusts the resources underneath, in the program: values that take the place of arguments, or a function that is given the
     * arguments and the options of a resource before it is made, and may change both.
     */
    transform?: {
        readonly storageDefault?: Transform<StorageDefaultArgs>;
        readonly system?: Transform<SystemBootSourcesArgs>;
        /** Of each boot source; `name` is its name in the catalog. */
        readonly bootSource?: Transform<BootSourceArgs>;
    };
}

/** Values in place of arguments, or a function that changes arguments and options where they are. */
export type Transform<Args extends object> =
    Partial<Args> | ((args: Args, options: pulumi.CustomResourceOptions, name: string) => void);

/** What a program for virtual machines needs of one boot source. */
export interface CatalogEntry {
    /** What machines clone from: `rootDisk: { source: { sourceRef: entry.dataSource } }`. */
    readonly dataSource: ObjectReference;
    readonly digest: string | undefined;
    /** "pvc" or "snapshot". */
    readonly sourceFormat: string | undefined;
    readonly storageClass: string | undefined;
    /** Whether machines can clone from it now. */
    readonly ready: boolean;
    /** Whether its image is the newest one that was wanted. */
    readonly upToDate: boolean;
}
