// Random access over a stream that only goes forward: a beginning of it is kept, what lies further is read by going on, and
// what was passed by starting again. Small images and early tables cost one pass, late tables two; nothing is stored.
import { BootsourceError } from "../model/errors.js";
import type { Bytes, RandomAccess } from "./contract.js";

/** Bytes of the beginning that are kept. */
const keptBytes = 8 * 1024 * 1024;

/** Random access over passes that each begin at the first byte. */
export class Forward implements RandomAccess {
    readonly name: string;
    readonly #begin: () => Promise<Bytes>;
    #pass: AsyncIterator<Uint8Array>;
    #kept: Uint8Array[] = [];
    #keptLength = 0;
    /** The chunk that was taken last, and where it begins; the pass goes on behind it. */
    #current: Uint8Array = new Uint8Array(0);
    #currentStart = 0;
    #queue: Promise<unknown> = Promise.resolve();
    /** Bytes in all, where that is known beforehand or once the end was reached. */
    size: number | undefined;

    /** `begin` starts a new pass; `first` is one that has begun, at its first byte. */
    constructor(name: string, first: Bytes, begin: () => Promise<Bytes>, size?: number) {
        this.name = name;
        this.size = size;
        this.#begin = begin;
        this.#pass = first[Symbol.asyncIterator]();
    }

    /** Reads one at a time: two at once would pull the stream in two directions. */
    read(offset: number, length: number): Promise<Uint8Array> {
        const reading = this.#queue.then(() => this.#read(offset, length));
        this.#queue = reading.catch(() => undefined);
        return reading;
    }

    /** All bytes, once, from the first; a pass is begun again only where something was passed and not kept. */
    async *bytes(): Bytes {
        if (this.#position > this.#keptLength) await this.#restart();
        for (const chunk of this.#kept.splice(0)) yield chunk;
        for (let next = await this.#pass.next(); next.done !== true; next = await this.#pass.next()) yield next.value;
    }

    /** Ends the pass under way, which must not be waiting for its source any more. */
    async close(): Promise<void> {
        await this.#pass.return?.();
    }

    get #position(): number {
        return this.#currentStart + this.#current.length;
    }

    async #read(offset: number, length: number): Promise<Uint8Array> {
        if (length > 64 * 1024 * 1024) {
            throw new BootsourceError(
                "limit-exceeded",
                `cannot read ${this.name}: ${length} bytes at once are too many`,
            );
        }
        const result = new Uint8Array(length);
        let filled = this.#copyKept(offset, result);
        if (filled < length && offset + filled < this.#currentStart) await this.#restart();
        while (filled < length) {
            const at = offset + filled;
            if (at < this.#position && at >= this.#currentStart) {
                const part = this.#current.subarray(at - this.#currentStart, at - this.#currentStart + length - filled);
                result.set(part, filled);
                filled += part.length;
            } else if (!(await this.#advance())) {
                break;
            }
        }
        return result.subarray(0, filled);
    }

    #copyKept(offset: number, result: Uint8Array): number {
        let filled = 0;
        let start = 0;
        for (const chunk of this.#kept) {
            const at = offset + filled - start;
            if (at >= 0 && at < chunk.length && filled < result.length) {
                const part = chunk.subarray(at, at + result.length - filled);
                result.set(part, filled);
                filled += part.length;
            }
            start += chunk.length;
        }
        return filled;
    }

    async #advance(): Promise<boolean> {
        const next = await this.#pass.next();
        if (next.done === true) {
            this.size = this.#position;
            return false;
        }
        this.#currentStart = this.#position;
        this.#current = next.value;
        // Kept without a gap only: a chunk that no longer fits ends the beginning.
        if (this.#currentStart === this.#keptLength && this.#keptLength + next.value.length <= keptBytes) {
            // Copied, because a chunk is valid only until the next one is asked for.
            this.#kept.push(new Uint8Array(next.value));
            this.#keptLength += next.value.length;
        }
        return true;
    }

    async #restart(): Promise<void> {
        const passed = this.#pass;
        this.#pass = (await this.#begin())[Symbol.asyncIterator]();
        await passed.return?.();
        this.#kept = [];
        this.#keptLength = 0;
        this.#current = new Uint8Array(0);
        this.#currentStart = 0;
    }
}
