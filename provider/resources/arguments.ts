// Validation of arguments: a schema's complaints as failures with paths, with values that are not known yet let through.
import type * as z from "zod";
import { nearest } from "../model/nearest.js";
import { type Path, isWithin, unknownPaths } from "../model/unknown.js";
import type { Failure, Parsed } from "./contract.js";

/** Checks arguments against a schema without defaults or transforms: what comes out is what went in. */
export function parseArguments<T>(schema: z.ZodType<T>, args: unknown): Parsed<T> {
    const result = schema.safeParse(args);
    if (result.success) return { failures: [], spec: result.data };
    const unknown = unknownPaths(args);
    const failures = result.error.issues
        .filter((issue) => issue.code === "unrecognized_keys" || !isWithin(issue.path as Path, unknown))
        .flatMap((issue) => toFailures(issue, schema));
    return failures.length === 0 ? { failures: [], spec: args as T } : { failures };
}

function toFailures(issue: z.core.$ZodIssue, schema: z.ZodType): Failure[] {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code !== "unrecognized_keys") return [{ path, reason: reasonOf(issue) }];
    const allowed = keysAt(schema, path);
    return issue.keys.map((key) => {
        const meant = nearest(key, allowed);
        const hint = meant === undefined ? `known are ${allowed.join(", ")}` : `did you mean "${meant}"?`;
        return { path: [...path, key], reason: `there is no such argument; ${hint}` };
    });
}

/** Where "a" and the schema's own word would read badly. */
const nouns: Readonly<Record<string, string>> = { object: "an object", record: "an object", array: "a list" };

function reasonOf(issue: z.core.$ZodIssue): string {
    if (issue.code === "invalid_type") {
        return issue.message.includes("received undefined")
            ? "it is missing"
            : `it must be ${nouns[issue.expected] ?? `a ${issue.expected}`}`;
    }
    if (issue.code === "invalid_value") return `it must be one of ${issue.values.map(String).join(", ")}`;
    return issue.message;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
    let current: unknown = schema;
    for (const step of path) current = unwrap(shapeOf(current)?.[step] ?? elementOf(current));
    return Object.keys(shapeOf(current) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
    const found = unwrap(schema);
    return isRecord(found) && isRecord(found["shape"]) ? found["shape"] : undefined;
}

function elementOf(schema: unknown): unknown {
    const found = unwrap(schema);
    return isRecord(found) ? found["element"] : undefined;
}

function unwrap(schema: unknown): unknown {
    let found = schema;
    while (isRecord(found) && typeof found["unwrap"] === "function") found = (found["unwrap"] as () => unknown)();
    return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
