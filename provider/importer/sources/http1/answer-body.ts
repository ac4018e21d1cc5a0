// The body of an answer: what has arrived waits in lent memory until it is asked for, and holds the connection back where that is much.
import { giveBack, keep } from "../../lent.js";

/** Bytes that wait at most before the connection is told to wait itself. */
const enough = 2 * 1024 * 1024;

/** What a body needs of its connection. */
export interface BodyOwner {
    /** Wants more bytes again. */
    resume(): void;
    /** Nobody takes what is still to come. */
    leave(): void;
}

/** A body on its way: filled from one side, read once from the other. */
export class AnswerBody implements AsyncIterableIterator<Uint8Array> {
    readonly #owner: BodyOwner;
    #waiting: Uint8Array[] = [];
    #waitingBytes = 0;
    /** The chunk that was given last. */
    #given: Uint8Array | undefined;
    #over = false;
    #failure: Error | undefined;
    #wake: (() => void) | undefined;

    constructor(owner: BodyOwner) {
        this.#owner = owner;
    }

    /** Bytes have arrived; false where no more should for now. */
    push(part: Uint8Array): boolean {
        const last = this.#waiting.at(-1);
        const joins = last?.buffer === part.buffer && last.byteOffset + last.byteLength === part.byteOffset;
        if (joins) {
            const length = last.length + part.length;
            this.#waiting[this.#waiting.length - 1] = new Uint8Array(part.buffer, last.byteOffset, length);
        } else {
            this.#waiting.push(keep(part));
        }
        this.#waitingBytes += part.length;
        this.#wake?.();
        return this.#waitingBytes < enough;
    }

    /** The last byte has arrived. */
    end(): void {
        this.#over = true;
        this.#wake?.();
    }

    /** The rest will never arrive. What did is given first, but where nobody wants it any more. */
    fail(error: Error, unwanted = false): void {
        if (this.#over) return;
        this.#failure ??= error;
        if (unwanted) this.#drop();
        this.#wake?.();
    }

    async next(): Promise<IteratorResult<Uint8Array, undefined>> {
        this.#giveBackLast();
        for (;;) {
            const chunk = this.#waiting.shift();
            if (chunk !== undefined) {
                const isHeldBack = this.#waitingBytes >= enough;
                this.#waitingBytes -= chunk.length;
                if (isHeldBack && this.#waitingBytes < enough) this.#owner.resume();
                this.#given = chunk;
                return { done: false, value: chunk };
            }
            if (this.#failure !== undefined) throw this.#failure;
            if (this.#over) return { done: true, value: undefined };
            await new Promise<void>((resolve) => (this.#wake = resolve));
        }
    }

    return(): Promise<IteratorResult<Uint8Array, undefined>> {
        this.#giveBackLast();
        this.#drop();
        if (!this.#over) this.#owner.leave();
        this.#over = true;
        this.#wake?.();
        return Promise.resolve({ done: true, value: undefined });
    }

    /** Reads a short rest, for the sake of the connection; one that is longer is left. */
    async dump({ limit = 128 * 1024 }: { readonly limit?: number } = {}): Promise<void> {
        let passed = 0;
        try {
            for await (const chunk of this) {
                passed += chunk.length;
                if (passed > limit) break;
            }
        } catch {
            // Its connection is gone, and nothing else was at stake.
        }
    }

    [Symbol.asyncIterator](): this {
        return this;
    }

    #drop(): void {
        for (const chunk of this.#waiting.splice(0)) giveBack(chunk);
        this.#waitingBytes = 0;
    }

    #giveBackLast(): void {
        if (this.#given !== undefined) giveBack(this.#given);
        this.#given = undefined;
    }
}
