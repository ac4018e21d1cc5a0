// DataImportCrons: poll, import, snapshot, repoint, collect; CDI's steps, with the new image ready before the old one leaves.
import type { DataImportCron, SourceFormat } from "../model/objects.js";
import { type BootImport, type Wanted, isOfVersion, isReady, wantedOf } from "../rules/boot-imports.js";
import { type Said, setConditions } from "../model/conditions.js";
import type { Controller, CronWorld, Verdict } from "./contract.js";
import { importsOf, refOf } from "../cluster/boot-imports.js";
import { progressing, upToDate } from "../rules/cron-conditions.js";
import { isBootsourceError, toBootsourceError } from "../model/errors.js";
import { confirmVersion } from "./cron-confirm.js";
import { bringIn } from "./cron-import.js";
import { adoptNamed, ensureDataSource, hasFollowed, holderOf, labelImports, pointTo } from "./cron-pointer.js";
import { collectGarbage, dropOtherForm } from "./cron-garbage.js";
import { pollWhenDue } from "./cron-poll.js";
import { askedOf, cronAnnotations, importName } from "../rules/cron-names.js";
import { takeSnapshot } from "./cron-snapshot.js";
import { type Landing, landingFor } from "../cluster/landing.js";

/**
 * While an import runs its end wakes the cron; this is for what nobody rings for (another process, a class to come). An agent
 * hears of every change, and has hundreds of crons that wait for their turn.
 */
const lookAgain = ({ poll, looksEvery }: CronWorld): number => looksEvery ?? (poll === undefined ? 1_000 : 30_000);

/** The controller: one call does all that can be done now, and says when to look again. */
export const reconcileDataImportCron: Controller<"DataImportCron", CronWorld> = async (given, world) => {
    const { cluster, clock } = world;
    const at = refOf(given.metadata);
    if (given.metadata.deletionTimestamp !== undefined) {
        // Whoever deleted it is at it, or was killed over it.
        await cluster.delete("DataImportCron", at, { uid: given.metadata.uid });
        return "settled";
    }
    const holder = await holderOf(given, cluster);
    if (holder !== undefined) {
        await say(given, { UpToDate: holder }, world);
        return "settled";
    }
    const due = await pollWhenDue(given, await importsOf(given, cluster), world);
    const cron = (await cluster.get("DataImportCron", at)) ?? given;
    const verdict = await bringUpToDate(cron, world).catch((thrown: unknown): Verdict => {
        // Something of it was deleted meanwhile: it is looked at again as it is now.
        if (isBootsourceError(thrown) && thrown.code === "gone") return { again: lookAgain(world) };
        throw thrown;
    });
    if (due === undefined) return verdict;
    const untilDue = Math.max(0, due - clock.now());
    return { again: verdict === "settled" ? untilDue : Math.min(verdict.again, untilDue) };
};

