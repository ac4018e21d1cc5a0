// Plain data as Pulumi's wire carries it: no undefined at any depth.
import type { Data } from "../resources/contract.js";

/** A deep copy without undefined: a single one anywhere makes the wire format fail. */
export function withoutUndefined(data: Data): Data {
    return clean(data) as Data;
}

function clean(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : clean(item)));
    if (!isObject(value)) return value;
    const present = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(present.map(([key, item]) => [key, clean(item)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
