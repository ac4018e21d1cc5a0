// Whether a connection brings enough: judged by the time that is spent waiting for it, and not by who takes what it brings.
import type { Bytes } from "../contract.js";

/** Bytes to be behind by that prove nothing: a connection needs a moment to get going. */
const most = 8 * 1024 * 1024;

/** Watches one stream. */
export class Pace {
    readonly #enough: number;
    #bytes = 0;
    #seconds = 0;

    /** `enough` is in bytes a second. */
    constructor(enough: number) {
        this.#enough = enough;
    }

    /** The stream, watched. */
    async *over(bytes: Bytes): Bytes {
        const iterator = bytes[Symbol.asyncIterator]();
        try {
            for (;;) {
                const begun = performance.now();
                const next = await iterator.next();
                if (next.done === true) return;
                this.#seconds += (performance.now() - begun) / 1000;
                this.#bytes += next.value.length;
                yield next.value;
            }
        } finally {
            await iterator.return?.();
        }
    }

    /** It is behind by more than can be chance. */
    get isSlow(): boolean {
        return this.#bytes < this.#seconds * this.#enough - most;
    }
}
