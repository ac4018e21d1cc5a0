// SHA-256 in a thread of its own: a large raw image is otherwise held up by its hash, which takes as long as all else together.
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { giveBack, keep, lentMemory } from "./lent.js";

/** What the thread is sent: where bytes lie, in its own memory or in some that is lent; a length of 0 asks for the digest. */
export interface ToHash {
    readonly memory: SharedArrayBuffer | undefined;
    readonly offset: number;
    readonly length: number;
}

/** What it answers, in the order of the questions. */
export interface Hashed {
    readonly digest: string | undefined;
}

const slotBytes = 1024 * 1024;
const slots = 4;
/** Shorter chunks are copied: the thread would be told of them more often than is worth it. */
const leastLent = 64 * 1024;
/** Questions open at most where chunks lie in lent memory. */
const mostOpen = 8;

/** A hash that is computed beside everything else. It must be closed; until then it keeps the process alive. */
export class BackgroundHash {
    readonly #memory = new SharedArrayBuffer(slots * slotBytes);
    readonly #bytes = new Uint8Array(this.#memory);
    readonly #worker: Worker;
    /** Bytes in the present slot. */
    #fill = 0;
    /** Slots given to the thread so far. */
    #sent = 0;
    /** Questions whose answers are still to come: of each the chunk that was kept for it. */
    readonly #open: (Uint8Array | undefined)[] = [];
    #digest: string | undefined;
    #failure: Error | undefined;
    #wake: (() => void) | undefined;

    constructor() {
        // What the surrounding program preloads (ts-node, loaders) is of no use to this thread.
        this.#worker = new Worker(join(__dirname, "hash-thread.js"), { workerData: this.#memory, execArgv: [] });
        this.#worker.on("message", ({ digest }: Hashed) => {
            const kept = this.#open.shift();
            if (kept !== undefined) giveBack(kept);
            this.#digest = digest;
            this.#wake?.();
        });
        this.#worker.on("error", (error) => {
            this.#fail(error instanceof Error ? error : new Error(String(error)));
        });
        this.#worker.on("exit", () => {
            this.#fail(new Error("the hashing thread ended before its work was done"));
        });
    }

    /** Takes a chunk, or a copy of it; waits only while the thread is behind by all the memory there is. */
    async update(chunk: Uint8Array): Promise<void> {
        const memory = chunk.length < leastLent ? undefined : lentMemory(chunk);
        if (memory !== undefined) {
            if (this.#fill > 0) this.#send();
            await this.#until(mostOpen - 1);
            this.#ask({ memory, offset: chunk.byteOffset, length: chunk.length }, keep(chunk));
            return;
        }
        for (let at = 0; at < chunk.length;) {
            if (this.#fill === 0) await this.#until(slots - 1);
            const part = chunk.subarray(at, at + slotBytes - this.#fill);
            this.#bytes.set(part, (this.#sent % slots) * slotBytes + this.#fill);
            this.#fill += part.length;
            at += part.length;
            if (this.#fill === slotBytes) this.#send();
        }
    }

    /** The digest of all bytes so far, in hexadecimal. */
    async digest(): Promise<string> {
        if (this.#fill > 0) this.#send();
        await this.#until(0);
        this.#ask({ memory: undefined, offset: 0, length: 0 });
        await this.#until(0);
        return this.#digest ?? "";
    }

    /** Ends the thread. */
    close(): void {
        this.#worker.removeAllListeners("exit");
        void this.#worker.terminate();
        this.#fail(new Error("the hash was closed"));
    }

    #send(): void {
        this.#ask({ memory: undefined, offset: (this.#sent % slots) * slotBytes, length: this.#fill });
        this.#sent += 1;
        this.#fill = 0;
    }

    #ask(question: ToHash, kept?: Uint8Array): void {
        this.#open.push(kept);
        this.#worker.postMessage(question);
    }

    /** Waits until the thread has at most so many questions to answer. */
    async #until(most: number): Promise<void> {
        while (this.#open.length > most && this.#failure === undefined) {
            await new Promise<void>((resolve) => (this.#wake = resolve));
        }
        if (this.#failure !== undefined) throw this.#failure;
    }

    #fail(error: Error): void {
        this.#failure ??= error;
        this.#wake?.();
    }
}
