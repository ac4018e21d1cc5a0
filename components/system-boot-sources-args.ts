// The arguments of SystemBootSources, with the platform's names, and what it tells of the platform's list.
import type * as pulumi from "@pulumi/pulumi";
import type { StorageArgs } from "./imported-image-args.js";
import type { ImportSourceArgs } from "./import-source-args.js";

/** The arguments of the system boot sources. All but `namespace` are changed in place. */
export interface SystemBootSourcesArgs {
    /**
     * The switch `enableCommonBootImageImport`: whether the platform imports its own boot sources and keeps them current. Off, their
     * crons go, and their DataSources lead to the claim of their own name, which is seldom there: see `dangling`. Custom boot
     * sources are not touched.
     * @default true
     */
    enabled?: pulumi.Input<boolean>;
    /**
     * What becomes of images whose cron goes or is made anew: "keep", or "delete". Since 1.18 the platform itself deletes them
     * (retentionPolicy None); kept ones are taken out of that first, and where that cannot be nothing is switched.
     * @default "keep"
     */
    images?: pulumi.Input<string>;
    /**
     * What is to be another than the platform's, by the name of a DataSource ("fedora") or of an entry ("fedora-image-cron"). The
     * rest of each entry is filled in from the platform's own. One entry has one owner, across stacks.
     */
    overrides?: pulumi.Input<Record<string, pulumi.Input<SystemOverrideArgs>>>;
    /** The namespace of the HyperConverged object. Changing it replaces the resource. @default where it is found */
    namespace?: pulumi.Input<string>;
    /**
     * What a delete leaves: "keep" leaves switch and entries as they are; "restore" sets the switch as it was found, takes our entries
     * out and puts those back that they took the place of.
     * @default "keep"
     */
    onDelete?: pulumi.Input<string>;
    /** Take the switch, or an entry, that another resource holds or that somebody wrote by hand. @default false */
    takeOver?: pulumi.Input<boolean>;
    /** "ready" waits until machines can be cloned from each; "accepted" until the crons are there. @default "ready" */
    wait?: pulumi.Input<string>;
    /** Seconds without any progress after which an update gives up; what is there stays. @default 600 */
    timeoutSeconds?: pulumi.Input<number>;
}

/** What is to be another in one of the platform's boot sources. A change makes its cron anew; images stay unless told otherwise. */
export interface SystemOverrideArgs {
    /** False switches this one off, and nothing else can be said of it. @default true */
    enabled?: pulumi.Input<boolean>;
    /** Five fields in UTC, or "@daily" and the like. @default the platform's */
    schedule?: pulumi.Input<string>;
    /** The disk: class, size, modes. What is left out stays the platform's. */
    storage?: pulumi.Input<StorageArgs>;
    /** Another image: `registry` or `pvc`. @default the platform's */
    source?: pulumi.Input<ImportSourceArgs>;
    /** How many imports are kept: 1 or more. @default the platform's */
    importsToKeep?: pulumi.Input<number>;
    /** "Outdated" or "Never". @default the platform's */
    garbageCollect?: pulumi.Input<string>;
    /** What the cron's end leaves: "All" or "None". @default the platform's, which since 1.18 is "None" */
    retentionPolicy?: pulumi.Input<string>;
}

/** An entry of the platform's list. */
export interface SystemTemplate {
    readonly name: string;
    /** "system", "overridden" (by an entry of anybody's), "disabled", or "custom". */
    readonly origin: string;
    readonly namespace?: string;
    readonly managedDataSource?: string;
    readonly schedule?: string;
    /** As CDI has it. */
    readonly source?: Readonly<Record<string, unknown>>;
    /** As CDI has it. */
    readonly storage?: Readonly<Record<string, unknown>>;
    readonly garbageCollect?: string;
    readonly importsToKeep?: number;
    readonly retentionPolicy?: string;
    readonly bindImmediately: boolean;
}
