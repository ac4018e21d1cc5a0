// The arguments of StorageDefault, with the platform's names, and what it tells of itself.
import type * as pulumi from "@pulumi/pulumi";

/** The arguments of a storage default. All but `role` are changed in place. */
export interface StorageDefaultArgs {
    /**
     * Name of the StorageClass, which must be there. With another one the marks move over, set there before they are cleared
     * here, and the boot sources that follow the default come along.
     */
    storageClassName: pulumi.Input<string>;
    /**
     * What it is the default for: "virt", virtual machines (`storageclass.kubevirt.io/is-default-virt-class`, which goes before
     * the other one); "cluster", everything that names no class (`storageclass.kubernetes.io/is-default-class`); "both"; or
     * "none", where only the profile is meant. Changing it replaces the resource; nothing is imported for that.
     * @default "virt"
     */
    role?: pulumi.Input<string>;
    /** Take the mark from every other class, once the new one has it. With several that are marked the newest class counts. @default true */
    exclusive?: pulumi.Input<boolean>;
    /**
     * How boot sources are kept on this class: "pvc" or "snapshot" (StorageProfile `spec.dataImportCronSourceFormat`). From "pvc"
     * to "snapshot" nothing is downloaded; back, CDI downloads again. A snapshot that the storage cannot take is refused.
     * @default what the profile says
     */
    dataImportCronSourceFormat?: pulumi.Input<string>;
    /** How claims are made where a disk names no modes, the preferred set first. Given, it replaces what the platform knows. @default the platform's */
    claimPropertySets?: pulumi.Input<pulumi.Input<ClaimPropertySetArgs>[]>;
    /** How a disk is cloned: "copy", "snapshot" or "csi-clone". @default the platform's */
    cloneStrategy?: pulumi.Input<string>;
    /** The VolumeSnapshotClass for boot sources; it must be of this class's driver. @default the driver's default one */
    snapshotClass?: pulumi.Input<string>;
    /**
     * What a delete leaves: "keep" leaves marks and profile as they are; "restore" gives a mark that is still this one's back to the
     * class that had it before, where that still exists, and the profile its former values.
     * @default "keep"
     */
    onDelete?: pulumi.Input<string>;
    /**
     * Whose boot sources an update waits for, until each is ready on the class and in the format: "own", those of this stack;
     * "all", everybody's; "none".
     * @default "own"
     */
    waitFor?: pulumi.Input<string>;
    /** How many boot sources of a store move at once: 1 or more. A cluster's CDI moves all at once, whatever is said here. @default 4 */
    movesAtOnce?: pulumi.Input<number>;
    /** Take a role, or a profile, that another resource holds or that somebody declares by server-side apply. @default false */
    takeOver?: pulumi.Input<boolean>;
    /** Seconds without any progress after which an update gives up; what has moved stays. @default 600 */
    timeoutSeconds?: pulumi.Input<number>;
}

/** One way to make a claim (StorageProfile `spec.claimPropertySets`). */
export interface ClaimPropertySetArgs {
    /** "ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany" or "ReadWriteOncePod"; at least one. */
    accessModes: pulumi.Input<pulumi.Input<string>[]>;
    /** "Filesystem" or "Block". */
    volumeMode: pulumi.Input<string>;
}

/** What a profile was asked for, and what counts. */
export interface ShownStorageProfile {
    /** The fields of its spec. */
    readonly asked: StorageProfileFields;
    /** The fields of its status. */
    readonly effective: StorageProfileFields;
    /** Whether the platform knows how to provision with the class. */
    readonly recognized?: boolean;
}

/** Fields of a StorageProfile. */
export interface StorageProfileFields {
    readonly dataImportCronSourceFormat?: string;
    readonly claimPropertySets?: readonly { readonly accessModes: readonly string[]; readonly volumeMode: string }[];
    readonly cloneStrategy?: string;
    readonly snapshotClass?: string;
}

/** Names of storage classes by role, the one that counted first. */
export interface DefaultsByRole {
    readonly virt?: readonly string[];
    readonly cluster?: readonly string[];
}
