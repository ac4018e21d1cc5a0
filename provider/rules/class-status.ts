// How each storage class is, from its objects: what it is the default for, and what its profile comes to, in the words of CDI's metrics.
import { conditionOf } from "../model/conditions.js";
import type {
    ClaimPropertySet,
    SourceFormat,
    StorageClass,
    StorageProfile,
    StorageProfileValues,
    VolumeSnapshotClass,
} from "../model/objects.js";
import { type DefaultRole, holdersOf, isMarked, roleNames } from "./default-roles.js";

/** A storage class for whoever looks after it. */
export interface ClassStatus {
    readonly name: string;
    readonly provisioner: string;
    /** Whether it is marked as the default for virtual machines' disks. */
    readonly virtualizationDefault: boolean;
    /** Whether it is marked as the cluster's default. */
    readonly clusterDefault: boolean;
    /** What the profile comes to, its own wishes and what CDI knows of the provisioner together. */
    readonly claimPropertySets: readonly ClaimPropertySet[];
    readonly sourceFormat: SourceFormat | undefined;
    readonly cloneStrategy: StorageProfileValues["cloneStrategy"];
    readonly snapshotClass: string | undefined;
    /** VolumeSnapshotClasses of its provisioner: whether snapshots could be taken at all. */
    readonly snapshotClasses: readonly string[];
    /** Whether a claim needs to name no modes; what is known not to be for disks counts as complete. */
    readonly complete: boolean | undefined;
    /** Whether clones are more than copies. */
    readonly smartClone: boolean | undefined;
    readonly readWriteMany: boolean | undefined;
    /** Sentences: what it lacks as a default; one that lacks anything raises CDIDefaultStorageClassDegraded. */
    readonly lacks: readonly string[];
    /** Sentences: what is the matter with it. */
    readonly reasons: readonly string[];
}

/** What is read of a cluster for it. */
export interface ClassObjects {
    readonly classes: readonly StorageClass[];
    /** Undefined where they cannot be seen: then what they come to is undefined too. */
    readonly profiles: readonly StorageProfile[] | undefined;
    readonly snapshotClasses: readonly VolumeSnapshotClass[];
    /** Whether there is one machine, which needs no volume that several may write to (CDI waives that on single-node OpenShift). */
    readonly oneMachine: boolean;
}

/** All of them, by name. */
export function classStatus({ classes, profiles, snapshotClasses, oneMachine }: ClassObjects): ClassStatus[] {
    const byName = new Map(profiles?.map((profile) => [profile.metadata.name, profile]));
    return classes
        .map((one): ClassStatus => {
            const { name } = one.metadata;
            const profile = byName.get(name);
            const { claimPropertySets = [], cloneStrategy, dataImportCronSourceFormat } = profile?.status ?? {};
            const fitting = snapshotClasses.filter(({ driver }) => driver === one.provisioner);
            const seen = (value: boolean): boolean | undefined => (profiles === undefined ? undefined : value);
            const complete = claimPropertySets.length > 0 || notForDisks.includes(one.provisioner);
            // Whether a CSI driver of that name is installed, which CDI asks too, is not looked for.
            const smartClone = cloneStrategy === "csi-clone" || (cloneStrategy === "snapshot" && fitting.length > 0);
            const readWriteMany = claimPropertySets.some(isShared);
            return {
                name,
                provisioner: one.provisioner,
                virtualizationDefault: isMarked(one, "virt"),
                clusterDefault: isMarked(one, "cluster"),
                claimPropertySets,
                sourceFormat: dataImportCronSourceFormat,
                cloneStrategy,
                snapshotClass: profile?.status?.snapshotClass,
                snapshotClasses: fitting.map(({ metadata }) => metadata.name).sort(),
                complete: seen(complete),
                smartClone: seen(smartClone),
                readWriteMany: seen(readWriteMany),
                lacks: profiles === undefined ? [] : lacksOf({ smartClone, isEnough: readWriteMany || oneMachine }),
                reasons: [...rivalsOf(one, classes), ...(profiles === undefined ? [] : unfinished(profile, complete))],
            };
        })
        .sort((left, right) => left.name.localeCompare(right.name));
}

/** Provisioners of object storage and the like: CDI leaves them out of what is incomplete (pkg/storagecapabilities, 1.65). */
const notForDisks: readonly string[] = [
    "openshift-storage.noobaa.io/obc",
    "openshift-storage.ceph.rook.io/bucket",
    "rook-ceph.ceph.rook.io/bucket",
    "stork-snapshot",
    "kubernetes.io/no-provisioner",
];

/** What was written into a profile by others may lack what our types promise. */
function isShared({ accessModes = [] }: Partial<ClaimPropertySet>): boolean {
    return accessModes.includes("ReadWriteMany");
}

function lacksOf({ smartClone, isEnough }: { readonly smartClone: boolean; readonly isEnough: boolean }): string[] {
    return [
        ...(smartClone ? [] : ["clones on it are whole copies"]),
        ...(isEnough ? [] : ["no volume of it can be ReadWriteMany, so machines cannot be migrated live"]),
    ];
}

/** Of several that are marked one counts. */
function rivalsOf(one: StorageClass, classes: readonly StorageClass[]): string[] {
    return (["virt", "cluster"] as const).flatMap((role: DefaultRole) => {
        const [first, ...others] = holdersOf(classes, role);
        if (first === undefined || !others.includes(one.metadata.name)) return [];
        return [`it is marked as the ${roleNames[role]}, and does not count: of several the newest does, ${first}`];
    });
}

function unfinished(profile: StorageProfile | undefined, complete: boolean): string[] {
    if (profile === undefined) return complete ? [] : ["there is no StorageProfile for it yet"];
    const effective = conditionOf(profile, "Effective");
    if (effective?.status === "False") return [effective.message];
    return complete
        ? []
        : ["its profile names no claim property sets: disks on it must name accessModes and volumeMode themselves"];
}