async function bringUpToDate(cron: DataImportCron, world: CronWorld): Promise<Verdict> {
    await ensureDataSource(cron, world);
    const landing = await landingFor(cron, world.cluster);
    await noteLanding(cron, landing, world);
    const wanted = wantedOf(cron);
    if (wanted === undefined) {
        await say(cron, { Progressing: progressing.no, UpToDate: upToDate.noDigest }, world);
        return "settled";
    }
    const unfit = whyUnfit(wanted);
    if (unfit === undefined) await adoptNamed(cron, wanted, world);
    const imports = await importsOf(cron, world.cluster);
    await labelImports(cron, imports, world);
    const chosen = choose(imports, wanted, landing);
    const moved = chosen && (await confirmVersion(cron, chosen, wanted, world));
    if (moved !== undefined) {
        await say(cron, { Progressing: progressing.no, UpToDate: upToDate.failed(moved) }, world);
        return world.poll === undefined ? "settled" : { again: lookAgain(world) };
    }
    await serveMeanwhile(cron, chosen, imports, world);
    if (unfit !== undefined) {
        await say(cron, { Progressing: progressing.no, UpToDate: upToDate.failed(unfit) }, world);
        return "settled";
    }
    if (chosen === undefined) return follow(cron, wanted, landing, imports, undefined, world);
    const format = formatOf(chosen, landing);
    if (format === "pvc" && chosen.claim === undefined) return follow(cron, wanted, landing, imports, chosen, world);
    if (format === "snapshot" && chosen.snapshot === undefined) {
        const failure = await takeSnapshot(cron, chosen, landing, world);
        await say(
            cron,
            {
                Progressing: progressing.no,
                UpToDate: failure === undefined ? upToDate.snapshotting : upToDate.failed(failure),
            },
            world,
        );
        return { again: lookAgain(world) };
    }
    await makeCurrent(cron, { chosen, wanted, format, imports }, world);
    // Nothing goes before nobody is led to it any more. Whoever pointed it there may have been killed before it followed.
    if (!(await hasFollowed(cron, world.cluster))) {
        const { namespace } = cron.metadata;
        world.cluster.drive("DataSource", { namespace, name: cron.spec.managedDataSource });
        return { again: lookAgain(world) };
    }
    await dropOtherForm(chosen, format, world);
    await collectGarbage(cron, chosen, await importsOf(cron, world.cluster), world);
    // Last of all: whoever waits for it finds everything done.
    await say(cron, { Progressing: progressing.no, UpToDate: upToDate.yes }, world);
    return "settled";
}

/** Why no import can be named after what was asked for by hand; the next poll, or hand, mends it. */
function whyUnfit({ managedDataSource, digest }: Wanted): string | undefined {
    try {
        importName(managedDataSource, digest);
        return undefined;
    } catch (thrown) {
        return toBootsourceError(thrown, "import the digest").message;
    }
}

/** The import of the wanted version, on the class where it is to be; on any class while there is none to be on. */
function choose(imports: readonly BootImport[], wanted: Wanted, { storageClass }: Landing): BootImport | undefined {
    const ofVersion = imports.filter((one) => isReady(one) && isOfVersion(one, wanted));
    return ofVersion.find((one) => storageClass === undefined || one.storageClass === storageClass);
}

/** Without a class nothing can be made anew: what is there keeps its form (in CDI the snapshot would go). */
function formatOf(chosen: BootImport, { storageClass, format }: Landing): SourceFormat {
    if (storageClass !== undefined) return format;
    return chosen.snapshot === undefined ? "pvc" : "snapshot";
}

/** Brings the version in, and says how far that is. */
async function follow(
    cron: DataImportCron,
    wanted: Wanted,
    landing: Landing,
    imports: readonly BootImport[],
    present: BootImport | undefined,
    world: CronWorld,
): Promise<Verdict> {
    const origin = present ?? imports.find((one) => isReady(one) && isOfVersion(one, wanted));
    const { storageClass } = landing;
    const { name, phase, reason } = await bringIn(cron, { wanted, storageClass, origin }, imports, world);
    const said = sayingOf(phase, landing.waiting ?? reason);
    await say(cron, said, world, (current) => {
        current.status = { ...current.status, currentImports: [{ DataVolumeName: name, Digest: wanted.digest }] };
    });
    return phase === "Failed" ? "settled" : { again: lookAgain(world) };
}

function sayingOf(phase: string, reason: string | undefined): Record<"Progressing" | "UpToDate", Said> {
    if (phase === "ImportScheduled") return { Progressing: progressing.scheduled, UpToDate: upToDate.importing };
    if (phase === "ImportInProgress") return { Progressing: progressing.yes, UpToDate: upToDate.importing };
    const UpToDate = phase === "Failed" ? upToDate.failed(reason ?? "the import failed") : upToDate.outdated;
    return { Progressing: progressing.phase(phase, reason), UpToDate };
}

