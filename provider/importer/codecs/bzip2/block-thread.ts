// The thread's side of parallel bzip2: whole blocks in, one after the other; what comes out goes behind them in their memory.
import { parentPort } from "node:worker_threads";
import { BlockDecoder, inputBytes, outputBytes } from "./block.js";
import type { BlockJob, BlockNews } from "./block-threads.js";
import { Malformed, PastEnd } from "./malformed.js";

const decoder = new BlockDecoder();
const waiting: BlockJob[] = [];
let isBusy = false;

/** A block, or the word that the room for what comes out is free again. */
parentPort?.on("message", (job: BlockJob | "go on") => {
    if (job === "go on") give(new Uint8Array(current));
    else waiting.push(job);
    begin();
});

let current: SharedArrayBuffer;

function begin(): void {
    while (!isBusy) {
        const job = waiting.shift();
        if (job === undefined) return;
        current = job.memory;
        try {
            const { endBit, length } = decoder.read(
                new Uint8Array(current, 0, job.packedBytes),
                job.firstBit,
                job.endBit,
            );
            tell({ endBit, length });
            isBusy = true;
            give(new Uint8Array(current));
        } catch (thrown) {
            if (thrown instanceof PastEnd) tell("past end");
            else if (thrown instanceof Malformed) tell({ malformed: thrown.message });
            // What else is thrown is a fault of ours, and ends the thread.
            else throw thrown;
        }
    }
}

function give(memory: Uint8Array): void {
    const chunk = decoder.write();
    if (chunk.length > outputBytes) throw new RangeError("more comes out at once than has room");
    memory.set(chunk, inputBytes);
    isBusy = decoder.hasMore;
    tell({ filled: chunk.length, ...(isBusy ? {} : { sum: decoder.checksum }) });
}

function tell(news: BlockNews): void {
    parentPort?.postMessage(news);
}
