// Watches a round of refreshes: how far its imports are together, and whether there is any progress at all.
import type { Cluster } from "../cluster/contract.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { cronLabels } from "../rules/cron-names.js";
import type { ProgressDisplay } from "./progress.js";

/** What is watched. */
export interface Watched {
    readonly crons: readonly DataImportCron[];
    /** Milliseconds without any progress after which the round is given up. */
    readonly patience: number;
    readonly display: ProgressDisplay | undefined;
    readonly signal: AbortSignal;
}

/** The round's signal is aborted when it is given up (with `timeout`), or with the signal given. */
export function watchRound(
    cluster: Cluster,
    { crons, patience, display, signal }: Watched,
): { readonly signal: AbortSignal; readonly end: () => Promise<void> } {
    const over = new AbortController();
    const late = new AbortController();
    const names = new Set(crons.map(({ metadata }) => `${metadata.namespace ?? "default"}/${metadata.name}`));
    const giveUp = (): void => {
        late.abort(new BootsourceError("timeout", `there was no progress for ${patience / 1000} s`));
    };
    let timer = setTimeout(giveUp, patience);
    const far = new Map<string, { transferred: number; total: number | undefined }>();
    const watching = (async (): Promise<void> => {
        for await (const { type, object } of cluster.watch("DataVolume", AbortSignal.any([over.signal, signal]))) {
            const { metadata, status } = object;
            const cron = `${metadata.namespace ?? "default"}/${metadata.labels?.[cronLabels.cron] ?? ""}`;
            if (!names.has(cron)) continue;
            clearTimeout(timer);
            timer = setTimeout(giveUp, patience);
            if (type === "deleted" || status?.phase !== "ImportInProgress" || status.transferred === undefined)
                continue;
            far.set(metadata.uid, { transferred: status.transferred, total: status.total });
            display?.show(together([...far.values()]));
        }
    })();
    return {
        signal: AbortSignal.any([signal, late.signal]),
        end: async () => {
            clearTimeout(timer);
            over.abort();
            // What went wrong here went wrong for the round as well, which tells it.
            await watching.catch(() => undefined);
            display?.end();
        },
    };
}

function together(all: readonly { transferred: number; total: number | undefined }[]): {
    transferred: number;
    total: number | undefined;
} {
    const totals = all.map(({ total }) => total);
    const known = totals.filter((total) => total !== undefined);
    return {
        transferred: all.reduce((sum, one) => sum + one.transferred, 0),
        total: known.length === totals.length ? known.reduce((sum, one) => sum + one, 0) : undefined,
    };
}
