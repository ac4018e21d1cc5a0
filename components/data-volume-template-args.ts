// What a machine's disk may come from, and what it becomes, with CDI's names and meaning (cdi.kubevirt.io/v1beta1 DataVolume).
import type * as pulumi from "@pulumi/pulumi";
import type { BootSource } from "./boot-source.js";
import type { ImportedImage } from "./imported-image.js";
import type { ClaimArgs, ClaimRequestArgs, StorageArgs } from "./imported-image-args.js";

/**
 * Where the disk of a machine comes from: a `BootSource` (cloned from its DataSource), an `ImportedImage` (its claim is cloned),
 * or a source in CDI's words.
 */
export type DiskSource = BootSource | ImportedImage | DiskSourceArgs;

/** A source in CDI's words; exactly one. The cluster brings it in when the machine is made. */
export interface DiskSourceArgs {
    /** A DataSource that is there already, such as those that the platform brings. */
    sourceRef?: DataSourceRefArgs;
    /** An image behind an http or https URL. */
    http?: DiskHttpSourceArgs;
    /** A containerdisk. */
    registry?: DiskRegistrySourceArgs;
    /** A claim, cloned. */
    pvc?: DiskCloneArgs;
    /** A VolumeSnapshot, cloned. */
    snapshot?: DiskCloneArgs;
}

/** A DataSource by its name. */
export interface DataSourceRefArgs {
    /** "DataSource", the only kind there is. @default "DataSource" */
    kind?: pulumi.Input<string>;
    /** @default the machine's namespace */
    namespace?: pulumi.Input<string>;
    name: pulumi.Input<string>;
}

/** What is cloned, by its full name. */
export interface DiskCloneArgs {
    namespace: pulumi.Input<string>;
    name: pulumi.Input<string>;
}

/** What a DataVolume of a machine may say of an http source. */
export interface DiskHttpSourceArgs {
    /** URL of the image; http or https, without credentials in it. */
    url: pulumi.Input<string>;
    /** Secret in the machine's namespace with the keys `accessKeyId` and `secretKey`; "" is none. */
    secretRef?: pulumi.Input<string>;
    /** ConfigMap in the machine's namespace with the certificates to trust; "" is none. */
    certConfigMap?: pulumi.Input<string>;
    /** Header lines "Name: value". Everybody who may read the machine reads them. */
    extraHeaders?: pulumi.Input<pulumi.Input<string>[]>;
    /** Names of Secrets whose values are whole header lines. */
    secretExtraHeaders?: pulumi.Input<pulumi.Input<string>[]>;
}

/** What a DataVolume of a machine may say of a registry. */
export interface DiskRegistrySourceArgs {
    /** "docker://host/name:tag". */
    url?: pulumi.Input<string>;
    /** An OpenShift ImageStream, with `pullMethod` "node". */
    imageStream?: pulumi.Input<string>;
    /** "pod" or "node". @default "pod" */
    pullMethod?: pulumi.Input<string>;
    /** Secret in the machine's namespace with the keys `accessKeyId` and `secretKey`. */
    secretRef?: pulumi.Input<string>;
    /** ConfigMap in the machine's namespace with the certificates to trust. */
    certConfigMap?: pulumi.Input<string>;
}

/** What becomes of the source. */
export interface DataVolumeTemplateOptions {
    /** Name of the DataVolume and of its claim; a volume of the machine names it. */
    name: pulumi.Input<string>;
    /** The disk, completed from the storage class. A clone is as large as its source where no size is said. Give `storage` or `pvc`. */
    storage?: StorageArgs;
    /** The disk as a plain claim. */
    pvc?: ClaimArgs;
    /** Labels of the DataVolume. */
    labels?: Record<string, pulumi.Input<string>>;
    /** Annotations of the DataVolume. */
    annotations?: Record<string, pulumi.Input<string>>;
}

/** An entry of `spec.dataVolumeTemplates` of a KubeVirt machine. */
export interface DataVolumeTemplate {
    readonly metadata: {
        readonly name: pulumi.Input<string>;
        readonly labels?: Record<string, pulumi.Input<string>>;
        readonly annotations?: Record<string, pulumi.Input<string>>;
    };
    readonly spec: {
        readonly source?: Omit<DiskSourceArgs, "sourceRef">;
        readonly sourceRef?: DataSourceRefArgs;
        readonly storage?: DataVolumeClaim;
        readonly pvc?: DataVolumeClaim;
    };
}

/** `storage` or `pvc` of a DataVolume, as Kubernetes writes it. */
export interface DataVolumeClaim {
    readonly resources?: pulumi.Input<ClaimRequestArgs>;
    readonly storageClassName?: pulumi.Input<string>;
    readonly accessModes?: pulumi.Input<pulumi.Input<string>[]>;
    readonly volumeMode?: pulumi.Input<string>;
}
