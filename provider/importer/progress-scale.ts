// How far an import is, on one scale from the first byte to the last although some bytes may be read twice: it never goes
// back, and it never stands still while bytes arrive.
import type { Progress } from "./contract.js";

/**
 * The scale is the size of the source. The last pass, which is written, goes through all that remains of the scale; a pass
 * that only looks for tables goes through half of what remains, because another may follow it. An image whose tables are
 * read by ranges, or come first, is thus told byte by byte. Where the size is not known, every byte read is counted.
 */
export class ProgressScale {
    #total: number | undefined;
    readonly #report: (progress: Progress) => void;
    #told = 0;
    /** Where the present stretch began, on the scale and in its pass. */
    #base = 0;
    #from = 0;
    #count = 0;
    #last = false;

    constructor(total: number | undefined, report: (progress: Progress) => void) {
        this.#total = total;
        this.#report = report;
    }

    /** The size of the source, where it is known only now; what was known before stays. */
    know(total: number): void {
        this.#total ??= total;
    }

    /** A pass begins, at the first byte. */
    begin(): void {
        this.#count = 0;
        this.#turn();
    }

    /** The tables are known: what is read from here on is written. */
    settle(): void {
        if (this.#last) return;
        this.#last = true;
        this.#turn();
    }

    /** So many bytes of the present pass were taken. */
    taken(count: number): void {
        this.#count = count;
        this.#told = Math.max(this.#told, this.#place());
        this.#report({ transferred: this.#told, total: this.#total });
    }

    /** All bytes were taken and found right. A small image may have been read to its end for its tables already. */
    end(): void {
        if (this.#total === undefined || this.#told === this.#total) return;
        this.#told = this.#total;
        this.#report({ transferred: this.#told, total: this.#total });
    }

    #turn(): void {
        this.#base = this.#told;
        this.#from = this.#count;
    }

    #place(): number {
        const taken = this.#count - this.#from;
        if (this.#total === undefined) return this.#base + taken;
        const ahead = this.#total - this.#from;
        if (ahead <= 0) return this.#base;
        const part = (this.#total - this.#base) * Math.min(1, taken / ahead);
        return this.#base + Math.floor(this.#last ? part : part / 2);
    }
}
