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

/** What a thread is sent. */
export interface Job {
    readonly buffer: ArrayBuffer;
    readonly pieces: Float64Array<ArrayBuffer>;
}

/** What a thread answers: the buffer for the next job, the bytes that it wrote, and what went wrong. */
export interface Done {
    readonly buffer: ArrayBuffer;
    readonly written: number;
    readonly failure: PackedFailure | undefined;
}

/** Decodes and writes into one open file. The caller closes the file, after `close()`. */
export class WriterPool {
    readonly #writer: Writer;
    readonly #threads = Math.min(availableParallelism(), 4);
    readonly #limit = 2 * this.#threads + 1;
    readonly #workers: { readonly worker: Worker; jobs: number }[] = [];
    readonly #free: ArrayBuffer[] = [];
    #made = 0;
    #busy = 0;
    #taken = 0;
    #failure: Error | undefined;
    #wake: (() => void)[] = [];
    /** Bytes written so far, holes left out. */
    written = 0;

    constructor(fd: number, keepZeros: boolean) {
        this.#writer = { fd, keepZeros, decoder: new ClusterDecoder() };
    }

    /** A buffer, once fewer than the allowed number are in use. */
    async buffer(minimum: number): Promise<Uint8Array> {
        while (this.#free.length === 0 && this.#made >= this.#limit) {
            this.#throwFailure();
            await this.#change();
        }
        this.#throwFailure();
        let buffer = this.#free.pop();
        if (buffer === undefined) this.#made += 1;
        if (buffer === undefined || buffer.byteLength < minimum) {
            buffer = new ArrayBuffer(Math.max(minimum, bufferBytes));
        }
        return new Uint8Array(buffer);
    }

    /** Accepts a job; what goes wrong with it is thrown by a later call, `drain` at the latest. */
    async place(buffer: Uint8Array, pieces: readonly Placed[]): Promise<void> {
        this.#throwFailure();
        const packed = packPieces(pieces);
        this.#taken += buffer.byteLength;
        if (this.#taken <= threadless) {
            this.written += writePieces(this.#writer, buffer, packed);
            this.#release(ownBuffer(buffer));
            return;
        }
        const entry = this.#leastBusy();
        entry.jobs += 1;
        this.#busy += 1;
        const job: Job = { buffer: ownBuffer(buffer), pieces: packed };
        entry.worker.postMessage(job, [job.buffer, packed.buffer]);
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

    #leastBusy(): { readonly worker: Worker; jobs: number } {
        let best: { readonly worker: Worker; jobs: number } | undefined;
        for (const entry of this.#workers) if (best === undefined || entry.jobs < best.jobs) best = entry;
        if (best === undefined || (best.jobs > 0 && this.#workers.length < this.#threads)) best = this.#start();
        return best;
    }

    #start(): { readonly worker: Worker; jobs: number } {
        const worker = new Worker(join(__dirname, "writer-thread.js"), {
            workerData: { fd: this.#writer.fd, keepZeros: this.#writer.keepZeros },
            // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
            execArgv: [],
        });
        const entry = { worker, jobs: 0 };
        worker.on("message", (done: Done) => {
            entry.jobs -= 1;
            this.#busy -= 1;
            this.written += done.written;
            if (done.failure !== undefined) this.#failure ??= fromPackedFailure(done.failure);
            this.#release(done.buffer);
        });
        worker.on("error", (error) => {
            this.#failure ??= error instanceof Error ? error : new Error(String(error));
            this.#signal();
        });
        worker.on("exit", () => {
            if (entry.jobs > 0) this.#failure ??= new Error("a writing thread ended before its work was done");
            this.#signal();
        });
        this.#workers.push(entry);
        return entry;
    }

    #release(buffer: ArrayBuffer): void {
        // A buffer made for an extraordinarily large piece is not kept.
        if (buffer.byteLength > 2 * bufferBytes) this.#made -= 1;
        else this.#free.push(buffer);
        this.#signal();
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

/** The whole memory under a buffer that this pool handed out. */
function ownBuffer(buffer: Uint8Array): ArrayBuffer {
    if (buffer.buffer instanceof ArrayBuffer) return buffer.buffer;
    throw new TypeError("a buffer of the pool lies in memory of its own");
}