/** A DataSource never waits for a new image where an older one is there. */
async function serveMeanwhile(
    cron: DataImportCron,
    chosen: BootImport | undefined,
    imports: readonly BootImport[],
    world: CronWorld,
): Promise<void> {
    const { cluster } = world;
    const at = { namespace: cron.metadata.namespace, name: cron.spec.managedDataSource };
    const { pvc, snapshot } = (await cluster.get("DataSource", at))?.spec.source ?? {};
    const served = imports.some(
        (one) =>
            (pvc !== undefined && one.claim !== undefined && one.name === pvc.name) ||
            (snapshot !== undefined && one.snapshot !== undefined && one.name === snapshot.name),
    );
    const best = chosen ?? imports.find(isReady);
    if (served || best === undefined) return;
    await pointTo(cron, best, best.snapshot === undefined ? "pvc" : "snapshot", world);
}

/** What is made current, among what there is. */
interface Choice {
    readonly chosen: BootImport;
    readonly wanted: Wanted;
    readonly format: SourceFormat;
    readonly imports: readonly BootImport[];
}

async function makeCurrent(
    cron: DataImportCron,
    { chosen, wanted, format, imports }: Choice,
    world: CronWorld,
): Promise<void> {
    const { cluster, clock } = world;
    const time = clock.now();
    const now = new Date(time).toISOString();
    const last = imports.find(({ name }) => name === cron.status?.lastImportedPVC?.name && name !== chosen.name);
    const moved = await pointTo(cron, chosen, format, world);
    const before = cron.status?.currentImports?.[0];
    const others = before?.DataVolumeName !== chosen.name || before.Digest !== wanted.digest;
    if (moved || others || cron.status?.lastImportTimestamp === undefined) {
        // Not at every look, as CDI does: a healthy cron writes nothing.
        await stampUse(chosen, now, cluster);
        // Its age counts from now on: it was the current one until a moment before this one.
        if (last !== undefined) await stampUse(last, new Date(time - 1).toISOString(), cluster);
    }
    await cluster.update(
        "DataImportCron",
        refOf(cron.metadata),
        (current) => {
            const { namespace = "default" } = cron.metadata;
            const changed =
                current.status?.lastImportedPVC?.name !== chosen.name ||
                current.status.lastImportTimestamp === undefined;
            current.status = {
                ...current.status,
                currentImports: [{ DataVolumeName: chosen.name, Digest: wanted.digest }],
                lastImportedPVC: { namespace, name: chosen.name },
                sourceFormat: format,
                ...(changed ? { lastImportTimestamp: now } : {}),
            };
        },
        "status",
    );
}

async function stampUse(chosen: BootImport, now: string, cluster: CronWorld["cluster"]): Promise<void> {
    const stamp = (object: { metadata: { annotations?: Record<string, string> } }): void => {
        object.metadata.annotations = { ...object.metadata.annotations, [cronAnnotations.lastUseTime]: now };
    };
    const { volume, claim, snapshot } = chosen;
    if (volume !== undefined) await cluster.update("DataVolume", refOf(volume.metadata), stamp);
    if (claim !== undefined) await cluster.update("PersistentVolumeClaim", refOf(claim.metadata), stamp);
    if (snapshot !== undefined) await cluster.update("VolumeSnapshot", refOf(snapshot.metadata), stamp);
}

async function noteLanding(cron: DataImportCron, landing: Landing, { cluster }: CronWorld): Promise<void> {
    const { storageClass } = landing;
    if (storageClass === undefined || cron.metadata.annotations?.[cronAnnotations.storageClass] === storageClass)
        return;
    await cluster.update("DataImportCron", refOf(cron.metadata), (current) => {
        current.metadata.annotations = {
            ...current.metadata.annotations,
            [cronAnnotations.storageClass]: storageClass,
        };
    });
}

async function say(
    cron: DataImportCron,
    conditions: Readonly<Record<string, Said>>,
    { cluster, clock }: CronWorld,
    also?: (current: DataImportCron) => void,
): Promise<void> {
    await cluster.update(
        "DataImportCron",
        refOf(cron.metadata),
        (current) => {
            setConditions(current, clock, conditions);
            also?.(current);
            current.status = { ...current.status, observed: askedOf(cron) };
        },
        "status",
    );
}
