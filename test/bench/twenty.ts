// Twenty images into one store, at once or one after the other: the process that the benchmark measures.
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startRun } from "../lifecycle/engine.js";

const [url = "", scratch = ".", how = "at-once"] = process.argv.slice(2);

async function main(): Promise<void> {
    const store = mkdtempSync(join(scratch, "store-"));
    const run = startRun(store);
    const names = Array.from({ length: 20 }, (_, index) => `image-${index}`);
    const bring = async (name: string): Promise<void> => {
        const { state } = await run.up({ source: { http: { url } } }, undefined, name);
        if (state["phase"] !== "Succeeded") throw new Error(`${name} is ${String(state["phase"])}`);
    };
    if (how === "at-once") await Promise.all(names.map(bring));
    else for (const name of names) await bring(name);
    await run.close();
    rmSync(store, { recursive: true, force: true });
}

void main().then(
    () => process.exit(0),
    (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
    },
);
