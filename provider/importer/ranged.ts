// Reads anywhere in a source that can give parts of itself. What was read is remembered by its hash, to be compared with
// the bytes of the stream that is imported.
import { BootsourceError } from "../model/errors.js";
import type { Identity, RandomAccess, Source } from "./contract.js";
import { sameIdentity } from "./same-identity.js";
import { seenRange, type Seen } from "./served.js";

const blockBytes = 64 * 1024;
/** Where reads follow one another, so many blocks are asked for at once. */
const maxBlocksAhead = 16;
const cachedBlocks = 256;

/** Random access by ranges, in blocks that are kept for a while. */
export class Ranged implements RandomAccess {
    readonly name: string;
    readonly size: number;
    readonly seeks = true;
    readonly #source: Source;
    readonly #identity: Identity;
    readonly #signal: AbortSignal;
    readonly #blocks = new Map<number, Promise<Uint8Array>>();
    readonly #seen: Seen[] = [];
    #nextBlock = -1;
    #ahead = 1;
    /** False once the source turned out to give the whole image whatever part is asked for. */
    ranges = true;

    constructor(source: Source, identity: Identity & { readonly size: number }, signal: AbortSignal) {
        this.name = source.name;
        this.size = identity.size;
        this.#source = source;
        this.#identity = identity;
        this.#signal = signal;
    }

    /** The ranges read so far, each time that they were read. */
    get seen(): readonly Seen[] {
        return this.#seen;
    }

    async read(offset: number, length: number): Promise<Uint8Array> {
        const end = Math.min(offset + length, this.size);
        if (end <= offset) return new Uint8Array(0);
        const first = Math.floor(offset / blockBytes);
        const last = Math.floor((end - 1) / blockBytes);
        // Asked for together, so that one request serves neighbours; concurrent readers share what is under way.
        const wanted: Promise<Uint8Array>[] = [];
        for (let block = first; block <= last; block += 1) wanted.push(this.#block(block, last));
        const blocks = await Promise.all(wanted);
        const bytes = new Uint8Array(end - offset);
        blocks.forEach((content, index) => {
            const start = (first + index) * blockBytes;
            const from = Math.max(offset, start);
            const to = Math.min(end, start + content.length);
            if (to > from) bytes.set(content.subarray(from - start, to - start), from - offset);
        });
        return bytes;
    }

    #block(block: number, last: number): Promise<Uint8Array> {
        const cached = this.#blocks.get(block);
        if (cached !== undefined) return cached;
        this.#ahead = block === this.#nextBlock ? Math.min(this.#ahead * 2, maxBlocksAhead) : 1;
        const limit = Math.min(block + Math.max(last - block + 1, this.#ahead), Math.ceil(this.size / blockBytes));
        let end = block + 1;
        while (end < limit && !this.#blocks.has(end)) end += 1;
        this.#nextBlock = end;
        const fetching = this.#fetch(block, end);
        for (let at = block; at < end; at += 1) {
            const part = fetching.then((bytes) =>
                bytes.subarray((at - block) * blockBytes, (at - block + 1) * blockBytes),
            );
            // Blocks read ahead have no reader yet who would hear of the failure.
            part.catch(() => undefined);
            this.#blocks.set(at, part);
        }
        // The oldest go first, but nothing that the present read is about to ask for.
        for (const old of this.#blocks.keys()) {
            if (this.#blocks.size <= cachedBlocks + maxBlocksAhead || old >= block) break;
            this.#blocks.delete(old);
        }
        return this.#blocks.get(block) ?? fetching;
    }

    async #fetch(first: number, end: number): Promise<Uint8Array> {
        const offset = first * blockBytes;
        const length = Math.min(end * blockBytes, this.size) - offset;
        const bytes = new Uint8Array(length);
        const filled = await this.#fill(offset, bytes);
        if (filled < length) {
            throw new BootsourceError(
                "truncated",
                `cannot read ${this.name}: it ended at byte ${offset + filled} of ${this.size}; fetch or make it again`,
            );
        }
        this.#seen.push(seenRange(offset, bytes));
        return bytes;
    }

    async #fill(offset: number, bytes: Uint8Array): Promise<number> {
        const ending = new AbortController();
        try {
            const range = { offset, length: bytes.length };
            const opened = await this.#source.open(range, AbortSignal.any([this.#signal, ending.signal]));
            sameIdentity(this.name, this.#identity, opened.identity);
            this.ranges &&= opened.identity.ranges;
            let filled = 0;
            for await (const chunk of opened.bytes) {
                bytes.set(chunk.subarray(0, bytes.length - filled), filled);
                filled = Math.min(bytes.length, filled + chunk.length);
            }
            return filled;
        } finally {
            // Where the answer was refused, its connection is still open.
            ending.abort();
        }
    }
}
