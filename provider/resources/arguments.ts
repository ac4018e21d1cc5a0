// Validation of arguments: a schema's complaints as failures with paths, with values that are not known yet let through.
import type * as z from "zod";
import { complaintsAbout } from "../model/complaints.js";
import type { Parsed } from "./contract.js";

/** Checks arguments against a schema without defaults or transforms: what comes out is what went in. */
export function parseArguments<T>(schema: z.ZodType<T>, args: unknown): Parsed<T> {
    const failures = complaintsAbout(schema, args);
    return failures.length === 0 ? { failures: [], spec: args as T } : { failures };
}
