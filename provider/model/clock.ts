// Time as an argument: whoever waits or measures takes a clock, so that tests move time instead of spending it.

/** A source of time. */
export interface Clock {
    /** Milliseconds since the epoch. */
    now(): number;
    /** Resolves after so many milliseconds, or as soon as the signal is aborted (never rejects). */
    sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers know no longer wait: 24 days. A longer one would end at once. */
const longest = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
    now: () => Date.now(),
    sleep: (milliseconds, signal) =>
        new Promise((resolve) => {
            if (signal?.aborted === true) {
                resolve();
                return;
            }
            const done = (): void => {
                clearTimeout(timer);
                signal?.removeEventListener("abort", done);
                resolve();
            };
            const timer = setTimeout(done, Math.min(milliseconds, longest));
            signal?.addEventListener("abort", done, { once: true });
        }),
};
