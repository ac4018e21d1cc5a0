// Decodes the blocks of an xz file in threads: several at once, given back in their order, each while it is still being decoded.
import { join } from "node:path";
import { mostThreads, ThreadPool, type Work } from "../thread-pool.js";
import { Damaged } from "./lzma.js";

/** What a thread is sent: a block whose header says how long it is. */
export interface BlockJob {
    /**
     * At its end lie the block's data, without header and padding, and the check; from its beginning comes what is decoded. One
     * after another has the same memory: what is new for each is garbage of a size that no thread's collector sees.
     */
    readonly memory: SharedArrayBuffer;
    readonly packedSize: number;
    readonly dictionarySize: number;
    readonly checkId: number;
    /** Bytes that come out. */
    readonly size: number;
}

/** What a thread tells of its oldest job. */
export type BlockNews = { readonly filled: number; readonly done?: true } | { readonly damaged: string };

/** All blocks that are under way have so many bytes at most, packed and unpacked. */
const mostBytes = 96 * 1024 * 1024;

/** Smaller blocks are not worth the way to a thread and back. */
const leastBytes = 1024 * 1024;

/** Bytes of a chunk that is given on. */
const chunkBytes = 512 * 1024;

/** The threads of one file, and its blocks that are under way, oldest first. */
export class BlockThreads {
    readonly #threads = new ThreadPool<BlockNews>(join(__dirname, "block-thread.js"), "xz");
    readonly #pending: PendingBlock[] = [];
    readonly #idle: SharedArrayBuffer[] = [];
    #bytes = 0;

    /** Whether a block of this size is for threads at all. */
    static suits(packedSize: number, size: number): boolean {
        return mostThreads > 1 && size >= leastBytes && packedSize + size <= mostBytes / 2;
    }

    /** Whether a block has to wait until the oldest has been taken. */
    isFull(packedSize: number, size: number): boolean {
        return this.#pending.length >= mostThreads || this.#bytes + packedSize + size > mostBytes;
    }

    /** Memory for a block, and so much more that what comes out does not run into what is still to be read. */
    memory(packedBytes: number, size: number): SharedArrayBuffer {
        const wanted = Math.max(packedBytes, size) + Math.ceil(size / 256) + 128 * 1024;
        const idle = this.#idle.pop();
        return idle !== undefined && idle.byteLength >= wanted ? idle : new SharedArrayBuffer(wanted);
    }

    begin(job: BlockJob): void {
        const block = this.#threads.begin((send) => {
            send(job);
            return new PendingBlock(job);
        });
        this.#pending.push(block);
        this.#bytes += job.packedSize + job.size;
    }

    /** The bytes of the oldest block, as they come; none where there is no block. */
    async *oldest(): AsyncGenerator<Uint8Array> {
        const oldest = this.#pending[0];
        if (oldest === undefined) return;
        yield* oldest.take();
        this.#pending.shift();
        this.#bytes -= oldest.job.packedSize + oldest.job.size;
        this.#idle.push(oldest.job.memory);
    }

    async *all(): AsyncGenerator<Uint8Array> {
        while (this.#pending.length > 0) yield* this.oldest();
    }

    /** Ends the threads. */
    async close(): Promise<void> {
        await this.#threads.close();
    }
}

/** A block that is being decoded. */
class PendingBlock implements Work<BlockNews> {
    readonly job: BlockJob;
    #filled = 0;
    #isDone = false;
    #failure: Error | undefined;
    #wake: (() => void) | undefined;

    constructor(job: BlockJob) {
        this.job = job;
    }

    get isOver(): boolean {
        return this.#isDone || this.#failure !== undefined;
    }

    hear(news: BlockNews): void {
        if ("damaged" in news) {
            this.fail(new Damaged(news.damaged));
            return;
        }
        this.#filled = news.filled;
        this.#isDone = news.done === true;
        this.#wake?.();
    }

    fail(error: Error): void {
        this.#failure ??= error;
        this.#wake?.();
    }

    async *take(): AsyncGenerator<Uint8Array> {
        const { size, memory } = this.job;
        const output = new Uint8Array(memory, 0, size);
        for (let at = 0; at < size; at += chunkBytes) {
            const end = Math.min(size, at + chunkBytes);
            // The last one counts only when the check was found right.
            while ((this.#filled < end || (end === size && !this.#isDone)) && this.#failure === undefined) {
                await new Promise<void>((resolve) => (this.#wake = resolve));
            }
            if (this.#failure !== undefined) throw this.#failure;
            yield output.subarray(at, end);
        }
    }
}
