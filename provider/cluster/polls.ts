// What is noted on a DataImportCron of a poll: the version found, or why none was.
import type { Clock } from "../model/clock.js";
import { type Said, setConditions } from "../model/conditions.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, DataVolumeSource } from "../model/objects.js";
import { nextTime, parseSchedule } from "../model/schedule.js";
import type { Version } from "../model/upstream.js";
import { type BootImport, isOfVersion, wantedOf } from "../rules/boot-imports.js";
import { polled } from "../rules/cron-conditions.js";
import { cronAnnotations } from "../rules/cron-names.js";
import type { Cluster } from "./contract.js";
import { refOf } from "./boot-imports.js";
import { describeRef } from "./wait.js";

/** A source that failed in passing is asked again so soon; never later than the next tick. */
const askAgain = 5 * 60_000;

/** Where and when something is noted. */
interface Notebook {
    readonly cluster: Cluster;
    readonly clock: Clock;
}

/** Notes what was found. A version that the current import is known by, under whichever digest, is nothing new. */
export async function notePoll(
    { metadata, spec }: DataImportCron,
    version: Version,
    imports: readonly BootImport[],
    { cluster, clock }: Notebook,
): Promise<number | undefined> {
    const { digest } = version;
    if (digest === undefined) {
        throw versionless();
    }
    const now = clock.now();
    const next = spec.schedule === "" ? undefined : nextTime(parseSchedule(spec.schedule), now);
    await cluster.update("DataImportCron", refOf(metadata), (cron) => {
        const annotations = (cron.metadata.annotations ??= {});
        if (!isWanted(cron, version, imports)) want(annotations, version);
        annotations[cronAnnotations.lastCronTime] = new Date(now).toISOString();
        Reflect.deleteProperty(annotations, cronAnnotations.failedCronTime);
        if (next === undefined) Reflect.deleteProperty(annotations, cronAnnotations.nextCronTime);
        else annotations[cronAnnotations.nextCronTime] = new Date(next).toISOString();
        cron.status = { ...cron.status, lastExecutionTimestamp: new Date(now).toISOString() };
        setConditions(cron, clock, { Polled: polled.yes });
    });
    return next;
}

/** Whether a version is the one that is wanted already, under whichever digest the import of that one is known by. */
export function isWanted(
    cron: Pick<DataImportCron, "metadata" | "spec">,
    { digest, digests: alsoKnownAs }: Version,
    imports: readonly BootImport[],
): boolean {
    const wanted = wantedOf(cron);
    if (wanted === undefined || digest === undefined) return false;
    const current = imports.find((one) => isOfVersion(one, wanted));
    const found = { ...wanted, digest, alsoKnownAs };
    return wanted.digest === digest || (current !== undefined && isOfVersion(current, found));
}

/** The error for a source whose versions cannot be told apart. */
export function versionless(): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        "cannot tell versions of the source apart: its server says neither an ETag nor a time of change; give a checksumUrl, or " +
            "keep the image in a registry",
    );
}

/** Notes which version is to be made current. */
export function want(annotations: Record<string, string>, { digest, digests }: Omit<Version, "bytes">): void {
    annotations[cronAnnotations.desiredDigest] = digest ?? "";
    const others = digests.filter((known) => known !== digest);
    if (others.length === 0) Reflect.deleteProperty(annotations, cronAnnotations.alsoKnownAs);
    else annotations[cronAnnotations.alsoKnownAs] = JSON.stringify([digest, ...others]);
}

/** The version of what lies in the cluster itself; undefined for sources elsewhere. CDI knows a claim by its uid. */
export async function versionInCluster(source: DataVolumeSource, cluster: Cluster): Promise<Version | undefined> {
    const { pvc, snapshot } = source;
    const at = pvc ?? snapshot;
    if (at === undefined) return undefined;
    const found = await cluster.get(pvc === undefined ? "VolumeSnapshot" : "PersistentVolumeClaim", at);
    if (found !== undefined) return { digest: `uid:${found.metadata.uid}`, digests: [], bytes: 0 };
    throw new BootsourceError(
        "missing-object",
        `cannot read the ${pvc === undefined ? "snapshot" : "claim"} ${describeRef(at)}: there is none; make it, or name another one`,
    );
}

/** Notes a failure: what is current stays, and everybody can see why and since when nothing new comes. */
export async function noteFailedPoll(
    { metadata, spec }: DataImportCron,
    error: BootsourceError,
    { cluster, clock }: Notebook,
): Promise<number> {
    const now = clock.now();
    const tick = spec.schedule === "" ? now + askAgain : nextTime(parseSchedule(spec.schedule), now);
    const next = error.terminal ? tick : Math.min(tick, now + askAgain);
    const said: Said = polled.failed(error.code, error.message);
    await cluster.update("DataImportCron", refOf(metadata), (cron) => {
        cron.metadata.annotations = {
            ...cron.metadata.annotations,
            [cronAnnotations.failedCronTime]: new Date(now).toISOString(),
            [cronAnnotations.nextCronTime]: new Date(next).toISOString(),
        };
        setConditions(cron, clock, { Polled: said });
    });
    return next;
}
