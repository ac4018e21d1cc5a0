// The boot sources for a person: a line each, and under them what is the matter with those that are not well.
import { describeBytes } from "../model/quantity.js";
import type { BootSourceStatus } from "../rules/boot-status.js";
import { type Column, fittedTable, usualWidth, wrapped } from "./table.js";

/** A text of whole lines, in `width` letters as far as names allow. */
export function statusTable(sources: readonly BootSourceStatus[], now: number, width: number = usualWidth): string {
    if (sources.length === 0) return "There are no boot sources.\n";
    const { lines, left } = fittedTable(columnsAt(now), sources, width);
    const notes = sources.flatMap((source) =>
        source.reasons.flatMap((reason) => wrapped(`${nameOf(source)}: ${reason}`, width)),
    );
    const more = left.length === 0 ? "" : `; --wide shows ${left.join(", ").toLowerCase()}`;
    const end = wrapped(`${summary(sources)}${more}`, width);
    return [...lines, "", ...notes, ...(notes.length === 0 ? [] : [""]), ...end, ""].join("\n");
}

/** "45s", "12m", "3h", "2d": one unit, cut off. */
export function describeAge(milliseconds: number): string {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    if (seconds < 120) return `${seconds}s`;
    if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
    return seconds < 2 * 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

/** What is not known, or does not apply. */
export const none = "-";

/** "fedora" in the namespace default, else "images/fedora". */
export function nameOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
    return namespace === "default" ? name : `${namespace}/${name}`;
}

function columnsAt(now: number): Column<BootSourceStatus>[] {
    const ago = (time: string | undefined): string =>
        time === undefined ? none : `${describeAge(now - Date.parse(time))} ago`;
    return [
        { heading: "NAME", rank: 1, cell: nameOf },
        { heading: "STATUS", rank: 2, cell: stateOf },
        { heading: "ORIGIN", rank: 4, cell: ({ origin }) => origin },
        { heading: "DIGEST", rank: 9, cell: ({ digest }) => shortened(digest) },
        {
            heading: "AGE",
            rank: 3,
            cell: ({ since }) => (since === undefined ? none : describeAge(now - Date.parse(since))),
        },
        { heading: "FORMAT", rank: 5, cell: ({ format = none }) => format },
        { heading: "CLASS", rank: 7, cell: ({ storageClass = none }) => storageClass },
        {
            heading: "KEPT",
            rank: 8,
            cell: ({ kept: { images, bytes } }) => (images === 0 ? none : `${images} (${describeBytes(bytes)})`),
        },
        { heading: "LAST POLL", rank: 10, cell: ({ lastPoll }) => ago(lastPoll) },
        { heading: "NEXT POLL", rank: 6, cell: (source) => nextPollOf(source, now) },
        { heading: "LAST IMPORT", rank: 11, cell: ({ lastImport }) => ago(lastImport) },
        { heading: "SCHEDULE", rank: 12, cell: ({ schedule = none }) => (schedule === "" ? none : schedule) },
        { heading: "SOURCE", rank: 13, cell: ({ source = none }) => source },
    ];
}

function stateOf({ state, progress, ready }: BootSourceStatus): string {
    const words = state.replaceAll("-", " ");
    const far = progress === undefined ? words : `${words} ${Math.floor(progress)}%`;
    return ready ? far : `${far}, not ready`;
}

/** As long as the part of it that names the image; what is no sha256 says what it is. */
function shortened(digest: string | undefined): string {
    const [kind = "", id = ""] = digest?.split(":") ?? [];
    if (digest === undefined) return none;
    return `${kind === "sha256" ? "" : `${kind}:`}${id.slice(0, 12)}`;
}

function nextPollOf({ schedule, nextPoll }: BootSourceStatus, now: number): string {
    if (schedule === "") return "never";
    if (nextPoll === undefined) return none;
    const left = Date.parse(nextPoll) - now;
    return left <= 0 ? "due" : `in ${describeAge(left)}`;
}

function summary(sources: readonly BootSourceStatus[]): string {
    const counts = new Map<string, number>();
    for (const { state } of sources) counts.set(state, (counts.get(state) ?? 0) + 1);
    const states = [...counts].map(([state, count]) => `${count} ${state.replaceAll("-", " ")}`).join(", ");
    const bytes = sources.reduce((total, { kept }) => total + kept.bytes, 0);
    return `${sources.length} boot source${sources.length === 1 ? "" : "s"}: ${states}; ${describeBytes(bytes)} kept`;
}
