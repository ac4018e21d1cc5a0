// Notices that a server has fallen silent while somebody waits for it.
import type { Clock } from "../../model/clock.js";
import { BootsourceError } from "../../model/errors.js";

/** Milliseconds of silence that end an attempt, where nobody says otherwise. */
export const defaultStall = 60_000;

/** Watches one attempt. Its signal is aborted when the attempt is over, cancelled or stalled. */
export class StallWatch {
    readonly #clock: Clock;
    readonly #controller = new AbortController();
    #waitingSince: number | undefined;
    #stalled: BootsourceError | undefined;
    /** Hand this to the connection. */
    readonly signal: AbortSignal;

    constructor(clock: Clock, milliseconds: number, name: string, outer: AbortSignal) {
        this.#clock = clock;
        this.signal = AbortSignal.any([outer, this.#controller.signal]);
        void this.#watch(milliseconds, name);
    }

    /** Waits for something that the server must deliver; the time that others take in between does not count. */
    async wait<T>(promise: Promise<T>): Promise<T> {
        this.#waitingSince = this.#clock.now();
        try {
            return await promise;
        } finally {
            this.#waitingSince = undefined;
        }
    }

    /** Why something failed: the stall, where that is what ended the connection. */
    reason(thrown: unknown): unknown {
        return this.#stalled ?? thrown;
    }

    /** The attempt is over: ends the watching, and the connection where it is still open. */
    end(): void {
        this.#controller.abort();
    }

    async #watch(milliseconds: number, name: string): Promise<void> {
        while (!this.signal.aborted) {
            const since = this.#waitingSince;
            const idle = since === undefined ? 0 : this.#clock.now() - since;
            if (idle >= milliseconds) {
                const seconds = Math.round(milliseconds / 1000);
                const why = `the server sent nothing for ${seconds} seconds; check the network`;
                this.#stalled = new BootsourceError("stalled", `cannot read ${name}: ${why}`);
                this.#controller.abort(this.#stalled);
                return;
            }
            await this.#clock.sleep(milliseconds - idle, this.signal);
        }
    }
}
