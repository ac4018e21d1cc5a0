// bootsource refresh: one round by hand, now, whether an agent runs or not.
import { systemClock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { findCron, forEachOf, nameOf } from "./boot-sources.js";
import type { CommandLine } from "./command-line.js";
import { showProgress } from "./progress.js";
import { type Refreshed, refresh } from "./refresh.js";
import { clusterFlags, networkFlags, openPlaces, storeFlag } from "./stores.js";
import { watchRound } from "./round.js";

const doing = "refresh";

/** The command. */
export const refreshCommand = {
    summary: "Ask the sources of boot sources now, and import what is newer",
    operands: ["[NAME]"],
    flags: {
        store: storeFlag,
        ...clusterFlags,
        timeout: { value: "SECONDS", text: "Give up after so long without any progress. Default 600." },
        json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
        ...networkFlags,
    },
    text: `
Without NAME every boot source on a schedule is asked; NAME is one DataSource, with its namespace where it is not default: images/fedora. What a source holds is imported unless it is here, the DataSource follows, and what is kept no longer goes. Beside an agent it joins what that one is importing. The exit code is 1 where one could not be brought up to date; the older images serve on.

A reviewed or pinned source is refused: only pulumi up moves it, as its preview showed ("bootsource outdated" tells what it could move to).

Examples:
    bootsource refresh --store ./store
    bootsource refresh fedora --store ./store
    bootsource refresh images/fedora --store ./store --json
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const [store] = await openPlaces(doing, line, process.env);
        if (store === undefined) return;
        try {
            const crons = chosen(await store.cluster.list("DataImportCron"), line.operands[0]);
            const json = line.on.has("json");
            const display = json ? undefined : showProgress(process.stderr, systemClock);
            const round = watchRound(store.cluster, { crons, patience: patienceOf(line), display, signal });
            const refreshed = await forEachOf(crons, crons.length, (cron) =>
                refresh(cron, store, { clock: systemClock, signal: round.signal }),
            ).finally(() => round.end());
            tell(store.directory, refreshed, json);
        } finally {
            await store.cluster.close();
        }
    },
} as const;

function chosen(crons: readonly DataImportCron[], name: string | undefined): DataImportCron[] {
    if (name === undefined) return crons.filter(({ spec }) => spec.schedule !== "");
    const cron = findCron(crons, name, doing);
    if (cron.spec.schedule !== "") return [cron];
    throw new BootsourceError(
        "invalid-argument",
        `cannot refresh ${nameOf(cron)}: it is on no schedule (reviewed, pinned, or made from what lies here), so only its program ` +
            'moves it; run pulumi up, or let it have updates: "scheduled"',
    );
}

function patienceOf({ values: { timeout = "600" } }: CommandLine): number {
    if (/^[1-9]\d{0,6}$/.test(timeout)) return Number(timeout) * 1000;
    throw new BootsourceError("invalid-argument", `cannot use --timeout ${timeout}: it is a whole number of seconds`);
}

function tell(store: string, refreshed: readonly Refreshed[], json: boolean): void {
    if (json) {
        const nullForUnknown = (_: string, value: unknown): unknown => (value === undefined ? null : value);
        process.stdout.write(`${JSON.stringify({ store, sources: refreshed }, nullForUnknown)}\n`);
    } else {
        process.stdout.write(refreshed.map((one) => `${describe(one)}\n`).join(""));
        if (refreshed.length === 0) process.stdout.write("There are no boot sources on a schedule.\n");
    }
    const failed = refreshed.filter(({ outcome }) => outcome === "failed").map(labelOf);
    if (failed.length === 0) return;
    throw new BootsourceError(
        "failed",
        `cannot bring ${failed.length} of ${refreshed.length} boot sources up to date: ${failed.join(", ")}; what was current before ` +
            "still serves",
    );
}

function describe(one: Refreshed): string {
    const { outcome, digest = "", from, reason = "" } = one;
    if (outcome === "failed") return `${labelOf(one)}: failed: ${reason}`;
    if (outcome === "unchanged") return `${labelOf(one)}: up to date, ${digest}`;
    return `${labelOf(one)}: now ${digest}${from === undefined ? "" : `, before ${from}`}`;
}

function labelOf({ namespace, name }: Refreshed): string {
    return namespace === "default" ? name : `${namespace}/${name}`;
}
