// npm run fuzz [-- --seed 1 --minutes 5 --rounds 1000 --only vmdk --keep DIRECTORY]: damages images until time is up; a find is an exit code of 1.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Fuzzer, type Find } from "./fuzzer.js";

const { values } = parseArgs({
    options: {
        seed: { type: "string", default: "1" },
        minutes: { type: "string", default: "5" },
        rounds: { type: "string" },
        only: { type: "string" },
        keep: { type: "string", default: "." },
    },
});

const tellEvery = 30_000;

async function main(): Promise<boolean> {
    const seed = Number(values.seed);
    const rounds = Number(values.rounds ?? Infinity);
    const until = performance.now() + Number(values.minutes) * 60_000;
    const directory = mkdtempSync(join(tmpdir(), "bootsource-fuzz-"));
    const fuzzer = new Fuzzer(directory, values.only);
    let finds = 0;
    let told = performance.now();
    try {
        for (let round = seed; round < seed + rounds && performance.now() < until; round += 1) {
            const find = await fuzzer.round(round);
            if (find !== undefined) {
                finds += 1;
                tell(find);
            }
            if (performance.now() - told < tellEvery) continue;
            told = performance.now();
            process.stdout.write(`${fuzzer.told()}\n`);
        }
    } finally {
        await fuzzer.close();
        rmSync(directory, { recursive: true, force: true });
    }
    process.stdout.write(`${fuzzer.told()}; ${finds} finds\n`);
    return finds === 0;
}

/** The image stays, and the number that makes it again. */
function tell({ round, subject, kind, detail, image }: Find): void {
    const path = join(values.keep, `find-${round}`);
    writeFileSync(path, image);
    process.stdout.write(
        `FOUND ${kind}: ${subject}: ${detail}\n  ${path}; --seed ${round} --rounds 1 makes it again\n`,
    );
}

void main().then(
    (good) => {
        process.exitCode = good ? 0 : 1;
    },
    (error: unknown) => {
        process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
        process.exitCode = 1;
    },
);
