// The platform's own objects, with the fields we use, in both worlds (Kubernetes core/v1, storage.k8s.io/v1, CDI v1beta1).

/** What every object carries. Times are ISO 8601; `resourceVersion` changes with every write, `generation` with every spec. */
export interface Metadata {
    readonly name: string;
    /** Absent for kinds that belong to no namespace. */
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly generation: number;
    readonly creationTimestamp: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: OwnerReference[];
}

/** Who made an object on behalf of another one: the child goes when its owner goes. */
export interface OwnerReference {
    readonly kind: Kind;
    readonly name: string;
    readonly uid: string;
}

/** A condition as Kubernetes writes it. */
export interface Condition {
    readonly type: string;
    readonly status: "True" | "False" | "Unknown";
    readonly reason: string;
    readonly message: string;
    /** When `status` last changed. */
    readonly lastTransitionTime: string;
}

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
    /** "sha256:<hex>" of the bytes as served; empty for a blank disk. */
    readonly digest: string;
}

/** Where a DataVolume's bytes come from; exactly one. `file` is of the embedded world alone. */
export interface DataVolumeSource {
    http?: HttpSource;
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

/** core/v1 Secret; values are base64. */
export interface Secret {
    metadata: Metadata;
    type?: string;
    data?: Record<string, string>;
}

/** core/v1 ConfigMap. */
export interface ConfigMap {
    metadata: Metadata;
    data?: Record<string, string>;
}

/** Every kind a cluster of ours knows, by name. */
export interface Objects {
    StorageClass: StorageClass;
    PersistentVolumeClaim: PersistentVolumeClaim;
    DataVolume: DataVolume;
    Secret: Secret;
    ConfigMap: ConfigMap;
}

/** The name of a kind. */
export type Kind = keyof Objects;

/** Whether objects of a kind live in a namespace, and the version of the API they are of. */
export const kinds: { readonly [K in Kind]: { readonly apiVersion: string; readonly namespaced: boolean } } = {
    StorageClass: { apiVersion: "storage.k8s.io/v1", namespaced: false },
    PersistentVolumeClaim: { apiVersion: "v1", namespaced: true },
    DataVolume: { apiVersion: "cdi.kubevirt.io/v1beta1", namespaced: true },
    Secret: { apiVersion: "v1", namespaced: true },
    ConfigMap: { apiVersion: "v1", namespaced: true },
};

/** Where an object is; `namespace` only for kinds that have one. */
export interface Ref {
    readonly namespace?: string | undefined;
    readonly name: string;
}

/** An object as it is created: the cluster adds uid, versions and times. */
export type New<K extends Kind> = Omit<Objects[K], "metadata" | "status"> & {
    metadata: Pick<Metadata, "name" | "namespace" | "labels" | "annotations" | "ownerReferences">;
};
