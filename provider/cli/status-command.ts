// bootsource status: how the boot sources of stores and clusters are, read from their objects; asks nobody else and writes nothing.
import { type Clock, systemClock } from "../model/clock.js";
import { BootsourceError } from "../model/errors.js";
import { staleAfterMinutes } from "../rules/boot-stale.js";
import type { CommandLine } from "./command-line.js";
import { type Found, type Place, placesNamed, Watched } from "./status-places.js";
import { nameOf } from "./status-table.js";
import { statusText } from "./status-text.js";
import { clusterFlags, storeFlag } from "./stores.js";
import { widthOf } from "./table.js";

const doing = "show the status";

/** The command. */
export const statusCommand = {
    summary: "Show whether boot sources are up to date, and if not, why",
    operands: [],
    flags: {
        store: { ...storeFlag, repeats: true, text: `${storeFlag.text} May be given again for more.` },
        json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
        ...clusterFlags,
        context: { ...clusterFlags.context, repeats: true, text: `${clusterFlags.context.text} May be given again.` },
        namespace: { value: "NS", text: "Which namespace of the cluster. Default: all that you may look into." },
        wide: { text: "All columns, whatever they take. Default: as many as the terminal has room for, elsewhere 80." },
        watch: { text: "Go on, and show it again whenever something has changed, until interrupted." },
    },
    text: `
A line for each boot source: what machines get now and for how long, what is kept, when its source was asked and when it will be. Then what is being imported, the storage classes, the alerts that the platform's own rules would raise, and what its documentation recommends. Objects are only read: no source is asked, nothing is refreshed.

The exit code is 1 where a boot source is stale: not up to date for ${staleAfterMinutes} minutes, or nothing can be cloned from it; or where a store or a cluster could not be read.

Examples:
    bootsource status --store ./store
    bootsource status --kubeconfig clusters.yaml --context east --context west
    bootsource status --kubeconfig east.yaml --namespace images --json
    BOOTSOURCE_STORE=/srv/images bootsource status --watch
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const places = placesNamed(doing, line, process.env);
        const { isTTY } = process.stdout;
        const width = line.on.has("wide") ? Infinity : widthOf(process.stdout);
        const how = { json: line.on.has("json"), watch: line.on.has("watch"), width, terminal: isTTY };
        const found = await showStatus(places, { ...how, clock: systemClock, signal }, (text) =>
            process.stdout.write(text),
        );
        if (!signal.aborted) refuseStale(found);
    },
} as const;

/** How it is shown. */
export interface Showing {
    readonly json: boolean;
    readonly watch: boolean;
    /** Whether what stands there is replaced by what is new. */
    readonly terminal: boolean;
    readonly width: number;
    readonly clock: Clock;
    readonly signal: AbortSignal;
}

/** Milliseconds between two looks; a look at an unchanged store of 500 sources takes some hundredths of a second. */
const lookEvery = 2_000;
/** A cluster answers a dozen lists for each. */
const lookAtClusterEvery = 10_000;

/**
 * Shows the status once, or again and again: on a terminal at each look (ages pass), elsewhere where something has changed. Answers
 * what was found last. Where there is one place alone and it cannot be read at first, its error is thrown.
 */
export async function showStatus(
    places: readonly Place[],
    { json, watch, terminal, width, clock, signal }: Showing,
    write: (text: string) => void,
): Promise<readonly Found[]> {
    const watched = places.map((place) => new Watched(place, clock));
    const every = places.some(({ kubeconfig }) => kubeconfig !== undefined) ? lookAtClusterEvery : lookEvery;
    const goesOn = async (): Promise<boolean> => {
        if (watch) await clock.sleep(every, signal);
        return watch && !signal.aborted;
    };
    let shown = "";
    let found: readonly Found[] = [];
    try {
        do {
            found = await Promise.all(watched.map((one) => one.look()));
            const [only, ...others] = found;
            if (only?.error !== undefined && others.length === 0 && shown === "") throw only.error;
            const now = clock.now();
            const facts = factsOf(found);
            const isNew = facts !== shown;
            if (json && isNew) write(`${facts}\n`);
            if (!json && watch && terminal) write(`${clear}${textOf(found, now, width)}`);
            else if (!json && isNew) write(`${shown === "" ? "" : "\n"}${textOf(found, now, width)}`);
            shown = facts;
        } while (await goesOn());
    } finally {
        await Promise.all(watched.map((one) => one.close()));
    }
    return found;
}

/** The cursor goes home, and what stood there goes. */
const clear = "\x1b[H\x1b[2J\x1b[3J";

/** What programs read; a program should find every field. */
function factsOf(found: readonly Found[]): string {
    const stores = found.map(({ status, error, ...place }) => ({
        ...place,
        error: error && { code: error.code, message: error.message },
        ...(status ?? nothing),
    }));
    return JSON.stringify({ stale: found.some(isBad), stores }, (_, value: unknown) =>
        value === undefined ? null : value,
    );
}

const nothing = {
    ...{ sources: [], storageClasses: [], imports: [], leftovers: [], alerts: [], recommendations: [], unseen: [] },
    hyperConverged: undefined,
};

function textOf(found: readonly Found[], now: number, width: number): string {
    const texts = found.map(({ store, kubeconfig, agent, status, error }) => {
        const heading = found.length === 1 ? "" : `${store}\n`;
        if (status === undefined) return `${heading}${error?.message ?? ""}\n`;
        const alone = !agent && status.sources.some(({ schedule = "" }) => schedule !== "");
        const who = kubeconfig === undefined ? "for this store" : "where CDI polls nothing (http, s3, ...)";
        const note = alone ? `No agent runs ${who}: its sources are asked by pulumi up alone.\n` : "";
        return `${heading}${statusText(status, now, width)}${note}`;
    });
    return texts.join("\n");
}

function isBad({ stale, error }: Found): boolean {
    return stale || error !== undefined;
}

/** A script goes by the exit code. */
function refuseStale(found: readonly Found[]): void {
    const reasons = found.filter(isBad).map(({ store, error, status }) => {
        if (error !== undefined) return `${store} cannot be read`;
        const names = (status?.sources ?? []).filter(({ stale }) => stale !== undefined).map(nameOf);
        return `${found.length === 1 ? "" : `${store}: `}${names.join(", ")}`;
    });
    if (reasons.length === 0) return;
    throw new BootsourceError(
        "failed",
        `not every boot source is current: ${reasons.join("; ")}; what is the matter stands with each of them`,
    );
}
