// Conditions of any object: set by type, found by type, with a transition time that moves only where the status does.
import type { Clock } from "./clock.js";
import type { Condition } from "./objects.js";

/** What a condition now says. */
export type Said = Pick<Condition, "status" | "reason" | "message">;

/** Any object with conditions. */
export interface Conditioned {
    status?: { conditions?: Condition[] };
}

/** Sets conditions by type; the transition time moves only where the status does. */
export function setConditions(object: Conditioned, clock: Clock, said: Readonly<Record<string, Said>>): void {
    object.status ??= {};
    const conditions = (object.status.conditions ??= []);
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

/** A condition of an object, by its type. */
export function conditionOf(object: Conditioned | undefined, type: string): Condition | undefined {
    return object?.status?.conditions?.find((condition) => condition.type === type);
}
