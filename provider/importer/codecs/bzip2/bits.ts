// A stream as bits, the highest of each byte first, so much of it at hand that a block can be read without waiting.
import type { Bytes } from "../../contract.js";
import { PastEnd } from "./malformed.js";

/** So many bits, 48 at most, as a number. */
export function readBits(bytes: Uint8Array, firstBit: number, count: number): number {
    const end = firstBit + count;
    let value = 0n;
    for (let at = firstBit >>> 3; at < Math.ceil(end / 8); at += 1) value = (value << 8n) | BigInt(bytes[at] ?? 0);
    return Number((value >> BigInt((8 - (end % 8)) % 8)) & ((1n << BigInt(count)) - 1n));
}

/** Reads bits. What was passed is dropped when more is filled in. */
export class BitReader {
    readonly #input: AsyncIterator<Uint8Array>;
    #bytes: Uint8Array = new Uint8Array(0);
    #filled = 0;
    #bit: number;
    #isOver = false;

    /** Begins at a bit of the first byte. */
    constructor(input: Bytes, firstBit: number) {
        this.#input = input[Symbol.asyncIterator]();
        this.#bit = firstBit;
    }

    /** What is at hand, from the byte of the next bit on. */
    get bytes(): Uint8Array {
        return this.#bytes.subarray(this.#bit >>> 3, this.#filled);
    }

    /** The next bit, in that byte. */
    get firstBit(): number {
        return this.#bit & 7;
    }

    /** Waits until so many bytes are at hand, or the stream has ended. */
    async fill(wanted: number): Promise<void> {
        while (this.bytes.length < wanted && !this.#isOver) {
            const next = await this.#input.next();
            if (next.done === true) this.#isOver = true;
            else this.#append(next.value, wanted);
        }
    }

    read(count: number): number {
        const value = readBits(this.#bytes, this.#bit, count);
        this.skip(count);
        return value;
    }

    skip(count: number): void {
        if (this.#bit + count > 8 * this.#filled) throw new PastEnd();
        this.#bit += count;
    }

    /** Goes on at the next byte. */
    align(): void {
        this.#bit = 8 * Math.ceil(this.#bit / 8);
    }

    #append(chunk: Uint8Array, wanted: number): void {
        if (this.#filled + chunk.length > this.#bytes.length) {
            const left = this.bytes;
            const needed = left.length + chunk.length;
            // Half of it at least is free then: nothing is moved for a few bytes.
            const target = needed * 2 > this.#bytes.length ? new Uint8Array(2 * Math.max(needed, wanted)) : this.#bytes;
            target.set(left);
            this.#bit = this.firstBit;
            this.#filled = left.length;
            this.#bytes = target;
        }
        this.#bytes.set(chunk, this.#filled);
        this.#filled += chunk.length;
    }
}
