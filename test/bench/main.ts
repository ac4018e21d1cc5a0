// npm run bench [-- --rows raw,twenty --mebibytes 3072 --rounds 3]: both ways of each row in turn, medians, and their ratio.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bootSourceRows } from "./boot-source-rows.js";
import { formatRows } from "./format-rows.js";
import { measure, type Took } from "./measure.js";
import { measureRequests, requestsRow } from "./requests.js";
import { rows as importRows, type Prepared, type Row, type Way } from "./rows.js";

const { values } = parseArgs({
    options: { rows: { type: "string" }, mebibytes: { type: "string" }, rounds: { type: "string" } },
});

const rows = [...importRows, ...formatRows, ...bootSourceRows];

async function main(): Promise<boolean> {
    const wanted = values.rows?.split(",");
    const chosen = rows.filter(({ name }) => wanted?.some((part) => name.includes(part)) ?? true);
    const counts = wanted?.some((part) => requestsRow.includes(part)) ?? true;
    if (chosen.length === 0 && !counts) {
        const names = [...rows.map(({ name }) => name), requestsRow];
        throw new Error(`there is no such row; there are: ${names.join(", ")}`);
    }
    const mebibytes = Number(values.mebibytes ?? 3072);
    const rounds = Number(values.rounds ?? 3);
    process.stdout.write(`${availableParallelism()} cores, disks of ${mebibytes} MiB, ${rounds} rounds\n`);
    let good = true;
    for (const row of chosen) good = (await compare(row, mebibytes, rounds)) && good;
    if (counts) good = (await measureRequests()) && good;
    return good;
}

async function compare(row: Row, mebibytes: number, rounds: number): Promise<boolean> {
    const prepared = await row.prepare(mebibytes);
    const took: { ours: Took[]; theirs: Took[] } = { ours: [], theirs: [] };
    const floors = (prepared.floors ?? []).map((way) => ({ way, took: [] as Took[] }));
    try {
        for (let round = 0; round < rounds; round += 1) {
            took.ours.push(await run(prepared.ours, prepared));
            took.theirs.push(await run(prepared.theirs, prepared));
            for (const floor of floors) floor.took.push(await run(floor.way, prepared));
        }
    } finally {
        await prepared.close();
    }
    const [ours, theirs] = [median(took.ours), median(took.theirs)];
    const ratio = ours.seconds / theirs.seconds;
    const { memoryAtMost = Infinity } = row;
    const good = ratio <= row.atMost && ours.peakBytes <= memoryAtMost;
    const show = ({ seconds, user, system, peakBytes }: Took): string =>
        `${seconds.toFixed(2)} s (processors ${user.toFixed(2)} + ${system.toFixed(2)}), ${Math.ceil(peakBytes / 2 ** 20)} MiB`;
    const memory = memoryAtMost === Infinity ? "" : ` and ${memoryAtMost / 2 ** 20} MiB`;
    process.stdout.write(
        `${row.name} (${prepared.note}): ${prepared.ours.name} ${show(ours)}; ${prepared.theirs.name} ${show(theirs)}; ` +
            floors.map((one) => `${one.way.name} alone ${median(one.took).seconds.toFixed(2)} s; `).join("") +
            `ratio ${ratio.toFixed(2)}, at most ${row.atMost}${memory}: ${good ? "good" : "MISSED"}\n`,
    );
    return good;
}

/** One run in a directory of its own, whose result is compared byte for byte. */
async function run(
    { commandLine, makesNothing = false }: Way,
    { expected, compare: [program, ...flags] = ["cmp"] }: Prepared,
): Promise<Took> {
    const directory = mkdtempSync(join(process.env["BENCH_DIRECTORY"] ?? tmpdir(), "bootsource-bench-"));
    try {
        execFileSync("sync");
        const out = join(directory, "disk.img");
        const took = await measure(commandLine, { OUT: out, SCRATCH: directory });
        if (expected !== undefined && !makesNothing) execFileSync(program, [...flags, out, expected]);
        return took;
    } finally {
        rmSync(directory, { recursive: true, force: true });
    }
}

function median(all: readonly Took[]): Took {
    const middle = (of: (took: Took) => number): number => {
        const sorted = all.map(of).sort((left, right) => left - right);
        return sorted[sorted.length >> 1] ?? NaN;
    };
    return {
        seconds: middle(({ seconds }) => seconds),
        user: middle(({ user }) => user),
        system: middle(({ system }) => system),
        peakBytes: middle(({ peakBytes }) => peakBytes),
    };
}

void main().then(
    (good) => {
        process.exitCode = good ? 0 : 1;
    },
    (error: unknown) => {
        process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
    },
);
