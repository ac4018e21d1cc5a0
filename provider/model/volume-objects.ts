// Volumes and what fills them, as the platform has them (Kubernetes core/v1, storage.k8s.io/v1, CDI v1beta1).
import type { Condition, Metadata } from "./metadata.js";

/** storage.k8s.io/v1 StorageClass. In the embedded world the provisioner names a directory of the store. */
export interface StorageClass {
    metadata: Metadata;
    provisioner: string;
    parameters?: Record<string, string>;
    allowVolumeExpansion?: boolean;
    volumeBindingMode?: "Immediate" | "WaitForFirstConsumer";
}

/** How a volume may be mounted. */
export type AccessMode = "ReadWriteOnce" | "ReadOnlyMany" | "ReadWriteMany" | "ReadWriteOncePod";

/** Whether a volume is a directory with a disk.img or a block device. */
export type VolumeMode = "Filesystem" | "Block";

/** The part of a claim's spec that a DataVolume's `pvc` and `storage` share. Sizes are Kubernetes quantities. */
export interface ClaimSpec {
    accessModes?: AccessMode[];
    volumeMode?: VolumeMode;
    storageClassName?: string;
    resources?: { requests?: { storage?: string } };
}

/** core/v1 PersistentVolumeClaim. */
export interface PersistentVolumeClaim {
    metadata: Metadata;
    spec: ClaimSpec;
    status?: {
        phase?: "Pending" | "Bound" | "Lost";
        capacity?: { storage?: string };
        conditions?: Condition[];
        /** Embedded only: a verified disk that is about to take its final name. */
        staged?: StagedDisk;
        /** Embedded only: the disk as it was when its import ended, to tell whether it was written since. */
        disk?: DiskRecord;
    };
}

/** A verified disk that is about to take its final name, written before the rename so that a kill between loses nothing. */
export interface StagedDisk {
    readonly path: string;
    readonly final: string;
    readonly inode: string;
    /** The DataVolume's generation that it was imported for. */
    readonly generation: number;
    readonly image: ImageFacts;
}

/** What identifies an untouched disk. `modified` is nanoseconds since the epoch, as decimal digits. */
export interface DiskRecord {
    readonly path: string;
    readonly inode: string;
    readonly modified: string;
}

/** What was found out about an image while importing it. */
export interface ImageFacts {
    /** Format of the image found. */
    readonly format: string;
    /** Compressions around it, outermost first. */
    readonly codecs: readonly string[];
    /** Bytes of the guest disk in the image. */
    readonly virtualSize: number;
    /** Bytes of the disk written (the size asked for, or the virtual size). */
    readonly size: number;
    /** Bytes of the source as served. */
    readonly sourceSize: number;
    /** "sha256:<hex>" of the bytes as served; of a registry image, its manifest's digest; empty for a blank disk or a clone. */
    readonly digest: string;
    /** What was found out about the container image around the disk; registry images only. */
    readonly container?: ContainerFacts | undefined;
}

/** A container image as its registry names it. */
export interface ContainerFacts {
    /** Digest of the manifest that was taken, the platform's: "sha256:<hex>". */
    readonly digest: string;
    /** Digest of the index that the reference led to; undefined where it led to the manifest itself. CDI's poller records this one. */
    readonly indexDigest: string | undefined;
    /** Bytes of the layers, as they are transferred; undefined before the manifest was read. */
    readonly layerBytes: number | undefined;
    /** Labels that the image's environment asks for (INSTANCETYPE_KUBEVIRT_IO_...); undefined before its config was read. */
    readonly labels: Readonly<Record<string, string>> | undefined;
}

/** Where a DataVolume's bytes come from; exactly one. `file` is of the embedded world alone. */
export interface DataVolumeSource {
    http?: HttpSource;
    registry?: RegistrySource;
    s3?: BucketSource;
    gcs?: BucketSource;
    /** In CDI the bytes are sent to the claim; in the embedded world they are read from `path`. */
    upload?: { path?: string; checksum?: string };
    pvc?: { namespace: string; name: string };
    snapshot?: { namespace: string; name: string };
    file?: { path: string; checksum?: string };
    blank?: Record<string, never>;
}

/** CDI's http source. */
export interface HttpSource {
    url: string;
    /** Name of a Secret with `accessKeyId` and `secretKey`, in the DataVolume's namespace. */
    secretRef?: string;
    /** Name of a ConfigMap with PEM certificates, in the DataVolume's namespace. */
    certConfigMap?: string;
    extraHeaders?: string[];
    secretExtraHeaders?: string[];
    checksum?: string;
    insecureSkipVerify?: boolean;
    /** Embedded only: where the checksum is published (a SHA256SUMS file or the like). */
    checksumUrl?: string;
}

/** CDI's registry source; `checksum` is of the embedded world alone, and speaks of the disk file inside the image. */
export interface RegistrySource {
    url?: string;
    imageStream?: string;
    pullMethod?: "pod" | "node";
    /** Name of a Secret with `accessKeyId` and `secretKey`, or (embedded only) `.dockerconfigjson`. */
    secretRef?: string;
    certConfigMap?: string;
    platform?: { architecture?: string };
    checksum?: string;
}

/** CDI's s3 and gcs sources; what CDI does not have (`checksum`, `region`, `anonymous`) is of the embedded world alone. */
export interface BucketSource {
    url: string;
    /** Name of a Secret with `accessKeyId`, `secretKey` and `sessionToken` (s3), or `credentials.json` (gcs). */
    secretRef?: string;
    certConfigMap?: string;
    checksum?: string;
    region?: string;
    anonymous?: boolean;
}

/** CDI's phases that an import goes through. */
export type DataVolumePhase =
    | ""
    | "Pending"
    | "PVCBound"
    | "ImportScheduled"
    | "ImportInProgress"
    | "ExpansionInProgress"
    | "WaitForFirstConsumer"
    | "PendingPopulation"
    | "UploadScheduled"
    | "UploadReady"
    | "Succeeded"
    | "Failed"
    | "Unknown"
    | "Paused";

/** cdi.kubevirt.io/v1beta1 DataVolume. */
export interface DataVolume {
    metadata: Metadata;
    spec: {
        source: DataVolumeSource;
        pvc?: ClaimSpec;
        storage?: ClaimSpec;
        contentType?: "kubevirt" | "archive";
        preallocation?: boolean;
        /** Embedded only: the image's format, where it is not to be probed. */
        format?: string;
    };
    status?: {
        phase?: DataVolumePhase;
        claimName?: string;
        /** "N/A" or "12.34%". */
        progress?: string;
        restartCount?: number;
        conditions?: Condition[];
        /** Embedded only: the generation that phase and conditions speak of. */
        observedGeneration?: number;
        /** Embedded only: bytes taken from the source so far, and bytes there are. */
        transferred?: number;
        total?: number;
    };
}
