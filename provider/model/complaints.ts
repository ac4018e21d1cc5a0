// What a schema complains of, as a path and a reason that a person can act on, with "did you mean".
import type * as z from "zod";
import { nearest } from "./nearest.js";
import { isWithin, type Path, unknownPaths } from "./unknown.js";

/** What is wrong with one value. */
export interface Complaint {
    readonly path: Path;
    readonly reason: string;
}

/** Everything that the schema complains of, but for what lies in values that are not known yet. */
export function complaintsAbout(schema: z.ZodType, args: unknown): Complaint[] {
    const result = schema.safeParse(args);
    if (result.success) return [];
    const unknown = unknownPaths(args);
    return result.error.issues
        .filter((issue) => issue.code === "unrecognized_keys" || !isWithin(issue.path as Path, unknown))
        .flatMap((issue) => complaintsOf(issue, schema));
}

/** One complaint of the schema in our words; an unknown key is one complaint each. */
export function complaintsOf(issue: z.core.$ZodIssue, schema: z.ZodType): Complaint[] {
    const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
    if (issue.code !== "unrecognized_keys") return [{ path, reason: reasonOf(issue) }];
    const allowed = keysAt(schema, path);
    return issue.keys.map((key) => {
        const meant = nearest(key, allowed);
        const hint = meant === undefined ? `known are ${allowed.join(", ")}` : `did you mean "${meant}"?`;
        return { path: [...path, key], reason: `there is no such argument; ${hint}` };
    });
}

/** A path as a program writes it: `storage.accessModes[0]`. */
export function describePath(path: Path): string {
    return path.reduce<string>(
        (text, step) => (typeof step === "number" ? `${text}[${step}]` : text === "" ? step : `${text}.${step}`),
        "",
    );
}

/** Where "a" and the schema's own word would read badly. */
const nouns: Readonly<Record<string, string>> = { object: "an object", record: "an object", array: "a list" };

function reasonOf(issue: z.core.$ZodIssue): string {
    if (issue.code === "invalid_type") {
        return issue.message.includes("received undefined")
            ? "it is missing"
            : `it must be ${nouns[issue.expected] ?? `a ${issue.expected}`}`;
    }
    // Zod's own sentence begins so; any other is ours, or CDI's.
    if (issue.code === "invalid_value" && issue.message.startsWith("Invalid"))
        return `it must be one of ${issue.values.map(String).join(", ")}`;
    return issue.message;
}

/** The keys that the schema knows at a path. */
function keysAt(schema: z.ZodType, path: Path): string[] {
    let current: unknown = schema;
    // A list is unwrapped to what it holds: its indexes lead nowhere else.
    for (const step of path) if (typeof step === "string") current = unwrap(shapeOf(current)?.[step]);
    return Object.keys(shapeOf(current) ?? {});
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
    const found = unwrap(schema);
    return isRecord(found) && isRecord(found["shape"]) ? found["shape"] : undefined;
}

function unwrap(schema: unknown): unknown {
    let found = schema;
    while (isRecord(found) && typeof found["unwrap"] === "function") found = (found["unwrap"] as () => unknown)();
    return found;
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null;
}
