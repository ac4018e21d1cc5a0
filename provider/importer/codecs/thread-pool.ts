// Threads that decode blocks of a file, several at once: each has a queue, and tells news of the oldest block in it.
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";

/** Threads that decode at once. */
export const mostThreads = Math.min(availableParallelism(), 4);

/** A block that a thread decodes. */
export interface Work<News> {
    /** Its thread is through with it. */
    readonly isOver: boolean;
    hear(news: News): void;
    /** The thread has ended. */
    fail(error: Error): void;
}

/** The threads of one file; they are started as they are needed. */
export class ThreadPool<News> {
    readonly #threads: Thread<News>[] = [];

    /** What each thread runs, and what it decodes, for whoever reads the error of one that ended. */
    constructor(
        readonly program: string,
        readonly codec: string,
    ) {}

    /** Puts a block in the queue of the thread that has the least to do; `send` speaks to that thread. */
    begin<W extends Work<News>>(start: (send: (message: unknown) => void) => W): W {
        let thread = this.#threads.find(({ queue }) => queue.length === 0);
        if (thread === undefined && this.#threads.length < mostThreads)
            this.#threads.push((thread = new Thread(this.program, this.codec)));
        thread ??= this.#threads.reduce((best, next) => (next.queue.length < best.queue.length ? next : best));
        const { worker, queue } = thread;
        const work = start((message) => {
            worker.postMessage(message);
        });
        queue.push(work);
        return work;
    }

    /** Ends the threads. */
    async close(): Promise<void> {
        await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
    }
}

class Thread<News> {
    readonly worker: Worker;
    readonly queue: Work<News>[] = [];

    constructor(program: string, codec: string) {
        this.worker = new Worker(program, {
            // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
            execArgv: [],
            // Its bytes lie outside; what lies inside is small and short-lived.
            resourceLimits: { maxYoungGenerationSizeMb: 2 },
        });
        this.worker.on("message", (news: News) => {
            this.queue[0]?.hear(news);
            if (this.queue[0]?.isOver === true) this.queue.shift();
        });
        this.worker.on("error", (error) => {
            this.#fail(error instanceof Error ? error : new Error(String(error)));
        });
        this.worker.on("exit", () => {
            this.#fail(new Error(`a thread that decodes ${codec} ended before its work was done`));
        });
    }

    #fail(error: Error): void {
        for (const work of this.queue.splice(0)) work.fail(error);
    }
}
