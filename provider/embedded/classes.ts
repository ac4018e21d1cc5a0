// The storage classes of a store, with their profiles and snapshot classes: there as soon as it is written to, seen by previews before.
import { resolve } from "node:path";
import type { Kind, Objects, StorageClass, StorageProfile, VolumeSnapshotClass } from "../model/objects.js";
import { type ClassDeclaration, unusable } from "../model/storage-classes.js";
import { type DeclaredClass, snapshotClassesFor, withDeclared } from "../rules/declared-class.js";
import { defaultAnnotations } from "../rules/storage-class.js";
import { effectiveProfile, provisioners } from "../rules/storage-profile.js";
import { isWithin, placeOf, recordedPath } from "./places.js";
import type { Store } from "./store.js";

/** A declaration with its directory made absolute, where it names one. */
export interface PlacedClass {
    readonly declaration: ClassDeclaration;
    readonly directory: string | undefined;
}

/** The kinds that profiles are about. */
const kindsOfProfiles = ["StorageClass", "VolumeSnapshotClass", "StorageProfile"] as const satisfies Kind[];

/** Whether a change of such an object may change what counts of a storage class. */
export function isOfProfiles(kind: Kind): kind is (typeof kindsOfProfiles)[number] {
    return (kindsOfProfiles as readonly Kind[]).includes(kind);
}

/** What one process wants a store to have. */
export class Classes {
    readonly #declared: readonly DeclaredClass[];

    /** Throws `invalid-argument` where directories are in each other's way. */
    constructor(store: string, classes: readonly PlacedClass[]) {
        refuseOverlaps(store, classes);
        this.#declared = classes.map(({ declaration, directory }) => ({
            declaration,
            directory: directory === undefined ? undefined : recordedPath(store, directory),
        }));
    }

    /** Makes what is missing, and follows declarations that were changed; says whether there was anything to do. */
    ensure(store: Store, now: string): boolean {
        return store.transaction(() => {
            const classes = write(store, "StorageClass", this.#classes(store.list("StorageClass"), now), now);
            const wanted = this.#snapshotClasses(store.list("VolumeSnapshotClass"), now);
            const snapshotClasses = write(store, "VolumeSnapshotClass", wanted, now);
            return settleProfiles(store, now) || classes || snapshotClasses;
        });
    }

    /** The objects of a kind as they will be after `ensure`; undefined for kinds that this is not about. */
    promised<K extends Kind>(kind: K, store: Store | undefined, now: string): Objects[K][] | undefined {
        if (!isOfProfiles(kind)) return undefined;
        const classes = this.#classes(store?.list("StorageClass") ?? [], now);
        const snapshotClasses = this.#snapshotClasses(store?.list("VolumeSnapshotClass") ?? [], now);
        const promised = {
            StorageClass: classes,
            VolumeSnapshotClass: snapshotClasses,
            StorageProfile: profilesOf(store?.list("StorageProfile") ?? [], classes, snapshotClasses, now),
        };
        return promised[kind] as Objects[Kind][] as Objects[K][];
    }

    /** A store without any class and without a word about it has one: full and sparse disks below volumes/local. */
    #classes(present: readonly StorageClass[], now: string): StorageClass[] {
        if (present.length === 0 && this.#declared.length === 0) return [localClass(now)];
        return this.#declared.reduce<StorageClass[]>(
            (classes, declared) => withDeclared(classes, declared, (name) => fresh(name, now)),
            [...present],
        );
    }

    #snapshotClasses(present: readonly VolumeSnapshotClass[], now: string): VolumeSnapshotClass[] {
        const wanted = snapshotClassesFor(this.#declared.map(({ declaration }) => declaration));
        const missing = wanted.filter(({ metadata }) => present.every((one) => one.metadata.name !== metadata.name));
        return [...present, ...missing.map((one) => ({ ...one, metadata: fresh(one.metadata.name, now) }))];
    }
}

/** Brings every profile's status in line with what it stands on, and gives each class its profile; says whether it wrote. */
export function settleProfiles(store: Store, now: string): boolean {
    return store.transaction(() => {
        const [classes, snapshotClasses] = [store.list("StorageClass"), store.list("VolumeSnapshotClass")];
        const profiles = profilesOf(store.list("StorageProfile"), classes, snapshotClasses, now);
        return write(store, "StorageProfile", profiles, now);
    });
}

function profilesOf(
    present: readonly StorageProfile[],
    classes: readonly StorageClass[],
    snapshotClasses: readonly VolumeSnapshotClass[],
    now: string,
): StorageProfile[] {
    return classes.map((storageClass) => {
        const { name, uid } = storageClass.metadata;
        const made = { metadata: fresh(name, now), spec: {} };
        const profile: StorageProfile = present.find(({ metadata }) => metadata.name === name) ?? made;
        return {
            ...profile,
            // The profile goes when its class goes.
            metadata: { ...profile.metadata, ownerReferences: [{ kind: "StorageClass", name, uid }] },
            status: effectiveProfile(storageClass, profile, snapshotClasses, now),
        };
    });
}

/** Writes what is not there or is another one; whatever else there is of the kind stays. */
function write<K extends Kind>(store: Store, kind: K, wanted: readonly Objects[K][], now: string): boolean {
    let wrote = false;
    for (const object of wanted) {
        const present = store.get(kind, { name: object.metadata.name });
        if (JSON.stringify(present) === JSON.stringify(object)) continue;
        wrote = true;
        if (present === undefined) store.insert(kind, object, now);
        else store.replace(kind, object, false);
    }
    return wrote;
}

function localClass(now: string): StorageClass {
    return {
        metadata: { ...fresh("local", now), annotations: { [defaultAnnotations.cluster]: "true" } },
        provisioner: provisioners.none,
        allowVolumeExpansion: true,
        volumeBindingMode: "Immediate",
    };
}

/** What the store itself adds when it inserts an object stands here as a reader sees it before. */
function fresh(name: string, now: string): StorageClass["metadata"] {
    return { name, uid: "", resourceVersion: "0", generation: 1, creationTimestamp: now };
}

/** What a store keeps beside its disks. */
const rooms = ["partial", "slots", "snapshots", "sources", "store.db", "doorbell"];

function refuseOverlaps(store: string, classes: readonly PlacedClass[]): void {
    const own = classes.map(({ declaration: { name }, directory }) => ({
        name,
        disks: directory ?? placeOf(store, name, undefined).disks,
    }));
    own.forEach(({ name, disks }, index) => {
        const refuse = (why: string): never => {
            throw unusable(`[${index}].directory: the class "${name}" cannot keep its disks in ${disks}: ${why}`);
        };
        if (isWithin(disks, resolve(store, "volumes")))
            refuse("the store lies in it; name a directory beside the store");
        const room = rooms.find((one) => isWithin(resolve(store, one), disks));
        if (room !== undefined) refuse(`the store keeps its ${room} there; name another directory`);
        const other = own.slice(0, index).find((one) => isWithin(one.disks, disks) || isWithin(disks, one.disks));
        if (other) refuse(`it and that of "${other.name}" lie in one another; give each class a directory of its own`);
    });
}
