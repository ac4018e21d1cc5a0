// At most so many at once, in the order of asking: 500 sources that are due at the same tick do not fall upon a registry together.

/** Gives turns within one process. */
export class Turns {
    #free: number;
    readonly #waiting: (() => void)[] = [];

    constructor(count: number) {
        this.#free = count;
    }

    async within<T>(work: () => Promise<T>): Promise<T> {
        if (this.#free > 0) this.#free -= 1;
        else await new Promise<void>((resolve) => this.#waiting.push(resolve));
        try {
            return await work();
        } finally {
            // The turn is handed on, so that nobody who comes now goes first.
            const next = this.#waiting.shift();
            if (next === undefined) this.#free += 1;
            else next();
        }
    }
}
