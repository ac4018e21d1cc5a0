// The conditions of a DataVolume in CDI's words: Bound, Running, Ready.
import type { Clock } from "../model/clock.js";
import type { Condition, DataVolume } from "../model/objects.js";

/** What a condition now says. */
export type Said = Pick<Condition, "status" | "reason" | "message">;

/** Sets conditions by type; the transition time moves only where the status does. */
export function setConditions(volume: DataVolume, clock: Clock, said: Readonly<Record<string, Said>>): void {
    volume.status ??= {};
    const conditions = (volume.status.conditions ??= []);
    for (const [type, { status, reason, message }] of Object.entries(said)) {
        const index = conditions.findIndex((condition) => condition.type === type);
        const before = conditions[index];
        const lastTransitionTime =
            before?.status === status ? before.lastTransitionTime : new Date(clock.now()).toISOString();
        const condition: Condition = { type, status, reason, message, lastTransitionTime };
        if (before === undefined) conditions.push(condition);
        else conditions[index] = condition;
    }
}

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
    failed: (reason: string, message: string): Said => ({ status: "False", reason, message }),
} as const;
