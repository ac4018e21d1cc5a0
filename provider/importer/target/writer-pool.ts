// A few threads that decode pieces and write them. Buffers go round between them and the reader, and there is a fixed
// number of them: memory stays the same however large the image is.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Placed } from "../contract.js";
import { ClusterDecoder } from "./decode-cluster.js";
import { fromPackedFailure, packPieces, writePieces, type PackedFailure, type Writer } from "./write-pieces.js";

const bufferBytes = 1024 * 1024;
/** Bytes that are written without threads: for a small image starting them would take longer than the work. */
const threadless = 2 * bufferBytes;

/** What a thread is started with. */
export interface Start {
    readonly fd: number;
    readonly keepZeros: boolean;
    /** The buffers of the pool, one behind the other. */
    readonly memory: SharedArrayBuffer;
}

/** What a thread is sent: where the bytes lie, in the pool's memory or in some of their own, and what to do with them. */
export interface Job {
    readonly own: SharedArrayBuffer | undefined;
    readonly offset: number;
    readonly length: number;
    readonly pieces: Float64Array<ArrayBuffer>;
}

/** What a thread answers, in the order of its jobs: the bytes that it wrote, and what went wrong. */
export interface Done {
    readonly written: number;
    readonly failure: PackedFailure | undefined;
}

interface Thread {
    readonly worker: Worker;
    /** The buffers that it works on, in the order in which it got them. */
    readonly jobs: Uint8Array[];
}

/**
 * Decodes and writes into one open file. The caller closes the file, after `close()`. Buffers are shared with the threads, not
 * sent to and fro: what is sent is new memory to the receiver, whose collector of garbage would come late, or all the time.
 */
export class WriterPool {
    readonly #writer: Writer;
    readonly #threads = Math.min(availableParallelism(), 4);
    readonly #limit = 2 * this.#threads + 1;
    readonly #memory = new SharedArrayBuffer(this.#limit * bufferBytes);
    readonly #free: Uint8Array[] = [];
    readonly #workers: Thread[] = [];
    #used = 0;
    #busy = 0;
    #taken = 0;
    #failure: Error | undefined;
    #wake: (() => void)[] = [];
    /** Bytes written so far, holes left out. */
    written = 0;

    constructor(fd: number, keepZeros: boolean) {
        this.#writer = { fd, keepZeros, decoder: new ClusterDecoder() };
        // The first is taken last: a small image touches few of them.
        for (let index = this.#limit - 1; index >= 0; index -= 1) {
            this.#free.push(new Uint8Array(this.#memory, index * bufferBytes, bufferBytes));
        }
    }

    /** A buffer, once fewer than the allowed number are in use. */
    async buffer(minimum: number): Promise<Uint8Array> {
        while (this.#used >= this.#limit) {
            this.#throwFailure();
            await this.#change();
        }
        this.#throwFailure();
        this.#used += 1;
        const own = minimum > bufferBytes ? undefined : this.#free.pop();
        return own ?? new Uint8Array(new SharedArrayBuffer(minimum));
    }

    /** Accepts a job; what goes wrong with it is thrown by a later call, `drain` at the latest. */
    async place(buffer: Uint8Array, pieces: readonly Placed[]): Promise<void> {
        this.#throwFailure();
        const packed = packPieces(pieces);
        this.#taken += buffer.length;
        if (this.#taken <= threadless) {
            this.written += writePieces(this.#writer, buffer, packed);
            this.#release(buffer);
            return;
        }
        const { worker, jobs } = this.#leastBusy();
        jobs.push(buffer);
        this.#busy += 1;
        const own = this.#isPooled(buffer) ? undefined : sharedMemory(buffer);
        const job: Job = { own, offset: buffer.byteOffset, length: buffer.length, pieces: packed };
        worker.postMessage(job, [packed.buffer]);
    }

    /** Resolves when all that was accepted is written; throws what went wrong. */
    async drain(): Promise<void> {
        while (this.#busy > 0 && this.#failure === undefined) await this.#change();
        this.#throwFailure();
    }

    /** Ends the threads; once it resolves nothing touches the file any more. */
    async close(): Promise<void> {
        await Promise.all(this.#workers.splice(0).map(({ worker }) => worker.terminate()));
    }

    #leastBusy(): Thread {
        let best: Thread | undefined;
        for (const entry of this.#workers) {
            if (best === undefined || entry.jobs.length < best.jobs.length) best = entry;
        }
        if (best === undefined || (best.jobs.length > 0 && this.#workers.length < this.#threads)) best = this.#start();
        return best;
    }

    #start(): Thread {
        const { fd, keepZeros } = this.#writer;
        const start: Start = { fd, keepZeros, memory: this.#memory };
        // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
        const worker = new Worker(join(__dirname, "writer-thread.js"), { workerData: start, execArgv: [] });
        const entry: Thread = { worker, jobs: [] };
        worker.on("message", (done: Done) => {
            const buffer = entry.jobs.shift();
            this.#busy -= 1;
            this.written += done.written;
            if (done.failure !== undefined) this.#failure ??= fromPackedFailure(done.failure);
            if (buffer !== undefined) this.#release(buffer);
        });
        worker.on("error", (error) => {
            this.#failure ??= error instanceof Error ? error : new Error(String(error));
            this.#signal();
        });
        worker.on("exit", () => {
            if (entry.jobs.length > 0) this.#failure ??= new Error("a writing thread ended before its work was done");
            this.#signal();
        });
        this.#workers.push(entry);
        return entry;
    }

    #release(buffer: Uint8Array): void {
        this.#used -= 1;
        // A buffer made for an extraordinarily large piece is not kept.
        if (this.#isPooled(buffer)) this.#free.push(buffer);
        this.#signal();
    }

    #isPooled(buffer: Uint8Array): boolean {
        return buffer.buffer === this.#memory;
    }

    #throwFailure(): void {
        if (this.#failure !== undefined) throw this.#failure;
    }

    #change(): Promise<void> {
        return new Promise((resolve) => this.#wake.push(resolve));
    }

    #signal(): void {
        const woken = this.#wake;
        this.#wake = [];
        for (const wake of woken) wake();
    }
}

/** The memory under a buffer that this pool handed out. */
function sharedMemory(buffer: Uint8Array): SharedArrayBuffer {
    if (buffer.buffer instanceof SharedArrayBuffer) return buffer.buffer;
    throw new TypeError("a buffer of the pool lies in shared memory");
}
