// Plain data as Pulumi's wire carries it: no undefined at any depth, and one text for equal values.
import type { Data } from "../resources/contract.js";

/** A deep copy without undefined: a single one anywhere makes the wire format fail. */
export function withoutUndefined(data: Data): Data {
    return clean(data) as Data;
}

/** The same text for the same data, whatever the order of keys; null and undefined count as absent. */
export function canonical(data: Data): string {
    return JSON.stringify(order(data));
}

function clean(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : clean(item)));
    if (!isObject(value)) return value;
    const present = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(present.map(([key, item]) => [key, clean(item)]));
}

function order(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(order);
    if (!isObject(value)) return value;
    const present = Object.entries(value).filter(([, item]) => item !== undefined && item !== null);
    return Object.fromEntries(present.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, item]) => [key, order(item)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
