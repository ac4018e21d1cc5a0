// One image over several connections at once, where one brings too little: each reads a part ahead, the parts come out in their order.
// A server that limits the rate of each connection is read several times as fast; a fast one is read by one, which costs least.
import type { Bytes, Identity, Opened, Range } from "../contract.js";
import { openBody, type Ask, type Transfer } from "./http-body.js";
import { Pace } from "./http-pace.js";
import { ReadAhead } from "./http-read-ahead.js";

/** How an image is read in parts. */
export interface Parallel {
    /** Parts under way at most, each in memory until its turn has come. */
    readonly connections: number;
    readonly partBytes: number;
    /** Bytes a second with which one connection is enough. */
    readonly enough: number;
}

/** Parts read ahead by all transfers of this process at most: many images at once are parallel enough. */
const mostAhead = 24;

/** One connection that is enough is asked for so many parts at once. */
const partsAlone = 16;

/**
 * Opens bytes of a server that was seen to give parts, with a strong ETag. It may not hold to that: where the first part is not
 * answered as such, all is read as one stream.
 */
export async function openParallel(transfer: Transfer, known: Identity, parallel: Parallel): Promise<Opened> {
    const offset = transfer.range?.offset ?? 0;
    const end = Math.min(known.size ?? 0, offset + (transfer.range?.length ?? Infinity));
    const ending = new AbortController();
    const signal = AbortSignal.any([transfer.signal, ending.signal]);
    const range = { offset, length: Math.min(parallel.partBytes, end - offset) };
    const { identity, part, bytes } = await openBody({ ...transfer, range, signal });
    if (part && identity.version !== undefined && identity.size === known.size) {
        const reading = new InOrder({ ...transfer, known: identity, signal }, end, parallel);
        return { identity, bytes: reading.bytes(bytes, range, ending) };
    }
    ending.abort();
    return openBody(transfer);
}

/** The bytes up to an end, in their order. */
class InOrder {
    readonly #transfer: Transfer;
    readonly #end: number;
    readonly #parallel: Parallel;
    /** A server that counts connections gets fewer, once it has said so. */
    #connections: number;
    #givesParts = true;
    readonly #parts: ReadAhead[] = [];
    /** Up to where parts were asked for, and up to where the bytes were given. */
    #next = 0;
    #reached = 0;

    constructor(transfer: Transfer, end: number, parallel: Parallel) {
        this.#transfer = transfer;
        this.#end = end;
        this.#parallel = parallel;
        this.#connections = parallel.connections;
    }

    async *bytes(first: Bytes, range: Range, ending: AbortController): Bytes {
        try {
            this.#next = range.offset + range.length;
            // What it brings tells whether more connections would bring more: they begin as soon as it does.
            const pace = new Pace(this.#parallel.enough);
            for await (const chunk of pace.over(first)) {
                if (pace.isSlow) this.#readAhead(1);
                yield chunk;
            }
            this.#reached = range.offset + range.length;
            // Slow for a moment is enough: what was asked for ahead has its turn first.
            if (this.#parts.length === 0 && !pace.isSlow) yield* this.#alone();
            yield* this.#together();
        } finally {
            ending.abort();
            for (const part of this.#parts) part.drop();
        }
    }

    /** One connection, as long as it is enough. */
    async *#alone(): Bytes {
        while (this.#next < this.#end && this.#givesParts) {
            const pace = new Pace(this.#parallel.enough);
            const range = this.#nextRange(partsAlone);
            this.#checkOrder(range.offset);
            const ending = new AbortController();
            const signal = AbortSignal.any([this.#transfer.signal, ending.signal]);
            try {
                const { part, bytes } = await openBody({ ...this.#transfer, range, signal });
                this.#givesParts = part;
                if (!part) return;
                for await (const chunk of pace.over(bytes)) {
                    this.#next += chunk.length;
                    this.#reached += chunk.length;
                    yield chunk;
                    if (pace.isSlow) return;
                }
            } finally {
                // An answer that was not taken has a connection too.
                ending.abort();
            }
        }
    }

    /** Several parts at once. */
    async *#together(): Bytes {
        for (;;) {
            this.#readAhead(0);
            const part = this.#parts[0];
            if (part === undefined) return;
            this.#checkOrder(part.start);
            yield* part.bytes();
            if (part.reached < part.end) {
                const length = (this.#givesParts ? part.end : this.#end) - part.reached;
                yield* (await openBody({ ...this.#transfer, range: { offset: part.reached, length } })).bytes;
                if (!this.#givesParts) return;
            }
            this.#parts.shift();
            this.#reached = part.end;
        }
    }

    /** A hash would not notice: it is computed of the bytes in the order in which they are given. */
    #checkOrder(offset: number): void {
        if (offset !== this.#reached) throw new Error(`the part at ${offset} came after that up to ${this.#reached}`);
    }

    /** Asks for more parts, beside so many other connections: the one whose turn it is always, others where there is room. */
    #readAhead(others: number): void {
        while (
            this.#next < this.#end &&
            ((this.#parts.length === 0 && others === 0) ||
                (this.#parts.length + others < this.#connections && ReadAhead.underWay < mostAhead))
        ) {
            const range = this.#nextRange(1);
            this.#parts.push(
                new ReadAhead(range, this.#transfer.signal, (wanted, signal) => this.#open(wanted, signal)),
            );
            this.#next += range.length;
        }
    }

    /** One attempt: what cannot be read ahead is read when its turn comes, with all the patience there is. */
    async #open(range: Range, signal: AbortSignal): Promise<Bytes | undefined> {
        const ask: Ask = async (...question) => {
            const answer = await this.#transfer.ask(...question);
            if (answer.status === 429 || answer.status === 503) this.#connections = Math.max(1, this.#connections - 1);
            return answer;
        };
        const { part, bytes } = await openBody({ ...this.#transfer, range, signal, ask }, 1);
        this.#givesParts &&= part;
        return part ? bytes : undefined;
    }

    #nextRange(parts: number): Range {
        return { offset: this.#next, length: Math.min(parts * this.#parallel.partBytes, this.#end - this.#next) };
    }
}
