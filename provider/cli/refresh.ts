// One round by hand: asks sources what they hold now, has what is newer brought in, and waits until machines get it.
import { importsOf, refOf } from "../cluster/boot-imports.js";
import { noteFailedPoll, notePoll } from "../cluster/polls.js";
import { waitFor } from "../cluster/wait.js";
import type { Clock } from "../model/clock.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { wantedOf } from "../rules/boot-imports.js";
import { askedOf } from "../rules/cron-names.js";
import { askSource } from "./boot-sources.js";
import type { OpenStore } from "./stores.js";

/** How the round of a boot source ended. */
export interface Refreshed {
    readonly namespace: string;
    /** The DataSource's. */
    readonly name: string;
    readonly outcome: "unchanged" | "moved" | "failed";
    readonly from: string | undefined;
    readonly digest: string | undefined;
    /** A sentence, where it failed. */
    readonly reason: string | undefined;
}

/** Never throws but for a signal that is aborted: a failure is how it ended, and is noted for everybody to see. */
export async function refresh(
    cron: DataImportCron,
    store: Pick<OpenStore, "cluster" | "upstream">,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Refreshed> {
    const { cluster } = store;
    const { namespace = "default" } = cron.metadata;
    const from = wantedOf(cron)?.digest;
    const ended = (outcome: Refreshed["outcome"], now: DataImportCron, reason?: string): Refreshed => {
        return { namespace, name: cron.spec.managedDataSource, outcome, from, digest: wantedOf(now)?.digest, reason };
    };
    try {
        await notePoll(cron, await askSource(cron, store, signal), await importsOf(cron, cluster), { cluster, clock });
    } catch (thrown) {
        if (signal.aborted) throw thrown;
        const error = toBootsourceError(thrown, "ask the source");
        if (error.code !== "gone") await noteFailedPoll(cron, error, { cluster, clock });
        return ended("failed", cron, error.message);
    }
    try {
        const now = await untilCurrent(cron, store, signal);
        await untilServed(now, store, signal);
        return ended(wantedOf(now)?.digest === from ? "unchanged" : "moved", now);
    } catch (thrown) {
        if (signal.aborted && !isTimeout(signal)) throw thrown;
        const now = (await cluster.get("DataImportCron", refOf(cron.metadata))) ?? cron;
        return ended("failed", now, toBootsourceError(thrown, "bring the image in").message);
    }
}

/** Whoever works on the cron (this process, or an agent) has seen what was asked for, and has done it or says why not. */
function untilCurrent(
    { metadata, spec }: DataImportCron,
    { cluster }: Pick<OpenStore, "cluster">,
    signal: AbortSignal,
): Promise<DataImportCron> {
    return waitFor(
        cluster,
        "DataImportCron",
        refOf(metadata),
        (cron) => {
            if (cron === undefined) {
                throw new BootsourceError(
                    "gone",
                    `cannot refresh ${spec.managedDataSource}: somebody deleted its cron`,
                );
            }
            if (cron.status?.observed !== askedOf(cron)) return undefined;
            const said = conditionOf(cron, "UpToDate");
            if (said?.status === "True") return cron;
            if (said !== undefined && hopeless.has(said.reason)) throw new BootsourceError("failed", said.message);
            return undefined;
        },
        signal,
    );
}

/** What only a person mends. */
const hopeless: ReadonlySet<string> = new Set(["ErrDataSourceAlreadyManaged", "DataSourceNotManaged", "ImportFailed"]);

/** The DataSource says of the image that it leads to now that machines can be cloned from it. */
async function untilServed(
    { metadata, spec }: DataImportCron,
    { cluster }: Pick<OpenStore, "cluster">,
    signal: AbortSignal,
): Promise<void> {
    await waitFor(
        cluster,
        "DataSource",
        { namespace: metadata.namespace, name: spec.managedDataSource },
        (source) => {
            const leads = JSON.stringify(source?.status?.source) === JSON.stringify(source?.spec.source);
            return leads && conditionOf(source, "Ready")?.status === "True" ? true : undefined;
        },
        signal,
    );
}

function isTimeout({ reason }: AbortSignal): boolean {
    return reason instanceof BootsourceError && reason.code === "timeout";
}
