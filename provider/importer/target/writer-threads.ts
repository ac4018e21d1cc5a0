// The threads that decode and write, shared by all disks of this process: twenty images at once need no more of them than one, and
// each takes as long to start as many clusters take to decode.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { fromPackedFailure, type PackedFailure } from "./write-pieces.js";

/** What a thread is sent: a file, where the bytes lie, and what to do with them. */
export interface Job {
    readonly fd: number;
    readonly keepZeros: boolean;
    readonly memory: SharedArrayBuffer;
    readonly offset: number;
    readonly length: number;
    readonly pieces: Float64Array<ArrayBuffer>;
}

/** What a thread answers, in the order of its jobs: the bytes that it wrote, and what went wrong. */
export interface Done {
    readonly written: number;
    readonly failure: PackedFailure | undefined;
}

const mostThreads = Math.min(availableParallelism(), 4);

const threads: WriterThread[] = [];
let users = 0;

/** From here on there are threads for somebody who leaves them again. */
export function enterThreads(): void {
    users += 1;
}

/** Nobody's jobs may be under way any more who leaves; the threads end with the last one. */
export async function leaveThreads(): Promise<void> {
    users -= 1;
    if (users === 0) await Promise.all(threads.splice(0).map((thread) => thread.end()));
}

/** The thread that has least to do; a new one, where all have something to do and there may be more. */
export function leastBusyThread(): WriterThread {
    let best: WriterThread | undefined;
    for (const thread of threads) {
        if (best === undefined || thread.jobs < best.jobs) best = thread;
    }
    if (best === undefined || (best.jobs > 0 && threads.length < mostThreads)) {
        best = new WriterThread();
        threads.push(best);
    }
    return best;
}

/** One thread. */
export class WriterThread {
    readonly #worker: Worker;
    readonly #waiting: { readonly resolve: (written: number) => void; readonly reject: (error: Error) => void }[] = [];
    /** False once it takes no jobs any more. */
    isAlive = true;

    constructor() {
        // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
        this.#worker = new Worker(join(__dirname, "writer-thread.js"), { execArgv: [] });
        this.#worker.on("message", ({ written, failure }: Done) => {
            const job = this.#waiting.shift();
            if (failure === undefined) job?.resolve(written);
            else job?.reject(fromPackedFailure(failure));
        });
        this.#worker.on("error", (error) => {
            this.#fail(error instanceof Error ? error : new Error(String(error)));
        });
        this.#worker.on("exit", () => {
            this.#fail(new Error("a writing thread ended before its work was done"));
        });
    }

    /** Jobs that it has not done yet. */
    get jobs(): number {
        return this.#waiting.length;
    }

    /** Resolves with the bytes that were written, holes left out. */
    run(job: Job): Promise<number> {
        return new Promise((resolve, reject) => {
            this.#waiting.push({ resolve, reject });
            this.#worker.postMessage(job, [job.pieces.buffer]);
        });
    }

    async end(): Promise<void> {
        this.isAlive = false;
        await this.#worker.terminate();
    }

    #fail(error: Error): void {
        this.isAlive = false;
        const at = threads.indexOf(this);
        if (at >= 0) threads.splice(at, 1);
        for (const { reject } of this.#waiting.splice(0)) reject(error);
    }
}
