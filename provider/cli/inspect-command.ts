// bootsource inspect: what an image is, and why it would be refused, from its first bytes and its tables.
import { systemClock } from "../model/clock.js";
import { describeBytes } from "../model/quantity.js";
import type { CommandLine } from "./command-line.js";
import { readSource, sourceFlags, sourceHelp } from "./source.js";

/** The command. */
export const inspectCommand = {
    summary: "Tell what an image is, reading only what that needs",
    operands: ["SOURCE"],
    flags: sourceFlags,
    text: `
${sourceHelp}

Tells format, compression, virtual size, and what makes an image unsafe: a backing file, an external data file, encryption, damaged tables. Nothing is written.

Examples:
    bootsource inspect disk.qcow2
    bootsource inspect https://example.com/fedora.qcow2 --json
    bootsource inspect docker://quay.io/containerdisks/fedora:latest
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        // Loaded by what needs it: the help of all commands does not.
        const { checkFormatName } = await import("../importer/detect.js");
        const { inspectImage } = await import("../importer/inspect.js");
        const { sourceName } = await import("../importer/sources/index.js");
        const source = readSource(line.operands[0] ?? "", line);
        const format = line.values["format"];
        if (format !== undefined) checkFormatName(format);
        const told = await inspectImage(source, { format, signal, clock: systemClock });
        if (line.on.has("json")) {
            // What is not known is null: a program should find every field.
            const unknownAsNull = (_: string, value: unknown): unknown => (value === undefined ? null : value);
            process.stdout.write(`${JSON.stringify({ source: sourceName(source), ...told }, unknownAsNull)}\n`);
            return;
        }
        const rows = [
            ["source", sourceName(source)],
            ["format", told.format],
            ["compression", told.codecs.length === 0 ? "none" : told.codecs.join(", ")],
            ["virtual size", bytes(told.virtualSize, "known when it is imported")],
            ["data at most", bytes(told.allocated, "known when it is imported")],
            ["source size", bytes(told.sourceSize, "the server does not say")],
            ["importable", told.refused === undefined ? "yes" : `no (${told.refused.code}): ${told.refused.reason}`],
        ];
        for (const [name = "", value = ""] of rows) process.stdout.write(`${name.padEnd(14)}${value}\n`);
    },
} as const;

function bytes(count: number | undefined, otherwise: string): string {
    return count === undefined ? otherwise : `${describeBytes(count)} (${count} bytes)`;
}
