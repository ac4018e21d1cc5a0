// Reads flags and operands, and says what was probably meant where something is not known.
import { parseArgs } from "node:util";
import { BootsourceError } from "../model/errors.js";

/** A flag: whether it takes a value, and what the help says. */
export interface Flag {
    /** The value's name in the help; without one the flag is on or off. */
    readonly value?: string;
    /** Whether it may be given more than once; otherwise the last one counts. */
    readonly repeats?: boolean;
    readonly text: string;
}

/** What was given. */
export interface CommandLine {
    readonly operands: readonly string[];
    readonly values: Readonly<Record<string, string | undefined>>;
    /** All values of the flags that may be given more than once. */
    readonly lists: Readonly<Record<string, readonly string[] | undefined>>;
    readonly on: ReadonlySet<string>;
}

/** A command line that is not understood. */
export class UsageError extends BootsourceError {
    constructor(message: string) {
        super("invalid-argument", message);
    }
}

/** Takes the words behind a subcommand apart. */
export function parseCommandLine(
    name: string,
    command: { readonly operands: readonly string[]; readonly flags: Readonly<Record<string, Flag>> },
    words: readonly string[],
): CommandLine {
    const { flags: known, operands: wanted } = command;
    const options = Object.fromEntries(
        Object.entries(known).map(([flag, { value }]) => [
            flag,
            { type: value === undefined ? ("boolean" as const) : ("string" as const) },
        ]),
    );
    const { tokens } = parseArgs({ args: [...words], options, strict: false, allowPositionals: true, tokens: true });
    const help = `"bootsource ${name} --help" shows how`;
    const operands: string[] = [];
    const values: Record<string, string> = {};
    const lists: Record<string, string[]> = {};
    const on = new Set<string>();
    for (const token of tokens) {
        if (token.kind === "positional") operands.push(token.value);
        if (token.kind !== "option") continue;
        const flag = Object.hasOwn(known, token.name) ? known[token.name] : undefined;
        if (flag === undefined) {
            const names = Object.keys(known).map((one) => `--${one}`);
            throw new UsageError(`cannot use ${token.rawName}: ${nearest(token.rawName, names)}; ${help}`);
        }
        if (flag.value === undefined) {
            if (token.value !== undefined)
                throw new UsageError(`cannot use --${token.name}: it takes no value; ${help}`);
            on.add(token.name);
            continue;
        }
        // A value that looks like a flag is a forgotten one; --name=-value says that it is meant.
        if (token.value === undefined || (!token.inlineValue && token.value.startsWith("--"))) {
            throw new UsageError(`cannot use --${token.name}: its value ${flag.value} is missing; ${help}`);
        }
        values[token.name] = token.value;
        if (flag.repeats === true) (lists[token.name] ??= []).push(token.value);
    }
    const missing = wanted[operands.length];
    if (missing !== undefined && !missing.startsWith("["))
        throw new UsageError(`cannot ${name}: ${missing} is missing; ${help}`);
    if (operands.length > wanted.length && wanted.at(-1)?.endsWith("...]") !== true) {
        const takes = wanted.length === 0 ? "flags alone" : `${wanted.join(" and ")} and nothing more`;
        throw new UsageError(`cannot ${name}: it takes ${takes}; ${help}`);
    }
    return { operands, values, lists, on };
}

/** The name that was probably meant, or the names that there are. */
export function nearest(given: string, names: readonly string[]): string {
    const ranked = names
        .map((name) => ({ name, distance: editDistance(given, name) }))
        .sort((left, right) => left.distance - right.distance);
    const best = ranked[0];
    if (best !== undefined && best.distance <= Math.max(2, given.length / 3)) return `perhaps ${best.name} is meant`;
    return `it is none of ${names.join(", ")}`;
}

/** Letters to add, drop or change (Levenshtein). */
function editDistance(left: string, right: string): number {
    let row = Array.from({ length: right.length + 1 }, (_, index) => index);
    for (let at = 1; at <= left.length; at += 1) {
        const next = [at];
        for (let to = 1; to <= right.length; to += 1) {
            const change = (row[to - 1] ?? 0) + (left[at - 1] === right[to - 1] ? 0 : 1);
            next.push(Math.min(change, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
        }
        row = next;
    }
    return row[right.length] ?? 0;
}
