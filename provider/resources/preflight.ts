// Before anything moves: what an import by CDI needs and would never get. A warning in preview, an error in the update.
import { BootsourceError } from "../model/errors.js";
import type { Ref, StorageClass } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { isUnknown } from "../model/unknown.js";
import { type Obstacle, whatIsFull } from "../rules/room-left.js";
import { chooseStorageClass } from "../rules/storage-class.js";
import type { World } from "./contract.js";
import { type AccessNeed, whatAccessLacks } from "./preflight-access.js";
import { look, lookAll, lookOnce } from "./preflight-look.js";

/** What one resource is about to ask of a cluster. What a preview does not know yet is left out. */
export interface Need {
    /** "images/fedora", for messages. */
    readonly what: string;
    readonly namespace: string;
    readonly access: AccessNeed | undefined;
    /** The claim that is to come; undefined where no bytes are brought in. */
    readonly claim: ClaimNeed | undefined;
    /** A cron that CDI itself polls for. */
    readonly polled: { readonly cronName: string } | undefined;
    /** Further reasons that only this resource knows. */
    readonly more?: readonly string[];
}

/** What the disk needs. */
export interface ClaimNeed {
    readonly form: "pvc" | "storage";
    readonly archive: boolean;
    readonly storageClassName: string | undefined;
    readonly accessModes: boolean;
    readonly size: string | undefined;
    /** A claim of that name is counted already, or makes room when it goes. */
    readonly at: Ref | undefined;
    /** Whether it becomes a snapshot in the end, where its class keeps boot sources so. */
    readonly mayBeSnapshot: boolean;
}

/** Sentences for a preview; a store needs none of it, and one that cannot be asked says so by itself. */
export async function foresee(need: Need, world: World): Promise<string[]> {
    const { capabilities, unreachable } = world.cluster;
    if (capabilities.localVolumes || unreachable !== undefined || isUnknown(need.namespace)) return [];
    return (await obstaclesOf(need, world)).map(
        ({ message }) => `${message} (seen by the preview; the update looks again)`,
    );
}

/** Throws `missing-object` with all that is certain to stand in the way; what only may is a warning. */
export async function requireWayIsFree(need: Need, world: World): Promise<void> {
    if (world.cluster.capabilities.localVolumes) return;
    let found: Obstacle[] = [];
    // What the same run has just made may take a moment to have its profile, or its quota counted.
    for (let look = 0; look < looks; look++) {
        if (look > 0) await world.clock.sleep(lookAgain, world.signal);
        found = await obstaclesOf(need, world);
        if (!found.some(({ certain }) => certain)) break;
    }
    const certain = found.filter((one) => one.certain).map(({ message }) => message);
    if (certain.length > 0) {
        throw new BootsourceError(
            "missing-object",
            `cannot bring in ${need.what}: ${certain.join("; and ")}; nothing was moved: mend that, and run the update again`,
        );
    }
    for (const { message } of found) world.warn(message);
}

const looks = 4;
const lookAgain = 1_000;

async function obstaclesOf(need: Need, world: World): Promise<Obstacle[]> {
    const { namespace, access, claim, polled, more = [] } = need;
    const sure = (message: string): Obstacle => ({ certain: true, message });
    if ((await lookOnce("Namespace", { name: namespace }, world)) === undefined) {
        return [sure(`there is no namespace ${namespace} in ${world.cluster.name}`)];
    }
    const tooLong =
        polled === undefined || polled.cronName.length <= longestCron ? [] : [sure(lengthOf(polled.cronName))];
    return [
        ...more.map(sure),
        ...tooLong,
        ...(access === undefined ? [] : (await whatAccessLacks(namespace, access, world)).map(sure)),
        ...(claim === undefined ? [] : await whatClaimLacks(namespace, claim, world)),
    ];
}

/** CDI names the CronJob that polls "<cron>-<8 hex>", and Kubernetes' CronJobs have 52 letters at most. */
const longestCron = 52 - 9;

function lengthOf(name: string): string {
    return (
        `CDI would never poll for the cron ${name}: with ${name.length} letters its CronJob's name is too long, which CDI says in ` +
        `its log alone; give it a name of at most ${longestCron} letters`
    );
}

async function whatClaimLacks(namespace: string, claim: ClaimNeed, world: World): Promise<Obstacle[]> {
    const chosen = await classOf(claim, world);
    if (typeof chosen === "string") return [{ certain: true, message: chosen }];
    const { at, size } = claim;
    const present = at === undefined ? undefined : await look("PersistentVolumeClaim", at, world);
    const taken = at !== undefined && claim.mayBeSnapshot ? await look("VolumeSnapshot", at, world) : undefined;
    const counted = [present, taken].some((one) => one !== undefined && one !== "unseen");
    const fits = size === undefined || isUnknown(size) || counted;
    const full = fits
        ? []
        : whatIsFull(
              namespace,
              { size: parseQuantity(size), storageClass: chosen?.metadata.name },
              {
                  quotas: seen(await lookAll("ResourceQuota", namespace, world)),
                  limits: seen(await lookAll("LimitRange", namespace, world)),
              },
          );
    const unfit = chosen === undefined ? [] : await whatProfileLacks(claim, chosen, world);
    return [...unfit.map((message) => ({ certain: true, message })), ...full];
}

/** The class, or why there is none; undefined where it may not be known. */
async function classOf(claim: ClaimNeed, world: World): Promise<StorageClass | string | undefined> {
    const { storageClassName: name, form, archive } = claim;
    if (isUnknown(name)) return undefined;
    const classes = await lookAll("StorageClass", undefined, world);
    if (classes === "unseen") return undefined;
    const chosen = chooseStorageClass(classes, { name, virtualization: form === "storage" && !archive });
    if (chosen !== undefined) return chosen;
    return name === undefined
        ? `no storage class of ${world.cluster.name} is marked as default; mark one, or name one in storageClassName`
        : `there is no storage class "${name}" in ${world.cluster.name}; make it, or name another one`;
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
