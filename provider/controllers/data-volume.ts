// DataVolumes: claim, import, publish, in CDI's phases; each step is safe to repeat after a kill at any point.
import { BootsourceError, isBootsourceError, toBootsourceError } from "../model/errors.js";
import type { DataVolume, DiskRecord, PersistentVolumeClaim, Ref, StagedDisk } from "../model/objects.js";
import { imageAnnotation } from "../model/image-facts.js";
import { formatQuantity } from "../model/quantity.js";
import { readAccess } from "../cluster/access.js";
import { ensureClaim } from "./claim.js";
import { setConditions } from "../model/conditions.js";
import { bound, ready, running } from "./conditions.js";
import type { Controller, ControllerWorld, Verdict } from "./contract.js";
import { readOrigin } from "./origin.js";
import { reportProgress } from "./progress.js";

/** How often a whole import is begun again after a passing failure; inside one attempt the source retries by itself. */
const attempts = 3;

/** What is missing may come (a Secret of the same run, a class): looked for again after this long. */
const missingAgain = 1_000;

/** The controller: one call brings a DataVolume from wherever a kill left it to Succeeded, Failed or a wait. */
export const reconcileDataVolume: Controller<"DataVolume"> = async (volume, world) => {
    if (isSettled(volume)) return "settled";
    try {
        await importVolume(volume, world);
        return "settled";
    } catch (thrown) {
        if (world.signal.aborted) throw thrown;
        if (await isOutdated(volume, world)) return { again: 0 };
        // The claim was deleted under the import: it is made again, as CDI does it.
        if (isGone(thrown) && (await world.cluster.get("DataVolume", at(volume))) !== undefined) return { again: 0 };
        return await recordFailure(volume, toBootsourceError(thrown, "import the image"), world);
    }
};

/** Whether the spec was changed meanwhile: what was being imported is not wanted any more, and nothing may be said of it. */
async function isOutdated(volume: DataVolume, { cluster }: ControllerWorld): Promise<boolean> {
    const current = await cluster.get("DataVolume", at(volume));
    return current !== undefined && current.metadata.generation !== volume.metadata.generation;
}

/** Whether phase and conditions already speak of the spec as it is. */
export function isSettled(volume: DataVolume): boolean {
    const { phase, observedGeneration } = volume.status ?? {};
    return observedGeneration === volume.metadata.generation && (phase === "Succeeded" || phase === "Failed");
}

async function importVolume(volume: DataVolume, world: ControllerWorld): Promise<void> {
    const claim = await ensureClaim(volume, world);
    const left = claim.status?.staged;
    if (left?.generation === volume.metadata.generation && (await publish(volume, claim, left, world))) return;
    if (await isPublished(volume, claim, world)) {
        await complete(volume, claim.status?.disk, undefined, world);
        return;
    }
    await forgetFilling(claim, world);
    await setPhase(volume, world, "ImportScheduled", {
        Bound: bound(claim.metadata.name),
        Running: running.failed("", ""),
        Ready: ready.no,
    });
    const ingredients = {
        access: await readAccess(volume, world.cluster),
        origin: await readOrigin(volume, claim, world.cluster),
    };
    const reporter = reportProgress(volume, world);
    const staged = await world.disks.stage(volume, claim, ingredients, reporter).finally(() => reporter.stop());
    if (await isOutdated(volume, world)) {
        throw new BootsourceError(
            "conflict",
            `cannot publish the disk of ${volume.metadata.name}: another one is wanted now`,
        );
    }
    await writeClaimStatus(claim, world, { phase: claim.status?.phase ?? "Pending", staged });
    if (!(await publish(volume, claim, staged, world))) {
        throw new BootsourceError(
            "conflict",
            `cannot publish the disk of ${volume.metadata.name}: it was removed meanwhile`,
        );
    }
}

/** Renames the staged disk and says so; false where the staged disk is lost and the import has to begin again. */
async function publish(
    volume: DataVolume,
    claim: PersistentVolumeClaim,
    staged: StagedDisk,
    world: ControllerWorld,
): Promise<boolean> {
    const disk = await world.disks.publish(staged, claim);
    if (disk === undefined) return false;
    const former = claim.status?.disk?.path;
    try {
        await writeClaimStatus(claim, world, {
            phase: "Bound",
            disk,
            capacity: { storage: formatQuantity(staged.image.size) },
            image: staged,
            filledFor: orderOf(volume),
        });
        await complete(volume, disk, former, world);
    } catch (error) {
        // The object was deleted while its disk took its name: nobody names that disk any more.
        if (isGone(error)) await world.disks.remove(staged.final);
        throw error;
    }
    return true;
}

/**
 * Whether a kill came when the claim had its disk for this very spec, and before that was said of the DataVolume. One without a
 * phase was not begun: whoever took its phase away wants the same image once more.
 */
async function isPublished(
    volume: DataVolume,
    { metadata, status }: PersistentVolumeClaim,
    { cluster }: ControllerWorld,
): Promise<boolean> {
    if ((volume.status?.phase ?? "") === "") return false;
    if (status?.phase !== "Bound" || metadata.annotations?.[filledFor] !== orderOf(volume)) return false;
    const found = await cluster.volume(at({ metadata }));
    return found !== undefined && found.state !== "missing";
}

