// Tells watchers that objects have changed: at once inside this process, by a file that writers touch across processes.
import { closeSync, futimesSync, openSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../model/clock.js";

/** How often a watcher looks by itself, where the file system tells nothing (some network file systems, containers). */
const pollMilliseconds = 500;

/** The bell of one store. */
export class Doorbell {
    readonly #path: string;
    readonly #clock: Clock;
    readonly #waiting = new Set<() => void>();

    constructor(directory: string, clock: Clock) {
        this.#path = join(directory, "doorbell");
        this.#clock = clock;
    }

    /** Wakes everybody who listens, here and in other processes. */
    ring(): void {
        for (const wake of [...this.#waiting]) wake();
        const file = openSync(this.#path, "a", 0o600);
        const now = this.#clock.now() / 1000;
        futimesSync(file, now, now);
        closeSync(file);
    }

    /** Begins to listen: `heard` resolves at the next ring, after the poll interval at the latest, or when the signal is aborted. */
    listen(): { heard: (signal: AbortSignal) => Promise<void>; stop: () => void } {
        let rung = false;
        let wake: (() => void) | undefined;
        const onRing = (): void => {
            rung = true;
            wake?.();
        };
        this.#waiting.add(onRing);
        const watcher = watchQuietly(this.#path, onRing);
        return {
            heard: async (signal) => {
                if (!rung) {
                    const woken = new AbortController();
                    wake = () => {
                        woken.abort();
                    };
                    await this.#clock.sleep(pollMilliseconds, AbortSignal.any([woken.signal, signal]));
                    wake = undefined;
                }
                rung = false;
            },
            stop: () => {
                this.#waiting.delete(onRing);
                watcher?.close();
            },
        };
    }
}

/** File watching is a convenience: where it cannot be had (no such file yet, no inotify left) polling goes on alone. */
function watchQuietly(path: string, onChange: () => void): { close: () => void } | undefined {
    try {
        const watcher = watch(path, { persistent: false }, onChange);
        watcher.on("error", () => {
            watcher.close();
        });
        return watcher;
    } catch {
        return undefined;
    }
}
