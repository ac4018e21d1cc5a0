// What the conditions of a DataImportCron come to, in a word and in sentences.
import { conditionOf } from "../model/conditions.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { type BootImport, isOfVersion, wantedOf } from "./boot-imports.js";
import { cronAnnotations } from "./cron-names.js";
import { dueTime } from "./due-time.js";

/**
 * How a boot source is. Not up to date is: being imported, waiting to be (`outdated`), failed to be, or never heard of (`waiting`).
 * `poll-failed` was up to date when it was asked last; `blocked` is a cron whose DataSource is not its own; `unmanaged` is a
 * DataSource that no cron moves, and `off` one of the platform's, which it keeps without.
 */
export type BootState =
    | "up-to-date"
    | "importing"
    | "outdated"
    | "import-failed"
    | "poll-failed"
    | "waiting"
    | "blocked"
    | "unmanaged"
    | "off";

/** Judges a cron; `served` is the import that its DataSource leads to. */
export function judgeCron(
    cron: DataImportCron,
    served: BootImport | undefined,
): { readonly state: BootState; readonly reasons: readonly string[] } {
    const said = conditionOf(cron, "UpToDate");
    const polled = conditionOf(cron, "Polled");
    const unanswered = polled?.status === "False" ? [polled.message] : [];
    if (said?.status === "True") {
        const wanted = wantedOf(cron);
        // A poll, or somebody's hand, has asked for another version since; its controller has not looked yet.
        if (wanted !== undefined && (served === undefined || !isOfVersion(served, wanted))) {
            return { state: "outdated", reasons: [served === undefined ? gone : notYet, ...unanswered] };
        }
        return { state: unanswered.length === 0 ? "up-to-date" : "poll-failed", reasons: unanswered };
    }
    const state = states[said?.reason ?? "NoDigest"] ?? "outdated";
    if (state === "waiting") {
        return unanswered.length === 0 ? { state, reasons: [never] } : { state: "poll-failed", reasons: unanswered };
    }
    return { state, reasons: [whyOutdated(cron, state), ...unanswered].filter((why) => why !== "") };
}

/** Since when a cron is in a state that is not the best; undefined where it is up to date. */
export function unwellSince(cron: DataImportCron, state: BootState): string | undefined {
    const { annotations, creationTimestamp } = cron.metadata;
    if (state === "up-to-date") return undefined;
    const said = conditionOf(cron, "UpToDate");
    if (said?.status !== "True") return said?.lastTransitionTime ?? creationTimestamp;
    if (state === "poll-failed") return conditionOf(cron, "Polled")?.lastTransitionTime ?? creationTimestamp;
    // Its conditions are of before the poll that found another version.
    return annotations?.[cronAnnotations.lastCronTime] ?? cron.status?.lastExecutionTimestamp ?? creationTimestamp;
}

/** When a source was asked, and when it will be; nothing where it never is. */
export function pollTimes(
    cron: DataImportCron,
    now: number,
): { readonly lastPoll: string | undefined; readonly nextPoll: string | undefined } {
    const { annotations, creationTimestamp } = cron.metadata;
    const lastPoll = cron.status?.lastExecutionTimestamp ?? annotations?.[cronAnnotations.lastCronTime];
    if (cron.spec.schedule === "") return { lastPoll, nextPoll: undefined };
    const isNew = lastPoll === undefined && annotations?.[cronAnnotations.nextCronTime] === undefined;
    try {
        return { lastPoll, nextPoll: isNew ? creationTimestamp : new Date(dueTime(cron, now)).toISOString() };
    } catch (thrown) {
        // A schedule that somebody else wrote, and that nobody can keep.
        if (isBootsourceError(thrown)) return { lastPoll, nextPoll: undefined };
        throw thrown;
    }
}

const states: Readonly<Record<string, BootState>> = {
    NoDigest: "waiting",
    ImportProgressing: "importing",
    ImportFailed: "import-failed",
    Outdated: "outdated",
    ErrDataSourceAlreadyManaged: "blocked",
    DataSourceNotManaged: "blocked",
};

const never = "nobody has asked its source yet";
const gone = "its image is not there any more, and nobody has brought it in again yet";
const notYet = "another version is wanted, and nobody has brought it in yet";

/** What stands in the way of an import is said by Progressing; one that is on its way needs no reason. */
function whyOutdated(cron: DataImportCron, state: BootState): string {
    if (state === "importing") return "";
    const progressing = conditionOf(cron, "Progressing");
    const waits = state === "outdated" && progressing !== undefined && progressing.reason !== "NoImport";
    return (waits ? progressing : conditionOf(cron, "UpToDate"))?.message ?? "";
}
