// A file of bzip2 cut where a block or the end of a stream seems to begin: both open with 48 bits, at any bit of a byte.
import type { Bytes } from "../../contract.js";
import { readBits } from "./bits.js";
import { inputBytes, outputBytes } from "./block.js";
import { magics } from "./sums.js";

/** What begins there: what comes before anything else is the start of the file. */
export type Kind = "start" | keyof typeof magics;

/** From one magic to the next. A magic may be a chance of the bits: whoever reads what is before it sees that. */
export interface Segment {
    readonly kind: Kind;
    /** Its first bit in its bytes. */
    readonly firstBit: number;
    /** The bit behind it, in its bytes. */
    readonly endBit: number;
    /** It is the last one of the file. */
    readonly isLast: boolean;
    /** No block is so long: what follows was not even looked at. */
    readonly isOverlong: boolean;
    /** Its bytes, and behind them room for a part of what they become. Given back when neither is needed any more. */
    readonly memory: SharedArrayBuffer;
    readonly bytes: Uint8Array;
}

/** For each byte, the places of bits at which it is the first, or the second, whole byte of a magic that began that far before. */
const [firsts, seconds] = [0, 1].map((index) => {
    const table = new Uint16Array(256);
    [magics.block, magics.end].map(BigInt).forEach((magic, which) => {
        for (let before = 1; before <= 8; before += 1) {
            const byte = Number((magic >> BigInt(48 - before - 8 * (index + 1))) & 255n);
            table[byte] = (table[byte] ?? 0) | (1 << (before - 1 + 8 * which));
        }
    });
    return table;
}) as [Uint16Array, Uint16Array];

/** Reads segment after segment. */
export class Segments {
    readonly #input: AsyncIterator<Uint8Array>;
    readonly #idle: SharedArrayBuffer[] = [];
    #memory = this.#lend();
    #bytes = new Uint8Array(this.#memory, 0, inputBytes);
    #filled = 0;
    /** Where a magic is looked for next: its first whole byte. */
    #at = 1;
    #kind: Kind = "start";
    #firstBit = 0;
    #chunk: Uint8Array = new Uint8Array(0);
    #isOver = false;

    constructor(input: Bytes) {
        this.#input = input[Symbol.asyncIterator]();
    }

    /** The next one; undefined behind the last. */
    async next(): Promise<Segment | undefined> {
        if (this.#isOver) return undefined;
        for (;;) {
            const found = this.#find();
            if (found !== undefined) return this.#cut(found.kind, found.bit);
            if (this.#filled === inputBytes) return this.#last(true);
            if (this.#chunk.length === 0) {
                const next = await this.#input.next();
                if (next.done === true) return this.#last(false);
                this.#chunk = next.value;
            }
            const part = this.#chunk.subarray(0, inputBytes - this.#filled);
            this.#bytes.set(part, this.#filled);
            this.#filled += part.length;
            this.#chunk = this.#chunk.subarray(part.length);
        }
    }

    giveBack({ memory }: Pick<Segment, "memory">): void {
        this.#idle.push(memory);
    }

    /** Everything from the first of these segments on, which are all there are: the first begins within the first byte. */
    async *rest(segments: readonly Segment[]): Bytes {
        // The last byte of each is the first one of the next.
        for (const { bytes, endBit, isLast } of segments) yield isLast ? bytes : bytes.subarray(0, endBit >>> 3);
        if (!this.#isOver) yield this.#bytes.subarray(0, this.#filled);
        yield this.#chunk;
        for (;;) {
            const next = await this.#input.next();
            if (next.done === true) return;
            yield next.value;
        }
    }

    async close(): Promise<void> {
        await this.#input.return?.();
    }

    #find(): { readonly kind: keyof typeof magics; readonly bit: number } | undefined {
        const bytes = this.#bytes;
        // Seven bytes hold a magic wherever it begins in the first of them.
        const end = this.#filled - 5;
        let at = this.#at;
        for (; at < end; at += 1) {
            const places = (firsts[bytes[at] ?? 0] ?? 0) & (seconds[bytes[at + 1] ?? 0] ?? 0);
            if (places === 0) continue;
            for (const bit of [8, 7, 6, 5, 4, 3, 2, 1].map((before) => 8 * at - before)) {
                const kind = bit > this.#firstBit ? kindAt(bytes, bit) : undefined;
                if (kind === undefined) continue;
                this.#at = at;
                return { kind, bit };
            }
        }
        this.#at = at;
        return undefined;
    }

    #cut(kind: Kind, bit: number): Segment {
        const cut = this.#segment(bit, false, false);
        const from = bit >>> 3;
        const rest = this.#bytes.subarray(from, this.#filled);
        this.#memory = this.#lend();
        this.#bytes = new Uint8Array(this.#memory, 0, inputBytes);
        this.#bytes.set(rest);
        this.#filled = rest.length;
        this.#kind = kind;
        this.#firstBit = bit & 7;
        this.#at = 1;
        return cut;
    }

    #last(isOverlong: boolean): Segment {
        this.#isOver = true;
        return this.#segment(8 * this.#filled, true, isOverlong);
    }

    #segment(endBit: number, isLast: boolean, isOverlong: boolean): Segment {
        const bytes = this.#bytes.subarray(0, Math.ceil(endBit / 8));
        const { kind, firstBit, memory } = { kind: this.#kind, firstBit: this.#firstBit, memory: this.#memory };
        return { kind, firstBit, endBit, isLast, isOverlong, memory, bytes };
    }

    #lend(): SharedArrayBuffer {
        return this.#idle.pop() ?? new SharedArrayBuffer(inputBytes + outputBytes);
    }
}

function kindAt(bytes: Uint8Array, bit: number): keyof typeof magics | undefined {
    const value = readBits(bytes, bit, 48);
    return value === magics.block ? "block" : value === magics.end ? "end" : undefined;
}
