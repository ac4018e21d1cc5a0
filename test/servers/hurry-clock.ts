// A clock for tests: short waits are over at once and are written down, long ones last until the test lets time pass.
import type { Clock } from "../../provider/model/clock.js";

/** Milliseconds from which a wait is a long one: the stall timeout is, a pause before another attempt is not. */
const long = 45_000;

/** Time as the test wants it. */
export class HurryClock implements Clock {
    #now = 1_700_000_000_000;
    #sleepers: { readonly until: number; readonly wake: () => void }[] = [];
    /** The short waits so far, in milliseconds. */
    readonly waits: number[] = [];

    now(): number {
        return this.#now;
    }

    sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
        if (signal?.aborted === true) return Promise.resolve();
        if (milliseconds < long) {
            this.waits.push(milliseconds);
            this.#now += milliseconds;
            // By way of the event loop, so that a loop of short waits lets everything else happen.
            return new Promise((resolve) => setImmediate(resolve));
        }
        return new Promise((resolve) => {
            const sleeper = { until: this.#now + milliseconds, wake: resolve };
            this.#sleepers.push(sleeper);
            signal?.addEventListener("abort", () => {
                this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
                resolve();
            });
        });
    }

    /** Lets time pass: whoever waited for less than that wakes. */
    pass(milliseconds: number): void {
        this.#now += milliseconds;
        const due = this.#sleepers.filter((sleeper) => sleeper.until <= this.#now);
        this.#sleepers = this.#sleepers.filter((sleeper) => !due.includes(sleeper));
        for (const sleeper of due) sleeper.wake();
    }
}
