// Decodes blocks of bzip2 in threads: several at once, each told of as it comes.
import { join } from "node:path";
import { ThreadPool, type Work } from "../thread-pool.js";
import { inputBytes, type BlockRead } from "./block.js";
import { Malformed, PastEnd } from "./malformed.js";
import type { Segment } from "./segments.js";

/** What a thread is sent: the memory of a segment. */
export interface BlockJob {
    readonly memory: SharedArrayBuffer;
    readonly packedBytes: number;
    readonly firstBit: number;
    readonly endBit: number;
}

/** What a thread tells of its oldest block: first how it was read, then what has come out; with its sum, where that is all. */
export type BlockNews =
    BlockRead | { readonly filled: number; readonly sum?: number } | { readonly malformed: string } | "past end";

/** The threads of one file. */
export class BlockThreads {
    readonly #threads = new ThreadPool<BlockNews>(join(__dirname, "block-thread.js"), "bzip2");

    begin({ memory, bytes, firstBit, endBit }: Segment): ThreadedBlock {
        return this.#threads.begin((send) => {
            send({ memory, packedBytes: bytes.length, firstBit, endBit } satisfies BlockJob);
            return new ThreadedBlock(memory, () => {
                send("go on");
            });
        });
    }

    /** Ends the threads. */
    async close(): Promise<void> {
        await this.#threads.close();
    }
}

/** A block that a thread is decoding. */
export class ThreadedBlock implements Work<BlockNews> {
    readonly #memory: SharedArrayBuffer;
    readonly #goOn: () => void;
    #read: BlockRead | undefined;
    #filled: number | undefined;
    #sum: number | undefined;
    #failure: Error | undefined;
    #wake: (() => void) | undefined;

    constructor(memory: SharedArrayBuffer, goOn: () => void) {
        this.#memory = memory;
        this.#goOn = goOn;
    }

    get isOver(): boolean {
        return this.#sum !== undefined || this.#failure !== undefined;
    }

    hear(news: BlockNews): void {
        if (news === "past end") this.#failure = new PastEnd();
        else if ("malformed" in news) this.#failure = new Malformed(news.malformed);
        else if ("endBit" in news) this.#read = news;
        else {
            this.#filled = news.filled;
            this.#sum = news.sum;
        }
        this.#wake?.();
    }

    fail(error: Error): void {
        this.#failure ??= error;
        this.#wake?.();
    }

    async read(): Promise<BlockRead> {
        return this.#until(() => this.#read);
    }

    /** The next bytes, good until the next call; with the sum of all, where these are the last. */
    async write(): Promise<{ readonly chunk: Uint8Array; readonly sum: number | undefined }> {
        const filled = await this.#until(() => this.#filled);
        return { chunk: new Uint8Array(this.#memory, inputBytes, filled), sum: this.#sum };
    }

    /** What `write` gave is not needed any more: the thread may go on. */
    goOn(): void {
        this.#filled = undefined;
        this.#goOn();
    }

    async #until<T>(value: () => T | undefined): Promise<T> {
        for (;;) {
            const found = value();
            if (found !== undefined) return found;
            if (this.#failure !== undefined) throw this.#failure;
            await new Promise<void>((resolve) => (this.#wake = resolve));
        }
    }
}
