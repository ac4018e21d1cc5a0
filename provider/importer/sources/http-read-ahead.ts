// One part of an image that is read into memory before its turn: what arrived is kept, what failed is left to be read again.
import type { Bytes, Range } from "../contract.js";
import { giveBack, keep } from "../lent.js";

/** Reads one part as fast as it comes. A failure is no error here: `bytes` ends before the part does. */
export class ReadAhead {
    /** Parts that are being read in this process. */
    static underWay = 0;
    readonly #range: Range;
    readonly #chunks: Uint8Array[] = [];
    #given = 0;
    #over = false;
    #dropped = false;
    #wake: (() => void) | undefined;

    /** `open` may have nothing to give. */
    constructor(
        range: Range,
        signal: AbortSignal,
        open: (range: Range, signal: AbortSignal) => Promise<Bytes | undefined>,
    ) {
        this.#range = range;
        void this.#read(signal, open);
    }

    /** What arrives, until the part is whole or reading it has failed. */
    async *bytes(): Bytes {
        for (;;) {
            const chunk = this.#chunks.shift();
            if (chunk !== undefined) {
                this.#given += chunk.length;
                try {
                    yield chunk;
                } finally {
                    giveBack(chunk);
                }
            } else if (this.#over) {
                return;
            } else {
                await new Promise<void>((resolve) => (this.#wake = resolve));
            }
        }
    }

    /** Nobody takes what is left of it, and its memory is given back. */
    drop(): void {
        this.#dropped = true;
        for (const chunk of this.#chunks.splice(0)) giveBack(chunk);
    }

    /** Where the bytes given so far end. */
    get reached(): number {
        return this.#range.offset + this.#given;
    }

    /** Where the part begins. */
    get start(): number {
        return this.#range.offset;
    }

    /** Where the part ends. */
    get end(): number {
        return this.#range.offset + this.#range.length;
    }

    async #read(
        outer: AbortSignal,
        open: (range: Range, signal: AbortSignal) => Promise<Bytes | undefined>,
    ): Promise<void> {
        const ending = new AbortController();
        ReadAhead.underWay += 1;
        try {
            for await (const chunk of (await open(this.#range, AbortSignal.any([outer, ending.signal]))) ?? []) {
                if (this.#dropped) return;
                this.#chunks.push(keep(chunk));
                this.#wake?.();
            }
        } catch {
            // Whoever reads what is missing meets the same trouble, and has the patience to deal with it.
        } finally {
            // An answer that was not taken has a connection too.
            ending.abort();
            ReadAhead.underWay -= 1;
            this.#over = true;
            this.#wake?.();
        }
    }
}
