// What previews have shown, kept outside the project for an hour: preview and update are two processes, hours may lie between.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../model/clock.js";
import type { Shown } from "../resources/contract.js";

/** What was shown longer ago nobody means any more: the update asks anew. */
const hour = 3_600_000;

/** The memory of one run: notes of earlier processes are read once, and count for all of this run. */
export class ShownDigests implements Shown {
    readonly #clock: Clock;
    readonly #directory: string;
    readonly #recalled = new Map<string, string | undefined>();

    constructor(clock: Clock, directory = join(cacheHome(), "pulumi-bootsource", "shown")) {
        this.#clock = clock;
        this.#directory = directory;
    }

    /** A directory that cannot be written is no reason to fail a preview: the update then asks anew. */
    remember(key: string, digest: string): void {
        const path = this.#pathOf(key);
        try {
            mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
            const staged = `${path}.${process.pid}`;
            writeFileSync(staged, JSON.stringify({ digest, at: this.#clock.now() }), { mode: 0o600 });
            renameSync(staged, path);
        } catch {
            return;
        }
    }

    recall(key: string): string | undefined {
        if (!this.#recalled.has(key)) this.#recalled.set(key, this.#take(key));
        return this.#recalled.get(key);
    }

    #take(key: string): string | undefined {
        const path = this.#pathOf(key);
        try {
            const noted: unknown = JSON.parse(readFileSync(path, "utf8"));
            rmSync(path, { force: true });
            const { digest, at } = noted as { digest?: unknown; at?: unknown };
            const age = this.#clock.now() - Number(at);
            return typeof digest === "string" && age >= 0 && age < hour ? digest : undefined;
        } catch {
            return undefined;
        }
    }

    #pathOf(key: string): string {
        return join(this.#directory, `${createHash("sha256").update(key).digest("hex").slice(0, 32)}.json`);
    }
}

function cacheHome(): string {
    return process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache");
}
