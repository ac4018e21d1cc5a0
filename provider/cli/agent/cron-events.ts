// Events of one cron and of one import: what has changed between two looks at it. Pure.
import { conditionOf } from "../../model/conditions.js";
import type { DataImportCron, DataVolume } from "../../model/objects.js";
import { wantedOf } from "../../rules/boot-imports.js";
import { cronAnnotations } from "../../rules/cron-names.js";

/** How much an event matters. */
export type Level = "debug" | "info" | "warn" | "error";

/** Something that happened. Names are "namespace/name". */
export interface AgentEvent {
    readonly level: Level;
    readonly event: string;
    /** The DataSource's name. */
    readonly bootSource?: string | undefined;
    /** The claim's or the snapshot's name. */
    readonly image?: string;
    readonly form?: "pvc" | "snapshot";
    readonly digest?: string;
    /** The digest before. */
    readonly from?: string;
    /** Bytes of the source; 0 where nothing was downloaded. */
    readonly bytes?: number;
    readonly seconds?: number;
    /** A sentence. */
    readonly reason?: string;
    /** "host:port" of the endpoint. */
    readonly listening?: string;
    readonly pid?: number;
}

/** A poll, and what stands in a cron's way. */
export function ofCron(before: DataImportCron | undefined, cron: DataImportCron): AgentEvent[] {
    const { metadata, spec, status } = cron;
    const bootSource = `${metadata.namespace ?? "default"}/${spec.managedDataSource}`;
    const events: AgentEvent[] = [];
    const polledAt = status?.lastExecutionTimestamp;
    if (polledAt !== undefined && polledAt !== before?.status?.lastExecutionTimestamp) {
        const digest = wantedOf(cron)?.digest;
        const from = before && wantedOf(before)?.digest;
        const of = { bootSource, ...(digest === undefined ? {} : { digest }) };
        if (digest === from) events.push({ level: "debug", event: "poll-unchanged", ...of });
        else events.push({ level: "info", event: "poll-newer", ...of, ...(from === undefined ? {} : { from }) });
    }
    const polled = conditionOf(cron, "Polled");
    const asked = (one: DataImportCron | undefined): string | undefined =>
        one?.metadata.annotations?.[cronAnnotations.nextCronTime];
    if (
        polled?.status === "False" &&
        (conditionOf(before, "Polled")?.status !== "False" || asked(before) !== asked(cron))
    ) {
        events.push({ level: "warn", event: "poll-failed", bootSource, reason: polled.message });
    }
    const said = conditionOf(cron, "UpToDate");
    const isNews = said !== undefined && said.message !== conditionOf(before, "UpToDate")?.message;
    if (isNews && ["ErrDataSourceAlreadyManaged", "DataSourceNotManaged"].includes(said.reason)) {
        events.push({ level: "warn", event: "blocked", bootSource, reason: said.message });
    }
    return events;
}

/** What an import came to between two looks; undefined where nothing of note. */
export function importPhase(before: DataVolume | undefined, volume: DataVolume): AgentEvent | undefined {
    const { phase = "", restartCount = 0 } = volume.status ?? {};
    const was = before?.status?.phase ?? "";
    const message = conditionOf(volume, "Running")?.message ?? "";
    const reason = message === "" ? {} : { reason: message };
    const again = volume.status?.observedGeneration !== before?.status?.observedGeneration;
    if (phase === "Succeeded") {
        return was === phase && !again ? undefined : { level: "info", event: "import-finished" };
    }
    if (phase === "Failed") {
        return was === phase && !again ? undefined : { level: "error", event: "import-failed", ...reason };
    }
    if (restartCount > (before?.status?.restartCount ?? 0)) return { level: "warn", event: "import-again", ...reason };
    if (phase === "ImportScheduled" || phase === "ImportInProgress") {
        return was === "ImportScheduled" || was === "ImportInProgress"
            ? undefined
            : { level: "info", event: "import-begun" };
    }
    const waits = phase === "Pending" && message !== "" && message !== conditionOf(before, "Running")?.message;
    return waits ? { level: "warn", event: "import-waits", ...reason } : undefined;
}
