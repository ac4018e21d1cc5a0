// Writes a plan of adoptions as the program that carries it out.
import type { Adoption, Skipped } from "./adopt-plan.js";

/** Longer ones are broken into lines. */
const lineLength = 110;

/** TypeScript, formatted to be read and kept. */
export function adoptionProgram(store: string, adoptions: readonly Adoption[], skipped: readonly Skipped[]): string {
    const head = [
        `// Adopts what the store ${JSON.stringify(store)} holds: nothing is downloaded, and nothing is made anew.`,
        'import * as bootsource from "pulumi-bootsource";',
    ];
    const resources = adoptions.map(
        ({ type, name, args }) => `\nnew bootsource.${type}(${JSON.stringify(name)}, ${written(args, "")});`,
    );
    const notes = skipped.map(({ object, reason }) => `\n// Not adopted: ${object}: ${reason}.`);
    return `${[...head, ...resources, ...notes].join("\n")}\n`;
}

function written(value: unknown, indent: string): string {
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const inner = `${indent}    `;
    const parts = Array.isArray(value)
        ? value.map((entry) => written(entry, inner))
        : Object.entries(value).map(([key, entry]) => `${keyOf(key)}: ${written(entry, inner)}`);
    const [open, close] = Array.isArray(value) ? ["[", "]"] : ["{ ", " }"];
    const line = `${open}${parts.join(", ")}${close}`;
    // The arguments of a resource always have a line each.
    if (indent !== "" && line.length + indent.length < lineLength && !line.includes("\n")) return line;
    return `${open.trim()}\n${parts.map((part) => `${inner}${part},\n`).join("")}${indent}${close.trim()}`;
}

function keyOf(key: string): string {
    return /^[A-Za-z_$][\w$]*$/.test(key) ? key : JSON.stringify(key);
}
