// The arguments of BootSource, with CDI's names and meaning (cdi.kubevirt.io/v1beta1 DataImportCron), and what it tells of itself.
import type * as pulumi from "@pulumi/pulumi";
import type { ImportSourceArgs } from "./import-source-args.js";
import type { StorageArgs } from "./imported-image-args.js";

/** The arguments of a boot source. All but `namespace`, `name` and `managedDataSource` are changed in place. */
export interface BootSourceArgs {
    /**
     * Where the image comes from: registry, http, s3, gcs, file, upload, pvc or snapshot. Another source is asked for its image
     * at once; the present image serves until the new one is ready, and nothing is downloaded where it is the same one. A
     * `@sha256:` in a registry's url is a pin. Not allowed: a blank disk, and a checksum (see `pin` and `checksumUrl`).
     */
    source: pulumi.Input<ImportSourceArgs>;
    /**
     * When the source is asked for a newer image: five fields in UTC, or `@daily` and the like, as Kubernetes takes them. An
     * agent (`bootsource agent`) keeps to it; without one the first update after each time asks. "" never asks. Changing it
     * imports nothing.
     * @default every twelve hours, at a minute chosen by the name
     */
    schedule?: pulumi.Input<string>;
    /**
     * The disk. Another `storageClassName` brings the present image to that class without a download; another size counts from
     * the next import on.
     * @default a disk as large as the image, on the default class (followed when it changes)
     */
    storage?: pulumi.Input<StorageArgs>;
    /** Name of the DataImportCron, 63 characters at most. Changing it replaces the cron; images stay. @default `<managedDataSource>-image-cron` */
    name?: pulumi.Input<string>;
    /** Namespace of cron, DataSource and images. Changing it replaces the boot source. @default "default" */
    namespace?: pulumi.Input<string>;
    /** Name of the DataSource that machines clone from, 63 characters at most. Changing it replaces the boot source. @default the resource's name */
    managedDataSource?: pulumi.Input<string>;
    /** How many imports stay, the current one included; 1 or more. Fewer removes the oldest at once. @default 3 */
    importsToKeep?: pulumi.Input<number>;
    /** "Outdated" removes imports beyond `importsToKeep`, "Never" keeps all. What is in use stays in any case. @default "Outdated" */
    garbageCollect?: pulumi.Input<string>;
    /** Imports younger than this stay, whatever their number: "30d", "12h", "2w". @default none */
    keepFor?: pulumi.Input<string>;
    /**
     * What a delete leaves: "All" leaves DataSource and images, "None" **removes them**, unless one is in use.
     * @default "All"
     */
    retentionPolicy?: pulumi.Input<string>;
    /** Bind at once, also where the storage class waits for its first consumer. @default true */
    bindImmediately?: pulumi.Input<boolean>;
    /**
     * Who moves the image on: "scheduled", whenever the schedule finds a newer one; "reviewed", each `pulumi up` to what its
     * preview showed, and nothing else. Changing it downloads nothing.
     * @default "scheduled"
     */
    updates?: pulumi.Input<string>;
    /**
     * Who keeps it current: "cron", a DataImportCron of its own, or "hyperConverged", an entry of the list of boot sources in the
     * platform's HyperConverged object, which its operator turns into a cron. Needs a platform that reads that list (OpenShift
     * Virtualization; a store does); registry and pvc sources on a schedule alone. A boot source that the platform ships belongs to
     * `SystemBootSources`. Changing it moves the boot source over in place: name, DataSource, digest and images stay.
     * @default "cron"
     */
    carrier?: pulumi.Input<string>;
    /**
     * Digest ("sha256:...") to hold: of a registry's index or manifest, else of the bytes served. A kept import of that digest
     * is made current without a download. Without it the image moves on again from the next time on.
     */
    pin?: pulumi.Input<string>;
    /** Labels of the cron; those of KubeVirt (default instance type and preference) flow to images and DataSource. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Annotations of the cron and of its imports. */
    annotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * "ready" waits until machines can clone from the DataSource; "accepted" only starts the work, for an agent (or the next
     * update) to finish.
     * @default "ready"
     */
    wait?: pulumi.Input<string>;
    /** Seconds without any progress after which an update gives up. @default 600 */
    timeoutSeconds?: pulumi.Input<number>;
    /**
     * Who may clone from this boot source in other namespaces of a cluster: the service accounts of the namespaces named, or
     * "authenticated" for everybody who is signed in. A Role and a RoleBinding in its namespace. As its images change their names,
     * the right is one to **every claim and snapshot of that namespace**: keep boot sources in one of their own. A store ignores
     * it. @default nobody
     */
    cloneableFrom?: pulumi.Input<pulumi.Input<string>[] | "authenticated">;
    /**
     * Take what is there and was not made by Pulumi: a cron, a DataSource over a hand-made disk, or a disk of the DataSource's
     * name. Nothing is downloaded for it; a difference that would be is an error. What the arguments leave open stays as it is
     * there. Acts when the resource is created; may stay in the program.
     * @default false
     */
    adopt?: pulumi.Input<boolean>;
    /** Delete images (with `retentionPolicy` "None") even where one is in use or was written to. **Loses what was written.** @default false */
    force?: pulumi.Input<boolean>;
}

/** Where an object is. */
export interface ObjectReference {
    readonly namespace: string;
    readonly name: string;
}

/** One kept import. */
export interface BootSourceImport {
    /** Name of its claim or snapshot. */
    readonly name: string;
    readonly digest: string | undefined;
    /** "pvc" or "snapshot". */
    readonly format: string;
    readonly storageClass: string | undefined;
    /** Bytes of the disk. */
    readonly size: number | undefined;
    /** Whether the DataSource leads to it. */
    readonly current: boolean;
}
