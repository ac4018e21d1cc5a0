// The conditions of a DataVolume in CDI's words: Bound, Running, Ready.
import type { Said } from "../model/conditions.js";

/** Bound as CDI says it. */
export function bound(claim: string): Said {
    return { status: "True", reason: "Bound", message: `PVC ${claim} Bound` };
}

/** Ready is True only at Succeeded; while bytes flow its reason is TransferRunning (CDI, pkg/controller/datavolume). */
export const ready = {
    yes: { status: "True", reason: "", message: "" },
    transferring: { status: "False", reason: "TransferRunning", message: "" },
    no: { status: "False", reason: "", message: "" },
} as const satisfies Record<string, Said>;

/** Running, for each turn an import takes. */
export const running = {
    yes: { status: "True", reason: "Pod is running", message: "" },
    completed: { status: "False", reason: "Completed", message: "Import Complete" },
    queued: (parallel: number): Said => ({
        status: "False",
        // Ours: CDI starts as many pods as it is asked for.
        reason: "Queued",
        message: `waits for one of ${parallel} imports of this store to end (bootsource:parallelImports)`,
    }),
    failed: (reason: string, message: string): Said => ({ status: "False", reason, message }),
} as const;
