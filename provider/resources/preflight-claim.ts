// What a claim that is to come would wait for: its class, a way to provision, and room.
import type { Ref, StorageClass } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { isUnknown } from "../model/unknown.js";
import { type Obstacle, overheadOf, whatIsFull } from "../rules/room-left.js";
import { chooseStorageClass } from "../rules/storage-class.js";
import type { World } from "./contract.js";
import { look, lookAll } from "./preflight-look.js";

/** What the disk needs. */
export interface ClaimNeed {
    readonly form: "pvc" | "storage";
    readonly archive: boolean;
    readonly storageClassName: string | undefined;
    readonly accessModes: boolean;
    /** Whether CDI makes room for a file system beside the disk. */
    readonly withFileSystem: boolean;
    readonly size: string | undefined;
    /** A claim of that name is counted already, or makes room when it goes. */
    readonly at: Ref | undefined;
    /** Whether it becomes a snapshot in the end, where its class keeps boot sources so. */
    readonly mayBeSnapshot: boolean;
}

/** Everything that stands in the way of the claim. */
export async function whatClaimLacks(namespace: string, claim: ClaimNeed, world: World): Promise<Obstacle[]> {
    const { at, size } = claim;
    const present = at === undefined ? undefined : await look("PersistentVolumeClaim", at, world);
    const taken = at !== undefined && claim.mayBeSnapshot ? await look("VolumeSnapshot", at, world) : undefined;
    const counted = [present, taken].some((one) => one !== undefined && one !== "unseen");
    const { chosen, lacks } = await classOf(claim, counted, world);
    if (lacks.some(({ certain }) => certain)) return lacks;
    const isSized = size !== undefined && !isUnknown(size) && !counted;
    const full = isSized ? await whatHasNoRoom(namespace, parseQuantity(size), { claim, chosen, world }) : [];
    const unfit = chosen === undefined ? [] : await whatProfileLacks(claim, chosen, world);
    return [...lacks, ...unfit.map((message) => ({ certain: true, message })), ...full];
}

/** The class, where there is one and it may be known, and what is missing for want of one. */
async function classOf(
    claim: ClaimNeed,
    counted: boolean,
    world: World,
): Promise<{ readonly chosen: StorageClass | undefined; readonly lacks: Obstacle[] }> {
    const { storageClassName: name, form, archive } = claim;
    const none = { chosen: undefined, lacks: [] };
    if (isUnknown(name)) return none;
    const classes = await lookAll("StorageClass", undefined, world);
    if (classes === "unseen") return none;
    const chosen = chooseStorageClass(classes, { name, virtualization: form === "storage" && !archive });
    if (chosen !== undefined) return { chosen, lacks: [] };
    if (name !== undefined) return counted ? none : { ...none, lacks: await whatVolumesLack(name, world) };
    const message = `no storage class of ${world.cluster.name} is marked as default; mark one, or name one in storageClassName`;
    return { ...none, lacks: [{ certain: true, message }] };
}

/** As CDI has it: volumes that somebody made by hand serve whoever asks for their class, whether that is an object or not. */
async function whatVolumesLack(name: string, world: World): Promise<Obstacle[]> {
    const free = seen(await lookAll("PersistentVolume", undefined, world)).filter(
        ({ spec }) => spec.claimRef === undefined && (spec.storageClassName ?? "") === name,
    );
    if (free.length === 0) {
        const message =
            name === ""
                ? `storageClassName "" asks for a volume of no class, and ${world.cluster.name} has none that is free; make one, or name a class`
                : `there is no storage class "${name}" in ${world.cluster.name}; make it, or name another one`;
        return [{ certain: true, message }];
    }
    const config = await look("CDIConfig", { name: "config" }, world);
    const scratch = (config === "unseen" ? undefined : config?.status?.scratchSpaceStorageClass) || name;
    if (free.length > 1 || scratch !== name) return [];
    const message =
        `CDI claims scratch space of the class "${name}" beside most disks while it imports, and one volume alone of that class is ` +
        `free in ${world.cluster.name}; make another one, or set scratchSpaceStorageClass in CDI's configuration`;
    return [{ certain: false, message }];
}

async function whatHasNoRoom(
    namespace: string,
    size: number,
    { claim, chosen, world }: { claim: ClaimNeed; chosen: StorageClass | undefined; world: World },
): Promise<Obstacle[]> {
    const quotas = seen(await lookAll("ResourceQuota", namespace, world));
    const limits = seen(await lookAll("LimitRange", namespace, world));
    if (quotas.length + limits.length === 0) return [];
    const storageClass = chosen?.metadata.name ?? claim.storageClassName;
    const config = claim.withFileSystem ? await look("CDIConfig", { name: "config" }, world) : undefined;
    const overhead = claim.withFileSystem ? overheadOf(config === "unseen" ? undefined : config, storageClass) : 0;
    return whatIsFull(namespace, { size, storageClass, overhead }, { quotas, limits });
}

/** CDI fills in what a `storage` leaves open from the class's profile; where that says nothing, it waits for ever. */
async function whatProfileLacks(
    claim: ClaimNeed,
    { metadata, provisioner }: StorageClass,
    world: World,
): Promise<string[]> {
    const profile = await look("StorageProfile", { name: metadata.name }, world);
    if (profile === undefined || profile === "unseen") return [];
    const { claimPropertySets = [], dataImportCronSourceFormat } = profile.status ?? {};
    const lacks: string[] = [];
    if (claim.form === "storage" && !claim.accessModes && claimPropertySets.length === 0) {
        lacks.push(
            `CDI does not know the storage class ${metadata.name} (${provisioner}): its StorageProfile has no claimPropertySets; ` +
                "name storage.accessModes, or write spec.claimPropertySets into the StorageProfile",
        );
    }
    if (claim.mayBeSnapshot && dataImportCronSourceFormat === "snapshot") {
        const classes = await lookAll("VolumeSnapshotClass", undefined, world);
        if (classes !== "unseen" && !classes.some(({ driver }) => driver === provisioner)) {
            lacks.push(
                `the StorageProfile ${metadata.name} keeps boot sources as snapshots, and there is no VolumeSnapshotClass of the ` +
                    `driver ${provisioner}; make one, or set the profile's dataImportCronSourceFormat to pvc`,
            );
        }
    }
    return lacks;
}

function seen<T>(all: readonly T[] | "unseen"): readonly T[] {
    return all === "unseen" ? [] : all;
}
