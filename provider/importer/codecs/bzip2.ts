// bzip2: streams of blocks, one after another, as bzip2(1) reads them; blocks are decoded side by side, every checksum is compared.
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import type { Bytes, Codec } from "../contract.js";
import { readBits } from "./bzip2/bits.js";
import { BlockDecoder, type BlockRead } from "./bzip2/block.js";
import { BlockThreads, type ThreadedBlock } from "./bzip2/block-threads.js";
import { decodeInTurn } from "./bzip2/in-turn.js";
import { Malformed, PastEnd } from "./bzip2/malformed.js";
import { Segments, type Segment } from "./bzip2/segments.js";
import { headBits, levelAt, magics, Sums } from "./bzip2/sums.js";
import { mostThreads } from "./thread-pool.js";

/** Smaller blocks are not worth the way to a thread: few bytes, or runs that become many at once. */
const leastPacked = 32 * 1024;

/** Bits of a stream's header. */
const streamBits = 32;

/** The bzip2 codec. */
export const bzip2: Codec = {
    name: "bz2",
    match: (head) => {
        const opens = readBits(head, 32, 48);
        return levelAt(head) !== undefined && (opens === magics.block || opens === magics.end);
    },
    decode: bunzip2,
};

async function* bunzip2(input: Bytes, name: string): Bytes {
    const file = new Bzip2File(input);
    try {
        yield* file.bytes();
    } catch (thrown) {
        throw explain(thrown, name);
    } finally {
        await file.close();
    }
}

/** A segment, and the thread's work on it where one has begun. */
interface Pending {
    readonly segment: Segment;
    readonly block: ThreadedBlock | undefined;
}

class Bzip2File {
    readonly #segments: Segments;
    readonly #threads = new BlockThreads();
    readonly #pending: Pending[] = [];
    readonly #sums = new Sums();
    #decoder: BlockDecoder | undefined;

    constructor(input: Bytes) {
        this.#segments = new Segments(input);
    }

    async *bytes(): Bytes {
        for (;;) {
            // The first block is given before others are looked for: whoever looks at the beginning needs no more.
            await this.#look(this.#sums.blocks > 0 ? mostThreads + 2 : 1);
            const oldest = this.#pending.shift();
            if (oldest === undefined) return;
            const { segment, block } = oldest;
            const read = segment.kind === "block" ? await this.#read(oldest) : undefined;
            if (read === "past end") {
                yield* this.#inTurn(segment);
                return;
            }
            if (read !== undefined) {
                this.#check(segment, read);
                yield* block === undefined ? this.#give(segment) : this.#threaded(segment, block);
            } else if (segment.kind === "start") this.#begin(segment, 0);
            else this.#end(segment);
            this.#segments.giveBack(segment);
        }
    }

    async close(): Promise<void> {
        await this.#threads.close();
        await this.#segments.close();
    }

    /** Has so many segments at hand, or all there are; blocks of them are begun. */
    async #look(count: number): Promise<void> {
        while (this.#pending.length < count) {
            const segment = await this.#segments.next();
            if (segment === undefined) return;
            const { kind, bytes, isOverlong } = segment;
            const isForThread =
                mostThreads > 1 && this.#sums.blocks > 0 && kind === "block" && bytes.length >= leastPacked;
            const block = isForThread && !isOverlong ? this.#threads.begin(segment) : undefined;
            this.#pending.push({ segment, block });
        }
    }

    /** Reads a block, or says that it goes on behind the segment: what cut it off was a magic by chance. */
    async #read({ segment, block }: Pending): Promise<BlockRead | "past end"> {
        const { bytes, firstBit, endBit, isLast, isOverlong } = segment;
        try {
            if (block !== undefined) return await block.read();
            return (this.#decoder ??= new BlockDecoder()).read(bytes, firstBit, endBit);
        } catch (thrown) {
            if (!(thrown instanceof PastEnd)) throw thrown;
            if (!isLast) return "past end";
            throw isOverlong ? new Malformed("a block has no end") : thrown;
        }
    }

    /** From a segment on, without looking for what comes later. */
    async *#inTurn(segment: Segment): Bytes {
        const rest = this.#segments.rest([segment, ...this.#pending.splice(0).map((one) => one.segment)]);
        const decoder = (this.#decoder ??= new BlockDecoder());
        yield* decodeInTurn(rest, segment.firstBit, decoder, this.#sums);
    }

    /** A block ends where something else begins, and holds no more than its stream's level allows. */
    #check({ endBit, isLast, isOverlong }: Segment, read: BlockRead): void {
        this.#sums.checkLength(read.length);
        if (read.endBit === endBit && !isLast) return;
        if (isLast && !isOverlong && endBit - read.endBit < headBits) throw new PastEnd();
        throw new Malformed("there is no block where one should begin");
    }

    *#give(segment: Segment): Generator<Uint8Array> {
        const decoder = (this.#decoder ??= new BlockDecoder());
        do {
            const chunk = decoder.write();
            if (!decoder.hasMore) this.#sums.endBlock(sumOf(segment), decoder.checksum);
            yield chunk;
        } while (decoder.hasMore);
    }

    async *#threaded(segment: Segment, block: ThreadedBlock): Bytes {
        for (;;) {
            const { chunk, sum } = await block.write();
            if (sum !== undefined) this.#sums.endBlock(sumOf(segment), sum);
            yield chunk;
            if (sum !== undefined) return;
            block.goOn();
        }
    }

    #end(segment: Segment): void {
        const { bytes, firstBit, endBit, isLast } = segment;
        if (endBit - firstBit < headBits)
            throw isLast ? new PastEnd() : new Malformed("there is no block where one should begin");
        this.#sums.endStream(sumOf(segment));
        const next = Math.ceil((firstBit + headBits) / 8);
        if (!isLast || next < bytes.length) this.#begin(segment, next);
    }

    /** The header of a stream, and nothing else, stands before its first block. */
    #begin({ bytes, endBit, isLast }: Segment, at: number): void {
        this.#sums.beginStream(bytes.subarray(at), isLast);
        const after = endBit - 8 * at - streamBits;
        if (isLast && after < headBits) throw new PastEnd();
        if (isLast || after !== 0) throw new Malformed("there is no block where one should begin");
    }
}

/** The checksum that stands behind a magic. */
function sumOf({ bytes, firstBit }: Segment): number {
    return readBits(bytes, firstBit + 48, 32);
}

/** An error of the input says itself what to do. */
function explain(thrown: unknown, name: string): unknown {
    if (isBootsourceError(thrown)) return thrown;
    if (thrown instanceof PastEnd) {
        return new BootsourceError(
            "truncated",
            `cannot decompress ${name}: its bzip2 compression is cut off; fetch or make it again`,
        );
    }
    if (!(thrown instanceof Malformed)) return thrown;
    return new BootsourceError(
        "corrupt-image",
        `cannot decompress ${name}: ${thrown.message} (bzip2); the image is damaged, fetch or make it again`,
    );
}
