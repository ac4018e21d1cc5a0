// Boot sources and what they stand on, as the platform has them (CDI v1beta1, snapshot.storage.k8s.io/v1).
import type { Condition, Metadata } from "./metadata.js";
import type { AccessMode, DataVolume, DiskRecord, VolumeMode } from "./volume-objects.js";

/** A claim, a snapshot or a DataSource that another object points at. */
export interface Pointer {
    readonly namespace: string;
    readonly name: string;
}

/** What a DataSource points at: exactly one, or nothing before the first import. */
export interface DataSourceSource {
    pvc?: Pointer;
    snapshot?: Pointer;
    dataSource?: Pointer;
}

/** cdi.kubevirt.io/v1beta1 DataSource: the stable name that machines clone from. */
export interface DataSource {
    metadata: Metadata;
    spec: { source: DataSourceSource };
    status?: {
        /** What the chain of pointers resolves to; empty while the DataSource is not ready. */
        source?: DataSourceSource;
        conditions?: Condition[];
    };
}

/** When a boot source's older imports are removed. */
export type GarbageCollect = "Outdated" | "Never";

/** What a deleted cron leaves: everything, or nothing. */
export type RetentionPolicy = "All" | "None";

/** The two forms that a boot source is kept in. */
export type SourceFormat = "pvc" | "snapshot";

/** cdi.kubevirt.io/v1beta1 DataImportCron. */
export interface DataImportCron {
    metadata: Metadata;
    spec: {
        template: {
            metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
            spec: DataVolume["spec"];
        };
        /** Five fields in UTC, or `@daily` and the like; "" is never. */
        schedule: string;
        /** The DataSource that this cron moves, in the same namespace. */
        managedDataSource: string;
        garbageCollect?: GarbageCollect;
        /** Default 3, as in CDI. */
        importsToKeep?: number;
        retentionPolicy?: RetentionPolicy;
        /** Ours: imports younger than this stay, whatever their number ("30d"). */
        keepFor?: string;
    };
    status?: {
        /** The newest first; the keys are CDI's own. */
        currentImports?: { DataVolumeName: string; Digest: string }[];
        lastImportedPVC?: Pointer;
        /** When the source was last asked with success. */
        lastExecutionTimestamp?: string;
        lastImportTimestamp?: string;
        sourceFormat?: SourceFormat;
        conditions?: Condition[];
        /** Ours: what was asked for (`askedOf`) when the rest of the status was written. */
        observed?: string;
    };
}

/** snapshot.storage.k8s.io/v1 VolumeSnapshot. */
export interface VolumeSnapshot {
    metadata: Metadata;
    spec: { volumeSnapshotClassName?: string; source: { persistentVolumeClaimName: string } };
    status?: {
        readyToUse?: boolean;
        /** Quantity: the smallest claim that it can be restored to. */
        restoreSize?: string;
        error?: { message: string; time: string };
        /** Embedded only: the immutable image. */
        disk?: DiskRecord;
        /** Embedded only: the storage class of the claim that it was taken of. */
        storageClass?: string;
    };
}

/** snapshot.storage.k8s.io/v1 VolumeSnapshotClass. */
export interface VolumeSnapshotClass {
    metadata: Metadata;
    /** The provisioner of the storage classes that it is for. */
    driver: string;
    deletionPolicy: "Delete" | "Retain";
}

/** The modes that volumes of a class have together. */
export interface ClaimPropertySet {
    accessModes: AccessMode[];
    volumeMode: VolumeMode;
}

/** What is said, or found out, of a storage class. */
export interface StorageProfileValues {
    claimPropertySets?: ClaimPropertySet[];
    cloneStrategy?: "copy" | "snapshot" | "csi-clone";
    dataImportCronSourceFormat?: SourceFormat;
    snapshotClass?: string;
}

/** cdi.kubevirt.io/v1beta1 StorageProfile: named like its StorageClass; the spec is a wish, the status what counts. */
export interface StorageProfile {
    metadata: Metadata;
    spec: StorageProfileValues;
    status?: StorageProfileValues & { storageClass?: string; provisioner?: string; conditions?: Condition[] };
}
