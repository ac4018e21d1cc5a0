// When to try again, and when to stop: more and more slowly, and only so often without a byte of progress.
import type { Clock } from "../../model/clock.js";
import { BootsourceError, throwIfCancelled } from "../../model/errors.js";

const firstWait = 500;
const longestWait = 30_000;
/** A server that asks for more than this is not passing trouble. */
const longestAsked = 300;

/** Tries without a byte of progress, where nobody says otherwise. */
export const defaultAttempts = 6;

/** Counts the failures of one transfer. */
export class Patience {
    readonly #clock: Clock;
    readonly #attempts: number;
    #failures = 0;

    constructor(clock: Clock, attempts: number) {
        this.#clock = clock;
        this.#attempts = attempts;
    }

    /** Bytes arrived: what failed before is forgiven. */
    progress(): void {
        this.#failures = 0;
    }

    /** Waits before the next attempt; throws the error where there should be none. Cancelling ends the wait. */
    async after(error: BootsourceError, signal: AbortSignal, name: string): Promise<void> {
        throwIfCancelled(signal, `read ${name}`);
        this.#failures += 1;
        // A changed source is for the caller to read anew: what was taken so far is worth nothing.
        if (error.terminal || error.code === "source-changed") throw error;
        if (this.#failures >= this.#attempts) throw this.#final(error);
        const asked = error.facts["retryAfterSeconds"];
        if (typeof asked === "number" && asked > longestAsked) throw error;
        const wait = Math.min(longestWait, firstWait * 2 ** (this.#failures - 1));
        // Spread, so that many readers of one server do not come back together.
        const spread = wait * (0.5 + Math.random() / 2);
        await this.#clock.sleep(typeof asked === "number" ? asked * 1000 : spread, signal);
        throwIfCancelled(signal, `read ${name}`);
    }

    #final(error: BootsourceError): BootsourceError {
        if (this.#failures === 1) return error;
        return new BootsourceError(error.code, `${error.message} (gave up after ${this.#failures} attempts)`, {
            cause: error,
            facts: { ...error.facts, attempts: this.#failures },
        });
    }
}
