// bootsource agent: keeps the boot sources of stores current, unattended, and tells how that goes.
import { type Clock, systemClock } from "../../model/clock.js";
import { BootsourceError } from "../../model/errors.js";
import { bootStatus } from "../../rules/boot-status.js";
import { classStatus } from "../../rules/class-status.js";
import type { CommandLine } from "../command-line.js";
import { readBootObjects, readClasses } from "../status-read.js";
import {
    clusterFlags,
    isOfCluster,
    networkFlags,
    openNamespace,
    openStore,
    storeFlag,
    storesNamed,
} from "../stores.js";
import type { Level } from "./cron-events.js";
import { type Answer, listenAt, parseAddress } from "./endpoint.js";
import { type KeptStore, keepStore } from "./keep.js";
import { levels, makeLog } from "./log.js";
import { describeMetrics, type MeasuredStore } from "./metrics.js";

const doing = "keep boot sources current";

/** The command. */
export const agentCommand = {
    summary: "Keep the boot sources of stores current on their schedules, until told to stop",
    operands: [],
    flags: {
        store: { ...storeFlag, repeats: true, text: `${storeFlag.text} May be given again for more.` },
        listen: {
            value: "HOST:PORT",
            text: "Answer /healthz and /metrics there, over plain http. Default: nowhere. Port 0 takes a free one.",
        },
        log: { value: "FORMAT", text: '"json", one object per line (default), or "text", lines for people.' },
        "log-level": {
            value: "LEVEL",
            text: '"debug" (polls that found nothing new too), "info" (default), "warn" or "error".',
        },
        ...clusterFlags,
        ...networkFlags,
    },
    text: `
Asks each source when its schedule says so, imports what is newer, lets the DataSource follow, and removes what is kept no longer. One agent works on a store at a time; pulumi up, refresh and status work beside it. It ends with SIGTERM (exit code 0) or SIGINT; what it was importing then the next one goes on with.

On a cluster it keeps the boot sources of one namespace current that CDI does not (http, s3, ...); of several agents one does so, and the others stand by.

The log goes to standard output. A store that cannot be used for a while (a full disk, a directory that is not mounted) is told and tried again.

Examples:
    bootsource agent --store /srv/images
    bootsource agent --store ./store --log text --log-level debug
    bootsource agent --store /srv/images --listen 127.0.0.1:9180
    bootsource agent --kubeconfig east.yaml --namespace images
`,
    /** A SIGTERM is how it is meant to end. */
    service: true,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const directories = isOfCluster(line) ? [placeOf(line)] : storesNamed(doing, line, process.env);
        const log = makeLog({ ...readLog(line), clock: systemClock, write: (text) => process.stdout.write(text) });
        // Whoever read the log is gone: the work goes on.
        process.stdout.on("error", () => undefined);
        const { listen } = line.values;
        const place = listen === undefined ? undefined : parseAddress(listen);
        const stores = directories.map((directory): KeptStore => {
            return { directory, cluster: undefined, failing: "it has not begun", imports: { finished: 0, failed: 0 } };
        });
        const endpoint =
            place &&
            (await listenAt(place, {
                "/healthz": () => healthOf(stores),
                "/metrics": () => metricsOf(stores, systemClock),
            }));
        if (endpoint !== undefined) log({ level: "info", event: "listening", listening: endpoint.address });
        const over = new AbortController();
        const ends = AbortSignal.any([signal, over.signal]);
        const kept = stores.map((store) =>
            keepStore(store, {
                open: (warn) =>
                    isOfCluster(line)
                        ? openNamespace(doing, line, warn)
                        : openStore(doing, store.directory, line, warn),
                tell: (event) => {
                    log(event, store.directory);
                },
                clock: systemClock,
                signal: ends,
            }).catch((error: unknown) => {
                // A store that cannot be worked on from the beginning is a mistake to be seen at once, not in a log some day.
                over.abort();
                throw error;
            }),
        );
        const failed = (await Promise.allSettled(kept)).find(({ status }) => status === "rejected");
        await endpoint?.close();
        if (failed?.status === "rejected") throw failed.reason;
        log({ level: "info", event: "stopped", pid: process.pid });
    },
} as const;

/** How a namespace of a cluster is called in the log. */
function placeOf({ values: { kubeconfig, context, namespace } }: CommandLine): string {
    const parts = [kubeconfig, context, namespace].filter((part) => part !== undefined && part !== "");
    return parts.join(" ");
}

function readLog({ values }: CommandLine): { format: "json" | "text"; level: Level } {
    const { log: format = "json", "log-level": asked = "info" } = values;
    if (format !== "json" && format !== "text") {
        throw new BootsourceError(
            "invalid-argument",
            `cannot write the log as "${format}": "json" and "text" are known`,
        );
    }
    const level = levels.find((one) => one === asked);
    if (level !== undefined) return { format, level };
    throw new BootsourceError("invalid-argument", `cannot use --log-level "${asked}": ${levels.join(", ")} are known`);
}

/** Well while every store is worked on and can be read. */
async function healthOf(stores: readonly KeptStore[]): Promise<Answer> {
    const told = await Promise.all(
        stores.map(async ({ directory, cluster, failing }) => {
            const reason = cluster === undefined ? (failing ?? "it is not worked on") : await unreadable(cluster);
            return { store: directory, working: reason === undefined, ...(reason === undefined ? {} : { reason }) };
        }),
    );
    const status = told.every(({ working }) => working) ? 200 : 503;
    return { status, type: "application/json", body: `${JSON.stringify({ stores: told })}\n` };
}

async function unreadable(cluster: NonNullable<KeptStore["cluster"]>): Promise<string | undefined> {
    try {
        await cluster.list("StorageClass");
        return undefined;
    } catch (error) {
        return error instanceof Error ? error.message : String(error);
    }
}

async function metricsOf(stores: readonly KeptStore[], clock: Clock): Promise<Answer> {
    const measured = await Promise.all(stores.map((store) => measure(store, clock.now())));
    return { status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: describeMetrics(measured) };
}

async function measure({ directory, cluster, imports }: KeptStore, now: number): Promise<MeasuredStore> {
    try {
        if (cluster === undefined) return { directory, imports, objects: undefined };
        const [found, classes] = await Promise.all([readBootObjects(cluster), readClasses(cluster)]);
        const { crons, volumes } = found;
        const sources = bootStatus(found, now);
        return { directory, imports, objects: { crons, volumes, classes: classStatus(classes), sources } };
    } catch {
        // Why it cannot be read is told by the log and by /healthz.
        return { directory, imports, objects: undefined };
    }
}
