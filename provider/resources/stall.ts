// Patience that counts time without progress: as long as something moves, nobody is hurried.
import { BootsourceError } from "../model/errors.js";
import type { World } from "./contract.js";

/** Seconds without any progress after which an update gives up, where the arguments name none. */
export const defaultTimeoutSeconds = 600;

/** Counts from the last movement; its signal is aborted with `timeout` when nothing has moved for too long. */
export interface StallTimer {
    readonly signal: AbortSignal;
    /** Tells what the thing looks like now, and what it waits for; only another look than before is a movement. */
    saw(look: unknown, waitsFor?: string): void;
    /** While it waits for its turn nothing can move, and no time is counted. */
    pause(paused: boolean): void;
    stop(): void;
}

/** A timer for one piece of work: "cannot <doing>: no progress for 600 s". */
export function startStallTimer(doing: string, seconds: number, world: World): StallTimer {
    const stalled = new AbortController();
    const over = new AbortController();
    let last: string | undefined;
    let reason: string | undefined;
    let moved = world.clock.now();
    let paused = false;
    const run = async (): Promise<void> => {
        while (!over.signal.aborted) {
            if (paused) moved = world.clock.now();
            const left = moved + seconds * 1000 - world.clock.now();
            if (left > 0) {
                await world.clock.sleep(left, over.signal);
                continue;
            }
            const what = reason === undefined ? "" : ` (${reason})`;
            stalled.abort(
                new BootsourceError(
                    "timeout",
                    `cannot ${doing}: no progress for ${seconds} s${what}; run the update again, or give it more time with ` +
                        "timeoutSeconds",
                ),
            );
            return;
        }
    };
    void run();
    return {
        signal: AbortSignal.any([world.signal, stalled.signal]),
        saw: (look, waitsFor) => {
            const now = JSON.stringify(look);
            // Between two attempts there is no reason to see, and still it is the one of the last.
            reason = waitsFor ?? (now === last ? reason : undefined);
            if (now !== last) moved = world.clock.now();
            last = now;
        },
        pause: (now) => {
            if (paused && !now) moved = world.clock.now();
            paused = now;
        },
        stop: () => {
            over.abort();
        },
    };
}
