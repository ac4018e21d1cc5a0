// Takes a stream apart: so many bytes at once, whatever comes next, or nothing of what is skipped; without copies where it can.
import type { Bytes } from "./contract.js";

/** Bytes to be taken apart: a stream, or parts of a file that are read where they lie. */
export interface ByteInput {
    /** Bytes taken and skipped so far. */
    readonly position: number;
    /** So many bytes, fewer only at the end; good until the next call. */
    take(length: number): Promise<Uint8Array>;
    /** What comes next, so many bytes at most; none only at the end. Good until the next call. */
    some(atMost: number): Promise<Uint8Array>;
    /** Passes over so many bytes, or all that are left; returns how many there were. */
    skip(length: number): Promise<number>;
    close(): Promise<void>;
}

/** A stream as an input. */
export class ByteReader implements ByteInput {
    readonly #iterator: AsyncIterator<Uint8Array>;
    #chunk: Uint8Array = new Uint8Array(0);
    #at = 0;
    position = 0;

    constructor(bytes: Bytes) {
        this.#iterator = bytes[Symbol.asyncIterator]();
    }

    async take(length: number): Promise<Uint8Array> {
        if (this.#chunk.length - this.#at >= length) return this.#pass(length);
        const taken = new Uint8Array(length);
        let filled = 0;
        while (filled < length) {
            const part = await this.some(length - filled);
            if (part.length === 0) break;
            taken.set(part, filled);
            filled += part.length;
        }
        return taken.subarray(0, filled);
    }

    async some(atMost: number): Promise<Uint8Array> {
        while (this.#at >= this.#chunk.length) {
            const next = await this.#iterator.next();
            if (next.done === true) return new Uint8Array(0);
            this.#chunk = next.value;
            this.#at = 0;
        }
        return this.#pass(Math.min(atMost, this.#chunk.length - this.#at));
    }

    async skip(length: number): Promise<number> {
        let skipped = 0;
        while (skipped < length) {
            const part = await this.some(length - skipped);
            if (part.length === 0) break;
            skipped += part.length;
        }
        return skipped;
    }

    async close(): Promise<void> {
        await this.#iterator.return?.();
    }

    #pass(length: number): Uint8Array {
        const part = this.#chunk.subarray(this.#at, this.#at + length);
        this.#at += length;
        this.position += length;
        return part;
    }
}
