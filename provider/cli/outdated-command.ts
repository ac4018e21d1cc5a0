// bootsource outdated: what reviewed and pinned boot sources could move to; asks their sources, and changes nothing.
import { importsOf } from "../cluster/boot-imports.js";
import { isWanted } from "../cluster/polls.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { describeBytes } from "../model/quantity.js";
import { wantedOf } from "../rules/boot-imports.js";
import { pinIn } from "../rules/pinned-source.js";
import { askSource, askedAtOnce, forEachOf, nameOf } from "./boot-sources.js";
import type { CommandLine } from "./command-line.js";
import { clusterFlags, networkFlags, type OpenStore, openPlaces, storeFlag } from "./stores.js";
import { tableOf } from "./table.js";

/** What is known of a boot source that moves by its program alone. */
interface Standing {
    readonly namespace: string;
    readonly name: string;
    readonly outdated: boolean;
    readonly current: string | undefined;
    readonly upstream: string | undefined;
    readonly bytes: number | undefined;
    /** A sentence, where upstream was not asked or did not answer. */
    readonly reason: string | undefined;
}

/** The command. */
export const outdatedCommand = {
    summary: "Show what reviewed and pinned boot sources could move to",
    operands: [],
    flags: {
        store: storeFlag,
        ...clusterFlags,
        json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
        "exit-code": { text: "Exit with 1 where one is outdated, or could not be asked." },
        ...networkFlags,
    },
    text: `
Asks the source of every boot source that is on no schedule, and changes nothing: pulumi preview and pulumi up move it. A source whose url names a digest has no tag to follow, and is not asked.

Examples:
    bootsource outdated --store ./store
    bootsource outdated --store ./store --exit-code
    bootsource outdated --store ./store --json
`,
    async run(line: CommandLine, signal: AbortSignal): Promise<void> {
        const [store] = await openPlaces("show what is outdated", line, process.env);
        if (store === undefined) return;
        try {
            const held = (await store.cluster.list("DataImportCron")).filter(({ spec }) => spec.schedule === "");
            const found = await forEachOf(held, askedAtOnce, (cron) => standingOf(cron, store, signal));
            process.stdout.write(line.on.has("json") ? jsonOf(store.directory, found) : textOf(found));
            const unsure = found
                .filter((one) => one.outdated || one.reason !== undefined)
                .filter((one) => !isHeld(one));
            if (!line.on.has("exit-code") || unsure.length === 0) return;
            const names = unsure.map(labelOf).join(", ");
            throw new BootsourceError(
                "failed",
                `not everything is what its source holds: ${names}; run pulumi preview to see what would move`,
            );
        } finally {
            await store.cluster.close();
        }
    },
} as const;

const held = "pinned by its url";

function isHeld({ reason }: Standing): boolean {
    return reason === held;
}

async function standingOf(cron: DataImportCron, store: OpenStore, signal: AbortSignal): Promise<Standing> {
    const { namespace = "default" } = cron.metadata;
    const known = { namespace, name: cron.spec.managedDataSource, current: wantedOf(cron)?.digest };
    const unknown = { ...known, outdated: false, upstream: undefined, bytes: undefined };
    const { source } = cron.spec.template.spec;
    if (pinIn(source) !== undefined) return { ...unknown, reason: held };
    try {
        if (source.upload !== undefined) return { ...unknown, reason: "a file that is sent by pulumi up is not asked" };
        const version = await askSource(cron, store, signal);
        const current = isWanted(cron, version, await importsOf(cron, store.cluster));
        return { ...known, outdated: !current, upstream: version.digest, bytes: version.bytes, reason: undefined };
    } catch (thrown) {
        if (signal.aborted) throw thrown;
        return { ...unknown, reason: toBootsourceError(thrown, `ask the source of ${nameOf(cron)}`).message };
    }
}

function jsonOf(store: string, sources: readonly Standing[]): string {
    const nullForUnknown = (_: string, value: unknown): unknown => (value === undefined ? null : value);
    return `${JSON.stringify({ store, sources }, nullForUnknown)}\n`;
}

function textOf(found: readonly Standing[]): string {
    if (found.length === 0) return "There are no reviewed or pinned boot sources.\n";
    const rows = found.map((one) => [
        labelOf(one),
        one.reason === undefined ? (one.outdated ? "outdated" : "current") : "not asked",
        one.current ?? "-",
        one.upstream ?? "-",
        one.bytes === undefined ? "-" : describeBytes(one.bytes),
    ]);
    const lines = tableOf([["NAME", "STATUS", "CURRENT", "UPSTREAM", "DOWNLOAD"], ...rows]);
    const notes = found.flatMap((one) => (one.reason === undefined ? [] : [`${labelOf(one)}: ${one.reason}`]));
    return [...lines, ...(notes.length === 0 ? [] : ["", ...notes]), ""].join("\n");
}

function labelOf({ namespace, name }: Standing): string {
    return namespace === "default" ? name : `${namespace}/${name}`;
}
