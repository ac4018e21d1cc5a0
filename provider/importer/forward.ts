// Random access over a stream that only goes forward: a beginning of it is kept, what lies further is read by going on, and
// what was passed by starting again. Small images and early tables cost one pass, late tables two; nothing is stored. Whoever
// follows the stream gets every byte that is let go, and spares the second pass where that was enough.
import { BootsourceError } from "../model/errors.js";
import type { Bytes, RandomAccess } from "./contract.js";
import { giveBack, LentCopies } from "./lent.js";

/** Bytes of the beginning that are kept, and of what was read last that are held back from a follower. */
const keptBytes = 8 * 1024 * 1024;

/** Random access over passes that each begin at the first byte. */
export class Forward implements RandomAccess {
    readonly name: string;
    readonly seeks = false;
    readonly #begin: () => Promise<Bytes>;
    #pass: AsyncIterator<Uint8Array>;
    readonly #copies = new LentCopies();
    #kept: Uint8Array[] = [];
    #keptLength = 0;
    /** The chunk that was taken last, and where it begins; the pass goes on behind it. */
    #current: Uint8Array = new Uint8Array(0);
    #currentStart = 0;
    #queue: Promise<unknown> = Promise.resolve();
    #follower: ((chunk: Uint8Array) => Promise<void>) | undefined;
    /** What the follower has not had yet, up to the place that was reached. */
    #held: Uint8Array[] = [];
    #heldLength = 0;
    /** Chunks that the follower has had. */
    #letGo = 0;
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

    /**
     * From here on somebody takes what is let go, from the first byte on, as long as there is one pass alone. The last bytes are
     * held back: qemu-img puts a compressed cluster into what is left of the cluster before the table that names it.
     */
    follow(follower: (chunk: Uint8Array) => Promise<void>): void {
        if (this.#position > this.#keptLength) return;
        this.#follower = follower;
        this.#held = [...this.#kept];
        this.#heldLength = this.#keptLength;
    }

    /** The bytes that the follower has not had, once; undefined where it has had none, or not all before them. */
    rest(): Bytes | undefined {
        return this.#letGo > 0 ? this.#onward(this.#held.splice(0)) : undefined;
    }

    /** All bytes, once, from the first; a pass is begun again only where something was passed and not kept. */
    async *bytes(): Bytes {
        if (this.#position > this.#keptLength) await this.#restart();
        yield* this.#onward(this.#kept.splice(0));
    }

    /** Ends the pass under way, which must not be waiting for its source any more. */
    async close(): Promise<void> {
        await this.#pass.return?.();
    }

    async *#onward(before: Uint8Array[]): Bytes {
        for (const chunk of before) yield chunk;
        for (let next = await this.#pass.next(); next.done !== true; next = await this.#pass.next()) yield next.value;
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
        const passed = this.#current;
        const isLost = this.#position > this.#keptLength && this.#follower === undefined;
        this.#currentStart = this.#position;
        if (isLost) giveBack(passed);
        // A chunk is valid only until the next one is asked for.
        this.#current = this.#copies.copy(next.value);
        // Kept without a gap only: a chunk that no longer fits ends the beginning.
        if (this.#currentStart === this.#keptLength && this.#position <= keptBytes) {
            this.#kept.push(this.#current);
            this.#keptLength += this.#current.length;
        }
        if (this.#follower !== undefined) await this.#hold(this.#current, this.#follower);
        return true;
    }

    async #hold(chunk: Uint8Array, follower: (chunk: Uint8Array) => Promise<void>): Promise<void> {
        this.#held.push(chunk);
        this.#heldLength += chunk.length;
        // The last one is the present one, and may be read still.
        while (this.#heldLength > keptBytes && this.#held.length > 1) {
            const oldest = this.#held.shift() ?? new Uint8Array(0);
            this.#heldLength -= oldest.length;
            this.#letGo += 1;
            await follower(oldest);
            // The first ones are the beginning, which is kept.
            if (this.#letGo > this.#kept.length) giveBack(oldest);
        }
    }

    async #restart(): Promise<void> {
        this.#follower = undefined;
        this.#held = [];
        this.#letGo = 0;
        const passed = this.#pass;
        this.#pass = (await this.#begin())[Symbol.asyncIterator]();
        await passed.return?.();
        this.#kept = [];
        this.#keptLength = 0;
        this.#current = new Uint8Array(0);
        this.#currentStart = 0;
    }
}
