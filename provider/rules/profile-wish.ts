// What a storage default asks of its class's profile: fields of the spec, whether the profile can follow, and what was there before.
import { isSame } from "../model/canonical.js";
import type { StorageClass, StorageProfile, StorageProfileValues, VolumeSnapshotClass } from "../model/objects.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import { readNote } from "./default-roles.js";

/** The fields that may be asked for. */
export const profileFields = [
    "dataImportCronSourceFormat",
    "claimPropertySets",
    "cloneStrategy",
    "snapshotClass",
] as const satisfies (keyof StorageProfileValues)[];

/** A field of a profile's spec. */
export type ProfileField = (typeof profileFields)[number];

/** What the arguments ask for. */
export function wishOf(spec: StorageDefaultSpec): Pick<StorageProfileValues, ProfileField> {
    const asked = profileFields.filter((field) => spec[field] !== undefined);
    return Object.fromEntries(asked.map((field) => [field, spec[field]]));
}

/** What a resource of ours leaves on a profile that it changed: its token, and the fields as they were; null where one was not set. */
export interface ProfileHold {
    readonly urn: string;
    readonly token: string;
    readonly before: Readonly<Partial<Record<ProfileField, unknown>>>;
}

const holdKey = "pulumi-bootsource/storage-default";

/** Who changed the profile; undefined where no resource of ours did. */
export function profileHold({ metadata }: Pick<StorageProfile, "metadata">): ProfileHold | undefined {
    return readNote(metadata.annotations?.[holdKey]) as ProfileHold | undefined;
}

/** Writes what is asked for, gives back what is asked for no more, and notes what was there before. */
export function applyWish(
    profile: StorageProfile,
    wish: Pick<StorageProfileValues, ProfileField>,
    owner: { readonly urn: string; readonly token: string },
): void {
    const known = profileHold(profile)?.before ?? {};
    const spec: Record<string, unknown> = { ...profile.spec };
    const before: Partial<Record<ProfileField, unknown>> = {};
    for (const field of profileFields) {
        if (wish[field] !== undefined) {
            before[field] = field in known ? known[field] : (spec[field] ?? null);
            spec[field] = wish[field];
        } else if (field in known) {
            give(spec, field, known[field]);
        }
    }
    profile.spec = spec;
    setHold(profile, { ...owner, before });
}

/** Lets go of a profile; with `restore` what is still as we wrote it becomes what it was. */
export function releaseProfile(
    profile: StorageProfile,
    wish: Pick<StorageProfileValues, ProfileField>,
    restore: boolean,
): void {
    const hold = profileHold(profile);
    const spec: Record<string, unknown> = { ...profile.spec };
    for (const field of profileFields) {
        if (restore && hold !== undefined && field in hold.before && isSame(spec[field], wish[field])) {
            give(spec, field, hold.before[field]);
        }
    }
    profile.spec = spec;
    setHold(profile, undefined);
}

/** Fields of the wish that the profile's status does not have (yet). */
export function unmetWishes(
    { status }: Pick<StorageProfile, "status">,
    wish: Pick<StorageProfileValues, ProfileField>,
): ProfileField[] {
    return profileFields.filter((field) => wish[field] !== undefined && !isSame(status?.[field], wish[field]));
}

/**
 * Why the wish can never come true; undefined where it can. CDI takes a `snapshot` that is impossible, and then no boot source
 * ever gets ready.
 */
export function impossibleWish(
    { metadata, provisioner }: Pick<StorageClass, "metadata" | "provisioner">,
    { dataImportCronSourceFormat: format, cloneStrategy, snapshotClass }: Pick<StorageProfileValues, ProfileField>,
    snapshotClasses: readonly VolumeSnapshotClass[],
): string | undefined {
    const fitting = snapshotClasses.filter(({ driver }) => driver === provisioner).map((one) => one.metadata.name);
    const choice = fitting.length === 0 ? "there is none" : `those of this driver are ${fitting.sort().join(", ")}`;
    if (snapshotClass !== undefined && !fitting.includes(snapshotClass)) {
        return `"${snapshotClass}" is no VolumeSnapshotClass of ${provisioner}, which provisions ${metadata.name}; ${choice}`;
    }
    if (fitting.length > 0 || (format !== "snapshot" && cloneStrategy !== "snapshot")) return undefined;
    const what = format === "snapshot" ? "keep boot sources as snapshots" : "clone by snapshots";
    return (
        `the storage class ${metadata.name} cannot ${what}: there is no VolumeSnapshotClass for ${provisioner}; make one, or ` +
        (format === "snapshot" ? 'say dataImportCronSourceFormat: "pvc"' : 'say cloneStrategy: "copy"')
    );
}

function give(spec: Record<string, unknown>, field: ProfileField, before: unknown): void {
    if (before === null || before === undefined) Reflect.deleteProperty(spec, field);
    else spec[field] = before;
}

function setHold(profile: StorageProfile, hold: ProfileHold | undefined): void {
    const { [holdKey]: _old, ...others } = profile.metadata.annotations ?? {};
    profile.metadata.annotations = {
        ...others,
        ...(hold === undefined ? {} : { [holdKey]: JSON.stringify(hold) }),
    };
}
