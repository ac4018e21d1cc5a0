// What a change will do to the world, as data: preview prints it, tests compare it with what happened.
import { describeBytes } from "./quantity.js";

/** One consequence of a change, in the order in which it happens. */
export interface Effect {
    readonly verb:
        | "import"
        | "create"
        | "grow"
        | "replace"
        | "keep"
        | "copy"
        | "point"
        | "adopt"
        | "move"
        | "mark"
        | "unmark"
        | "set"
        | "remove";
    /** What it happens to, as the user knows it: "claim default/fedora-1a2b3c4d". */
    readonly object: string;
    /** Where bytes come from, without credentials. */
    readonly from?: string | undefined;
    /** Where it goes, or what it becomes. */
    readonly to?: string | undefined;
    /** Bytes to download; undefined where nobody can tell. */
    readonly bytes?: number | undefined;
    /** Size of the disk before and after, in bytes. */
    readonly sizes?: { readonly before?: number | undefined; readonly after: number } | undefined;
    /** What is not ready meanwhile, and until when; undefined where nothing is interrupted. */
    readonly interrupts?: string | undefined;
}

/** One line for a person: "imports claim default/fedora-1a2b3c4d from https://... (340 MiB to download)". */
export function describeEffect(effect: Effect): string {
    const parts = [`${verbs[effect.verb]} ${effect.object}`];
    if (effect.from !== undefined) parts.push(`from ${effect.from}`);
    if (effect.to !== undefined) parts.push(`to ${effect.to}`);
    if (effect.bytes !== undefined) {
        parts.push(effect.bytes === 0 ? "(nothing to download)" : `(${describeBytes(effect.bytes)} to download)`);
    }
    if (effect.sizes !== undefined) {
        const { before, after } = effect.sizes;
        parts.push(
            before === undefined ? `to ${describeBytes(after)}` : `${describeBytes(before)} -> ${describeBytes(after)}`,
        );
    }
    if (effect.interrupts !== undefined) parts.push(`; ${effect.interrupts}`);
    return parts.join(" ").replace(" ;", ";");
}

const verbs: Readonly<Record<Effect["verb"], string>> = {
    import: "imports",
    create: "creates",
    grow: "grows",
    replace: "replaces",
    keep: "keeps",
    copy: "copies",
    point: "points",
    adopt: "adopts",
    move: "moves",
    mark: "marks",
    unmark: "no longer marks",
    set: "sets",
    remove: "removes",
};
