// Observe, ensure, sync: brings the DataVolume of an imported image to what the spec asks for, and leaves the old disk until then.
import { type Owner, newOwner, ownerAnnotations, ownerOf } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type { ImportedImageSpec } from "../model/imported-image.js";
import { sizeOf } from "../model/imported-image.js";
import type { DataVolume, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { withLoginForCdi } from "../rules/cdi-pull-secret.js";
import { fingerprint } from "../rules/content.js";
import { toVolumeSpec } from "../rules/data-volume.js";
import { syncAccess } from "./access-objects.js";
import { awaitImport } from "./await-import.js";
import { syncCloneRights } from "./clone-rights.js";
import { claimAloneOrGone, removeClaimAlone, volumeOfClaim } from "./claim-alone.js";
import { type Data, Unfinished, type World } from "./contract.js";
import { clearTheWay, isUnderWay } from "./clear-the-way.js";
import { refuseUnlike } from "./image-adopt.js";
import { type ImportedImageState, toState } from "./image-state.js";
import { growClaim } from "./grow-claim.js";
import { refuseUnlessOurs, withOwn } from "./own-objects.js";
import { requireWayIsFree } from "./preflight.js";
import { needOfImage } from "./preflight-needs.js";
import { refuseToLose } from "./protection.js";
import { asSent, isSent, sendUpload } from "./send-upload.js";
import { defaultTimeoutSeconds } from "./stall.js";

/** Which content in which place a DataVolume was made for: tells a resumed import from another image of the same name. */
const fingerprintKey = "pulumi-bootsource/fingerprint";

/** What is there in the end. */
interface BroughtIn {
    readonly volume: DataVolume;
    readonly owner: Owner;
}

/** Makes or resumes the import, waits for it, and grows the claim. A failed replacement leaves the world as it was. */
export async function bringIn(
    { spec: given, inputs }: { spec: ImportedImageSpec; inputs: Data },
    at: Ref,
    last: ImportedImageState | undefined,
    world: World,
): Promise<BroughtIn> {
    const spec = world.cluster.capabilities.localVolumes ? given : withLoginForCdi(given);
    if (spec.source.file !== undefined && !world.cluster.capabilities.fileSource) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot import ${spec.source.file.path}: ${world.cluster.name} cannot read files of this machine; serve it over http`,
        );
    }
    const found = await world.cluster.get("DataVolume", at);
    if (found === undefined) {
        const kept = await keepAlone({ spec, inputs }, at, last, world);
        if (kept !== undefined) return kept;
    }
    const plan = await planFor({ spec, inputs }, at, found, last, world);
    if (plan.imports) await requireWayIsFree(needOfImage(spec, at.namespace ?? "default", at), world);
    const volume = await write(spec, at, found, plan, last, world);
    try {
        await syncAccess(spec, { kind: "DataVolume", metadata: volume.metadata }, world);
        await syncCloneRights(spec.cloneableFrom, last, { at, only: at.name, owner: plan.owner }, world);
        const patience = spec.timeoutSeconds ?? defaultTimeoutSeconds;
        const size = sizeOf(spec);
        const ready = await settle(spec, at, volume, patience, world);
        if (size !== undefined) await growClaim(at, size, patience, world);
        await labelClaim(spec, at, last, world);
        await sweepUnfinished(world.urn, at, world, at.name);
        return { volume: ready, owner: plan.owner };
    } catch (error) {
        // The engine is gone: what is begun stays as it is, and the next run goes on from it.
        if (world.signal.aborted) throw error;
        const staged = plan.imports && world.cluster.capabilities.mutableDataVolumes;
        if (found?.status?.phase === "Succeeded" && staged) await undoReplacement(found, world);
        else if (world.replaced !== undefined && plan.imports)
            await world.cluster.delete("DataVolume", at, { uid: volume.metadata.uid });
        // Pulumi keeps the old disk's state where a replacement failed: nothing of the new one is there any more.
        if (world.replaced !== undefined) throw error;
        throw await unfinished(inputs, at, plan.owner, error, world);
    }
}

/** The claim alone, where CDI took its finished DataVolume away; undefined where there is none, or another image is wanted. */
async function keepAlone(
    { spec, inputs }: { spec: ImportedImageSpec; inputs: Data },
    at: Ref,
    last: ImportedImageState | undefined,
    world: World,
): Promise<BroughtIn | undefined> {
    const claim = await claimAloneOrGone(at, last ?? { urn: world.urn }, world);
    if (claim === undefined) return undefined;
    const made = claim.metadata.annotations?.[fingerprintKey] === fingerprint(spec);
    if (last === undefined && (!made || replacesItself(spec, inputs, world))) {
        await refuseToLose("replace", world.cluster, at, spec.force === true);
        await removeClaimAlone(at, claim, world);
        return undefined;
    }
    const owner = ownerOf(claim.metadata) ?? newOwner(world.urn);
    const size = sizeOf(spec);
    await syncCloneRights(spec.cloneableFrom, last, { at, only: at.name, owner }, world);
    if (size !== undefined) await growClaim(at, size, spec.timeoutSeconds ?? defaultTimeoutSeconds, world);
    await labelClaim(spec, at, last, world);
    return { volume: volumeOfClaim(claim, last), owner };
}

/** Removes what interrupted attempts of this resource left: unfinished imports under other names than `kept`. */
export async function sweepUnfinished(urn: string, near: Ref, { cluster }: World, kept?: string): Promise<void> {
    // Elsewhere a stack may have rights in its own namespace alone.
    const { namespace } = near;
    const within = cluster.capabilities.localVolumes || namespace === undefined ? {} : { namespace };
    for (const { metadata, status } of await cluster.list("DataVolume", within)) {
        const current = metadata.name === kept && metadata.namespace === namespace;
        if (current || status?.phase === "Succeeded" || ownerOf(metadata)?.urn !== urn) continue;
        await cluster.delete(
            "DataVolume",
            { namespace: metadata.namespace, name: metadata.name },
            { uid: metadata.uid },
        );
    }
}

interface Plan {
    readonly owner: Owner;
    /** Whether bytes have to be brought in: nothing is there, or it failed, or it is another image. */
    readonly imports: boolean;
}

async function planFor(
    { spec, inputs }: { spec: ImportedImageSpec; inputs: Data },
    at: Ref,
    found: DataVolume | undefined,
    last: ImportedImageState | undefined,
    world: World,
): Promise<Plan> {
    // A create marks what it takes up anew: a delete that is still due for an earlier state must not find its token there.
    const owner = last === undefined ? newOwner(world.urn) : { urn: world.urn, token: last.token };
    if (found === undefined) return { owner, imports: true };
    if (last === undefined && spec.adopt === true && ownerOf(found.metadata) === undefined) {
        await refuseUnlike(spec, at, found, world);
        return { owner, imports: false };
    }
    refuseUnlessOurs({ kind: "DataVolume", at, metadata: found.metadata }, last?.token, world);
    const finished = found.status?.phase === "Succeeded" && (await world.cluster.volume(at))?.state !== "missing";
    const taken = !replacesItself(spec, inputs, world) && (await matches(spec, at, found, world));
    const same = finished && (last !== undefined || taken);
    // Another image under a name of the user's own: it is staged beside the old disk, which stays until the new one is whole.
    if (finished && !same) await refuseToLose("replace", world.cluster, at, spec.force === true);
    return { owner, imports: !same };
}

/** Whether the disk found is the very one to replace (`--replace`, `replaceOnChanges`): the user wants it brought in anew. */
function replacesItself(spec: ImportedImageSpec, inputs: Data, { replaced }: World): boolean {
    if (replaced === undefined) return false;
    const samePlace = ["cluster", "namespace", "claimName"].every((key) => replaced[key] === inputs[key]);
    return samePlace && fingerprint(replaced as unknown as ImportedImageSpec) === fingerprint(spec);
}

async function write(
    spec: ImportedImageSpec,
    at: Ref,
    found: DataVolume | undefined,
    plan: Plan,
    last: ImportedImageState | undefined,
    world: World,
): Promise<DataVolume> {
    const { cluster, upstream } = world;
    const { namespace = "default", name } = at;
    const asked = toVolumeSpec(spec, name, (path) => upstream.resolvePath(path));
    const wanted = { ...asked, source: asSent(asked.source, world) };
    const annotations = {
        ...spec.annotations,
        "cdi.kubevirt.io/storage.bind.immediate.requested": "true",
        ...ownerAnnotations(plan.owner),
        [fingerprintKey]: fingerprint(spec),
    };
    const changes = cluster.capabilities.mutableDataVolumes;
    // To whom files are sent cannot tell one from another: the mark can.
    const sameFile =
        !isSent(spec, world) || found?.metadata.annotations?.[fingerprintKey] === annotations[fingerprintKey];
    const stays = found !== undefined && (changes || !plan.imports || (sameFile && isUnderWay(found, wanted)));
    if (found !== undefined && !stays) await clearTheWay(at, found, world);
    if (!stays) {
        const metadata = { namespace, name, labels: { ...spec.labels }, annotations };
        return cluster.create("DataVolume", { metadata, spec: wanted });
    }
    const written = await cluster.update("DataVolume", at, (volume) => {
        volume.metadata.labels = withOwn(volume.metadata.labels, last?.["labels"], spec.labels);
        volume.metadata.annotations = withOwn(volume.metadata.annotations, last?.["annotations"], annotations);
        // A finished import keeps the source it came from: credentials and mirrors never bring an image in again.
        if (plan.imports && changes) volume.spec = wanted;
    });
    if (!plan.imports || !changes) return written;
    return cluster.update(
        "DataVolume",
        at,
        (volume) => {
            volume.status = { phase: "", restartCount: 0 };
        },
        "status",
    );
}

/** The claim carries the same labels as its DataVolume. */
async function labelClaim(
    spec: ImportedImageSpec,
    at: Ref,
    last: ImportedImageState | undefined,
    { cluster }: World,
): Promise<void> {
    if ((await cluster.get("PersistentVolumeClaim", at)) === undefined) return;
    await cluster.update("PersistentVolumeClaim", at, (claim) => {
        claim.metadata.labels = withOwn(claim.metadata.labels, last?.["labels"], spec.labels);
    });
}

async function settle(
    spec: ImportedImageSpec,
    at: Ref,
    volume: DataVolume,
    patience: number,
    world: World,
): Promise<DataVolume> {
    if (isSent(spec, world)) return sendUpload(spec, at, patience, world);
    if (spec.wait === "accepted") {
        world.cluster.drive("DataVolume", at);
        return volume;
    }
    return awaitImport(at, patience, world);
}

/** The same name, the same URN, no state: an earlier run was killed after its import, or another disk is wanted now. */
async function matches(spec: ImportedImageSpec, at: Ref, found: DataVolume, { cluster }: World): Promise<boolean> {
    if (found.metadata.annotations?.[fingerprintKey] !== fingerprint(spec)) return false;
    const size = sizeOf(spec);
    const claim = await cluster.get("PersistentVolumeClaim", at);
    return size === undefined || parseQuantity(claim?.status?.capacity?.storage ?? "0") <= parseQuantity(size);
}

/** Gives a finished disk back its own description where another image was to take its name and did not come in. */
async function undoReplacement(found: DataVolume, { cluster }: World): Promise<void> {
    const at = { namespace: found.metadata.namespace, name: found.metadata.name };
    const restored = await cluster.update("DataVolume", at, (volume) => {
        volume.spec = found.spec;
        volume.metadata.annotations = { ...found.metadata.annotations };
    });
    await cluster.update(
        "DataVolume",
        at,
        (volume) => {
            volume.status = { ...found.status, observedGeneration: restored.metadata.generation };
        },
        "status",
    );
}

/** A create that got somewhere says so with its state, so that Pulumi can go on from it or take it away. */
async function unfinished(
    inputs: Data,
    at: Ref,
    owner: Owner,
    thrown: unknown,
    world: World,
): Promise<Unfinished | BootsourceError> {
    const error = toBootsourceError(thrown, `import ${describeRef(at)}`);
    const volume = await world.cluster.get("DataVolume", at);
    if (volume === undefined) return error;
    return new Unfinished(
        await toState(inputs, { volume, owner, cluster: world.cluster.identity ?? "", world }),
        error,
    );
}
