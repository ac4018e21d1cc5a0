// The arguments of ImportedImage, with CDI's names and meaning (cdi.kubevirt.io/v1beta1 DataVolume).
import type * as pulumi from "@pulumi/pulumi";
import type { ImportSourceArgs } from "./import-source-args.js";

/** `resources` as Kubernetes writes them. */
export interface ClaimRequestArgs {
    requests?: pulumi.Input<{ storage?: pulumi.Input<string> }>;
}

/** The disk, completed from the storage class (CDI's `storage`). */
export interface StorageArgs {
    /**
     * Size of the disk, as a Kubernetes quantity ("5Gi"); the room there is: a larger image is refused. Growing it grows the
     * disk in place; making it smaller replaces the image.
     * @default the virtual size found in the image
     */
    size?: pulumi.Input<string>;
    /** The same as `size`, at the place where CDI has it. */
    resources?: pulumi.Input<ClaimRequestArgs>;
    /**
     * Storage class. On Kubernetes also the class of a volume that somebody made by hand, whether there is an object of that name or not;
     * "" is a volume of no class. Changing it replaces the image.
     * @default the virtualization default class, else the cluster's default; `local` in a new store
     */
    storageClassName?: pulumi.Input<string>;
    /** Access modes. Changing them replaces the image. @default ["ReadWriteOnce"] */
    accessModes?: pulumi.Input<pulumi.Input<string>[]>;
    /** "Filesystem" or "Block"; embedded stores know only Filesystem. Changing it replaces the image. @default "Filesystem" */
    volumeMode?: pulumi.Input<string>;
}

/** The disk as a plain claim (CDI's `pvc`): taken as it is, and never placed on the virtualization default class. */
export interface ClaimArgs extends Omit<StorageArgs, "accessModes"> {
    /** Exactly one access mode. Changing it replaces the image. */
    accessModes: pulumi.Input<pulumi.Input<string>[]>;
}

/** The arguments of an imported image. */
export interface ImportedImageArgs {
    /** Where the image comes from. */
    source: pulumi.Input<ImportSourceArgs>;
    /** The disk. Give `storage` or `pvc`, not both. @default a disk as large as the image, on the default class */
    storage?: pulumi.Input<StorageArgs>;
    /** The disk as a plain claim. */
    pvc?: pulumi.Input<ClaimArgs>;
    /**
     * What the source holds: "kubevirt", one disk image, or "archive", a tar in any compression that is unpacked into the claim
     * (http, s3, gcs, upload and file; filesystem claims only). Changing it replaces the image.
     * @default "kubevirt"
     */
    contentType?: pulumi.Input<string>;
    /**
     * "algorithm:hex" of the bytes as served (md5, sha1, sha256, sha512); of a registry image, of the disk file in it. A
     * mismatch ends the import, and nothing is left.
     * Another checksum is another image: it replaces this one. Adding the sha256 that came in, or taking the checksum away,
     * changes nothing.
     */
    checksum?: pulumi.Input<string>;
    /**
     * The image's format: "raw", "qcow2", "vdi", "vpc" (VHD), "vhdx" or "vmdk". Given, nothing is probed, so that a guest that wrote another format's header into
     * its own disk gains nothing. Changing it replaces the image.
     * @default found from the first bytes of the (decompressed) image
     */
    format?: pulumi.Input<string>;
    /** Write zeros instead of leaving holes. Changing it takes effect with the next import. @default false */
    preallocation?: pulumi.Input<boolean>;
    /** Seconds without any progress after which an update gives up. Changing it never imports again. @default 600 */
    timeoutSeconds?: pulumi.Input<number>;
    /**
     * "ready": the update ends when the disk is ready, or with the reason why it is not. "accepted": it ends as soon as the
     * platform has taken the order; in an embedded store the import then goes on only while `pulumi` runs. A replacement that is
     * only accepted lets the old disk go before the new one is ready.
     * @default "ready"
     */
    wait?: pulumi.Input<string>;
    /**
     * Name of the DataVolume and of its claim. Changing it replaces the image. With a name of your own another image is staged
     * beside the old disk and takes its place when it is whole.
     * @default the resource's name and 8 hex digits of the content's identity, so that two contents can stand side by side
     */
    name?: pulumi.Input<string>;
    /** Namespace. Changing it replaces the image. @default "default" */
    namespace?: pulumi.Input<string>;
    /** Labels of the DataVolume and its claim. Changing them is an update. */
    labels?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /** Annotations of the DataVolume. Changing them is an update. */
    annotations?: pulumi.Input<Record<string, pulumi.Input<string>>>;
    /**
     * Who may clone this disk from other namespaces of a cluster: the service accounts of the namespaces named, or
     * "authenticated" for everybody who is signed in. A Role and a RoleBinding in the image's namespace; changing it imports
     * nothing. A store ignores it. @default nobody
     */
    cloneableFrom?: pulumi.Input<pulumi.Input<string>[] | "authenticated">;
    /**
     * Take a DataVolume of this `name` that Pulumi did not make, as it is: only our mark is written, nothing is downloaded, and
     * an argument that would need a download is an error. Acts when the resource is created; may stay in the program.
     * @default false
     */
    adopt?: pulumi.Input<boolean>;
    /**
     * Delete or replace the disk even where a program has it open, or where it was written to since its import.
     * **Loses what was written.**
     * @default false
     */
    force?: pulumi.Input<boolean>;
}

/** A condition of the DataVolume: Bound, Running, Ready. */
export interface ImageCondition {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
}