/** Before another import begins: its disk is not the one that the claim has. */
async function forgetFilling(claim: PersistentVolumeClaim, { cluster }: ControllerWorld): Promise<void> {
    if (claim.metadata.annotations?.[filledFor] === undefined) return;
    await cluster.update(
        "PersistentVolumeClaim",
        at(claim),
        ({ metadata }) => {
            const { [filledFor]: _former, ...kept } = metadata.annotations ?? {};
            metadata.annotations = kept;
        },
        "status",
    );
}

async function complete(
    volume: DataVolume,
    disk: DiskRecord | undefined,
    former: string | undefined,
    world: ControllerWorld,
): Promise<void> {
    // Before anybody hears of the new disk: what a kill leaves after that is looked for no more.
    if (disk !== undefined) await world.disks.keepOnly(disk.path, former);
    await setPhase(volume, world, "Succeeded", {
        Bound: bound(volume.metadata.name),
        Running: running.completed,
        Ready: ready.yes,
    });
}

/** On a claim: which DataVolume, and which state of its spec, its disk was imported for. */
const filledFor = "pulumi-bootsource/filled-for";

function orderOf({ metadata }: DataVolume): string {
    return `${metadata.uid} ${metadata.generation}`;
}

async function writeClaimStatus(
    claim: PersistentVolumeClaim,
    { cluster }: ControllerWorld,
    status: NonNullable<PersistentVolumeClaim["status"]> & { image?: StagedDisk; filledFor?: string },
): Promise<void> {
    const { image, filledFor: order = "", ...said } = status;
    const change = (current: PersistentVolumeClaim): void => {
        const { staged: _over, ...kept } = current.status ?? {};
        current.status = { ...kept, ...said };
        if (image === undefined) return;
        current.metadata.annotations = {
            ...current.metadata.annotations,
            ...imageAnnotations(image),
            [filledFor]: order,
        };
        // What a containerdisk asks for by its environment goes before nothing that the user said (CDI, import-controller.go).
        current.metadata.labels = { ...image.image.container?.labels, ...current.metadata.labels };
    };
    await cluster.update("PersistentVolumeClaim", at(claim), change, "status");
}

function imageAnnotations({ image }: StagedDisk): Record<string, string> {
    return {
        "cdi.kubevirt.io/storage.condition.running": "false",
        "cdi.kubevirt.io/storage.condition.running.reason": "Completed",
        "cdi.kubevirt.io/storage.condition.running.message": "Import Complete",
        [imageAnnotation]: JSON.stringify(image),
    };
}

/** A passing failure is tried again within the budget, what is missing is waited for, all else is Failed with its reason. */
async function recordFailure(volume: DataVolume, error: BootsourceError, world: ControllerWorld): Promise<Verdict> {
    if (error.code === "gone") return "settled";
    const restarts = volume.status?.restartCount ?? 0;
    const waiting = error.code === "missing-object";
    const over = error.terminal || (!waiting && restarts + 1 >= attempts);
    const reason = error.code === "checksum-mismatch" ? "ChecksumError" : waiting ? "Pending" : "Error";
    const phase = over ? "Failed" : waiting ? "Pending" : "ImportInProgress";
    await setPhase(
        volume,
        world,
        phase,
        { Running: running.failed(reason, error.message), Ready: ready.no },
        (current) => {
            if (!waiting) current.restartCount = restarts + 1;
        },
        { "pulumi-bootsource/error": error.code },
    ).catch(ignoreGone);
    if (over) return "settled";
    return { again: waiting ? missingAgain : 1_000 * 2 ** restarts };
}

async function setPhase(
    volume: DataVolume,
    world: ControllerWorld,
    phase: NonNullable<NonNullable<DataVolume["status"]>["phase"]>,
    conditions: Parameters<typeof setConditions>[2],
    also?: (status: NonNullable<DataVolume["status"]>) => void,
    annotations?: Record<string, string>,
): Promise<void> {
    await world.cluster.update(
        "DataVolume",
        at(volume),
        (current) => {
            if (current.metadata.generation !== volume.metadata.generation) return;
            const status = (current.status ??= {});
            status.phase = phase;
            status.claimName = volume.metadata.name;
            status.observedGeneration = volume.metadata.generation;
            status.progress = phase === "Succeeded" ? "100.0%" : "N/A";
            setConditions(current, world.clock, conditions);
            also?.(status);
            if (annotations) current.metadata.annotations = { ...current.metadata.annotations, ...annotations };
        },
        "status",
    );
}

function at(object: { metadata: Ref }): Ref {
    return { namespace: object.metadata.namespace, name: object.metadata.name };
}

function isGone(thrown: unknown): boolean {
    return isBootsourceError(thrown) && thrown.code === "gone";
}

function ignoreGone(error: unknown): void {
    if (!isGone(error)) throw error;
}
