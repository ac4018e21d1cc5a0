// What counts as stale: for that a status ends with exit code 1.
import type { BootSourceStatus } from "./boot-status.js";

/** As the platform's alert has it (CDIDataImportCronOutdated): an import may take so long. */
export const staleAfterMinutes = 15;

/**
 * Why a boot source is stale; undefined where it is not. It is when it has not been up to date, or its source has not answered, for
 * 15 minutes; or when nothing can be cloned from it, but for the first 15 minutes of a new one. A DataSource that the platform keeps
 * without updates counts only where images of it are still there: else it is a name that waits for somebody to bring an image.
 */
export function whyStale(
    { state, ready, unwellSince }: Pick<BootSourceStatus, "state" | "ready" | "unwellSince">,
    { leftovers, now }: { readonly leftovers: number; readonly now: number },
): "not-up-to-date" | "not-ready" | undefined {
    if (state === "off") return ready || leftovers === 0 ? undefined : "not-ready";
    const isLong = unwellSince !== undefined && now - Date.parse(unwellSince) >= staleAfterMinutes * 60_000;
    if (!ready && (unwellSince === undefined || isLong)) return "not-ready";
    return isLong ? "not-up-to-date" : undefined;
}
