// Tells watchers that objects have changed: at once inside this process, by a file that writers touch across processes.
import { closeSync, fstatSync, futimesSync, openSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../model/clock.js";

/** How often a watcher looks by itself, where the file system tells nothing (some network file systems, containers). */
const pollMilliseconds = 500;

/** Who listens: to everything, or to what happens to one object. */
interface Listener {
    readonly object: string | undefined;
    readonly wake: () => void;
}

/** The bell of one store. */
export class Doorbell {
    readonly #path: string;
    readonly #clock: Clock;
    readonly #listeners = new Set<Listener>();
    #watcher: { close: () => void } | undefined;
    /** Times of the file as this process left it: its own ringing is no news to it. */
    #rungAt = Number.NaN;

    constructor(directory: string, clock: Clock) {
        this.#path = join(directory, "doorbell");
        this.#clock = clock;
    }

    /** Wakes those whom the object concerns (everybody without one), here and in other processes. */
    ring(object?: string): void {
        const file = openSync(this.#path, "a", 0o600);
        const now = this.#clock.now() / 1000;
        futimesSync(file, now, now);
        this.#rungAt = fstatSync(file).mtimeMs;
        closeSync(file);
        this.#wake(object);
    }

    /** Begins to listen: `heard` resolves at the next ring, after the poll interval at the latest, or when the signal is aborted. */
    listen(object?: string): { heard: (signal: AbortSignal) => Promise<void>; stop: () => void } {
        let rung = false;
        let wake: (() => void) | undefined;
        const listener: Listener = {
            object,
            wake: () => {
                rung = true;
                wake?.();
            },
        };
        this.#listeners.add(listener);
        this.#watcher ??= watchQuietly(this.#path, () => {
            if (mtimeOf(this.#path) !== this.#rungAt) this.#wake(undefined);
        });
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
                this.#listeners.delete(listener);
                if (this.#listeners.size > 0) return;
                this.#watcher?.close();
                this.#watcher = undefined;
            },
        };
    }

    #wake(object: string | undefined): void {
        for (const listener of [...this.#listeners]) {
            if (object === undefined || listener.object === undefined || listener.object === object) listener.wake();
        }
    }
}

function mtimeOf(path: string): number | undefined {
    return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
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
