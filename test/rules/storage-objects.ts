// Storage classes, profiles and what else the rules about them look at, as small as they can be.
import type {
    Metadata,
    StorageClass,
    StorageProfile,
    StorageProfileValues,
    VolumeSnapshotClass,
} from "../../provider/model/objects.js";
import { type ClassObjects, type ClassStatus, classStatus } from "../../provider/rules/class-status.js";
import { defaultAnnotations } from "../../provider/rules/storage-class.js";

export const now = Date.parse("2026-11-22T12:00:00Z");
export const ago = (minutes: number): string => new Date(now - minutes * 60_000).toISOString();

export function metadata(name: string, more: Partial<Metadata> = {}): Metadata {
    return {
        ...{ name, namespace: "images", uid: `uid-of-${name}`, resourceVersion: "1", generation: 1 },
        ...{ creationTimestamp: ago(600), ...more },
    };
}

export type Roles = readonly (keyof typeof defaultAnnotations)[];
export const provisioner = "csi.example.com";
export const shared = { accessModes: ["ReadWriteMany" as const], volumeMode: "Block" as const };
export const single = { accessModes: ["ReadWriteOnce" as const], volumeMode: "Filesystem" as const };

export function storageClass(name: string, roles: Roles, created = ago(600)): StorageClass {
    const annotations = Object.fromEntries(roles.map((role) => [defaultAnnotations[role], "true"]));
    return { metadata: metadata(name, { annotations, creationTimestamp: created }), provisioner };
}

export function profile(name: string, status: StorageProfileValues): StorageProfile {
    return { metadata: metadata(name), spec: {}, status };
}

export const snapshotClass: VolumeSnapshotClass = {
    ...{ metadata: metadata("snapshots"), driver: provisioner, deletionPolicy: "Delete" },
};

export function classes(some: Partial<ClassObjects>): ClassStatus[] {
    return classStatus({ classes: [], profiles: [], snapshotClasses: [], oneMachine: false, ...some });
}

/** One class of that name and those roles, over that profile. */
export function only(
    roles: Roles,
    status: StorageProfileValues | undefined,
    more: Partial<ClassObjects> = {},
): ClassStatus[] {
    const profiles = status === undefined ? [] : [profile("fast", status)];
    return classes({ classes: [storageClass("fast", roles)], profiles, snapshotClasses: [snapshotClass], ...more });
}

export const whole = { claimPropertySets: [shared], cloneStrategy: "snapshot" as const };
