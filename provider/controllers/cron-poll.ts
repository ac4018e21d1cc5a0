// Polling: asks a boot source's upstream what it holds when the schedule says so, and notes what is to be made current.
import { noteFailedPoll, notePoll, versionInCluster } from "../cluster/polls.js";
import { isBootsourceError, toBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import type { BootImport } from "../rules/boot-imports.js";
import { dueTime } from "../rules/due-time.js";
import { readAccess } from "../cluster/access.js";
import type { CronWorld } from "./contract.js";

/** Asks where it is due. Says when it is due next; undefined where nobody asks on schedule here. */
export async function pollWhenDue(
    cron: DataImportCron,
    imports: readonly BootImport[],
    world: CronWorld,
): Promise<number | undefined> {
    const { poll, clock, cluster, signal } = world;
    if (poll === undefined || cron.spec.schedule === "") return undefined;
    const due = dueTime(cron, clock.now());
    if (due > clock.now()) return due;
    const { source } = cron.spec.template.spec;
    try {
        const version =
            (await versionInCluster(source, cluster)) ??
            (await poll(source, await readAccess(asVolume(cron), cluster), signal));
        return await notePoll(cron, version, imports, world);
    } catch (thrown) {
        if (signal.aborted || (isBootsourceError(thrown) && thrown.code === "gone")) throw thrown;
        return noteFailedPoll(cron, toBootsourceError(thrown, "ask the source"), world);
    }
}

function asVolume({ metadata, spec }: DataImportCron): Parameters<typeof readAccess>[0] {
    return { metadata, spec: spec.template.spec };
}
