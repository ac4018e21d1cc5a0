// Decodes blocks of bzip2 in threads: several at once, each told of as it comes.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
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

/** Threads that decode at once. */
export const mostThreads = Math.min(availableParallelism(), 4);

/** The threads of one file. */
export class BlockThreads {
    readonly #threads: BlockThread[] = [];

    begin(segment: Segment): ThreadedBlock {
        let thread = this.#threads.find(({ jobs }) => jobs === 0);
        if (thread === undefined && this.#threads.length < mostThreads)
            this.#threads.push((thread = new BlockThread()));
        thread ??= this.#threads.reduce((best, next) => (next.jobs < best.jobs ? next : best));
        return thread.run(segment);
    }

    /** Ends the threads. */
    async close(): Promise<void> {
        await Promise.all(this.#threads.map((thread) => thread.end()));
    }
}

class BlockThread {
    readonly #worker: Worker;
    readonly #blocks: ThreadedBlock[] = [];

    constructor() {
        // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
        this.#worker = new Worker(join(__dirname, "block-thread.js"), {
            execArgv: [],
            // Its bytes lie outside; what lies inside is small and short-lived.
            resourceLimits: { maxYoungGenerationSizeMb: 2 },
        });
        this.#worker.on("message", (news: BlockNews) => {
            this.#blocks[0]?.hear(news);
            if (this.#blocks[0]?.isOver === true) this.#blocks.shift();
        });
        this.#worker.on("error", (error) => {
            this.#fail(error instanceof Error ? error : new Error(String(error)));
        });
        this.#worker.on("exit", () => {
            this.#fail(new Error("a thread that decodes bzip2 ended before its work was done"));
        });
    }

    get jobs(): number {
        return this.#blocks.length;
    }

    run({ memory, bytes, firstBit, endBit }: Segment): ThreadedBlock {
        const block = new ThreadedBlock(memory, () => {
            this.#worker.postMessage("go on");
        });
        this.#blocks.push(block);
        this.#worker.postMessage({ memory, packedBytes: bytes.length, firstBit, endBit } satisfies BlockJob);
        return block;
    }

    async end(): Promise<void> {
        await this.#worker.terminate();
    }

    #fail(error: Error): void {
        for (const block of this.#blocks.splice(0)) block.fail(error);
    }
}

/** A block that a thread is decoding. */
export class ThreadedBlock {
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

    /** Its thread is through with it. */
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
