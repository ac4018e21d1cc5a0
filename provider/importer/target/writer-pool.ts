// The buffers of one disk, and the jobs that are made of them: they go round between the reader and the threads, and there is a fixed
// number of them: memory stays the same however large the image is.
import { availableParallelism } from "node:os";
import type { Placed } from "../contract.js";
import { giveBack, keep, lentMemory } from "../lent.js";
import { ClusterDecoder } from "./decode-cluster.js";
import { packPieces, writePieces, type Writer } from "./write-pieces.js";
import { enterThreads, leastBusyThread, leaveThreads, type WriterThread } from "./writer-threads.js";

const bufferBytes = 1024 * 1024;
/** Bytes that are written without threads: for a small image starting them would take longer than the work. */
const threadless = 2 * bufferBytes;
/** Chunks that lie in lent memory and wait to be written, at most. */
const mostLent = 8;

/**
 * Decodes and writes into one open file. The caller closes the file, after `close()`. Buffers are shared with the threads, not
 * sent to and fro: what is sent is new memory to the receiver, whose collector of garbage would come late, or all the time.
 */
export class WriterPool {
    readonly #writer: Writer;
    readonly #limit = 2 * Math.min(availableParallelism(), 4) + 1;
    readonly #memory = new SharedArrayBuffer(this.#limit * bufferBytes);
    readonly #free: Uint8Array[] = [];
    #used = 0;
    #lent = 0;
    #taken = 0;
    #accepted = 0;
    /** Jobs under way, by their numbers. */
    readonly #open = new Set<number>();
    #hasThreads = false;
    /** Who writes what needs no decoding. */
    #plain: WriterThread | undefined;
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

    /**
     * Accepts a job; what goes wrong with it is thrown by a later call, `drain` at the latest. A buffer in lent memory is kept until
     * it is written, and is not the caller's to change; any other comes from `buffer`.
     */
    async place(buffer: Uint8Array, pieces: readonly Placed[]): Promise<void> {
        const isLent = lentMemory(buffer) !== undefined;
        while (isLent && this.#lent >= mostLent && this.#failure === undefined) await this.#change();
        this.#throwFailure();
        const packed = packPieces(pieces);
        this.#taken += buffer.length;
        if (this.#taken <= threadless) {
            this.written += writePieces(this.#writer, buffer, packed);
            if (!isLent) this.#release(buffer);
            return;
        }
        if (isLent) {
            keep(buffer);
            this.#lent += 1;
        }
        void this.#run(buffer, packed, this.#threadFor(pieces));
    }

    /** Resolves when all that was accepted is written; throws what went wrong. */
    async drain(): Promise<void> {
        while (this.#open.size > 0 && this.#failure === undefined) await this.#change();
        this.#throwFailure();
    }

    /** Resolves when all that was accepted before is written, whatever is accepted meanwhile; throws what went wrong. */
    async settled(): Promise<void> {
        const last = this.#accepted;
        while ([...this.#open].some((number) => number <= last) && this.#failure === undefined) await this.#change();
        this.#throwFailure();
    }

    /** Leaves the threads; once it resolves nothing touches the file any more. */
    async close(): Promise<void> {
        this.#failure ??= new Error("the disk was closed");
        while (this.#open.size > 0) await this.#change();
        if (!this.#hasThreads) return;
        this.#hasThreads = false;
        await leaveThreads();
    }

    async #run(buffer: Uint8Array, pieces: Float64Array<ArrayBuffer>, thread: WriterThread): Promise<void> {
        this.#accepted += 1;
        const number = this.#accepted;
        this.#open.add(number);
        const { fd, keepZeros } = this.#writer;
        const { byteOffset: offset, length } = buffer;
        try {
            this.written += await thread.run({ fd, keepZeros, memory: sharedMemory(buffer), offset, length, pieces });
        } catch (thrown) {
            this.#failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
        }
        this.#open.delete(number);
        this.#release(buffer);
    }

    /** Bytes that need no decoding have one thread: the file system lets one at a time write to a file, the others would wait. */
    #threadFor(pieces: readonly Placed[]): WriterThread {
        if (!this.#hasThreads) enterThreads();
        this.#hasThreads = true;
        if (!pieces.every(({ encoding }) => encoding === "plain")) return leastBusyThread();
        if (this.#plain?.isAlive !== true) this.#plain = leastBusyThread();
        return this.#plain;
    }

    #release(buffer: Uint8Array): void {
        if (lentMemory(buffer) !== undefined) {
            this.#lent -= 1;
            giveBack(buffer);
        } else {
            this.#used -= 1;
            // A buffer made for an extraordinarily large piece is not kept.
            if (buffer.buffer === this.#memory) this.#free.push(buffer);
        }
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

/** The memory under a buffer that this pool handed out, or that is lent. */
function sharedMemory(buffer: Uint8Array): SharedArrayBuffer {
    if (buffer.buffer instanceof SharedArrayBuffer) return buffer.buffer;
    throw new TypeError("a buffer of the pool lies in shared memory");
}
