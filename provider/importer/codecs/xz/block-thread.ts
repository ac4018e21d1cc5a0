// The thread's side of parallel xz: whole blocks in, one after the other; what comes out goes into the memory that each came in.
import { parentPort } from "node:worker_threads";
import { ByteReader } from "../../byte-reader.js";
import type { BlockJob, BlockNews } from "./block-threads.js";
import { makeCheck } from "./checks.js";
import { Damaged, Lzma } from "./lzma.js";
import { decodeLzma2 } from "./lzma2.js";

/** Bytes after which whoever waits for them is told. */
const newsEvery = 512 * 1024;

/** One for all blocks: its window is large. */
const lzma = new Lzma();
let queue: Promise<void> = Promise.resolve();

parentPort?.on("message", (job: BlockJob) => {
    queue = queue
        .then(() => run(job))
        .then(tell, (thrown: unknown) => {
            // What else is thrown is a fault of ours, and ends the thread.
            if (!(thrown instanceof Damaged)) throw thrown;
            tell({ damaged: thrown.message });
        });
});

function tell(news: BlockNews): void {
    parentPort?.postMessage(news);
}

async function run({ memory, packedSize, dictionarySize, checkId, size }: BlockJob): Promise<BlockNews> {
    const check = makeCheck(checkId, lzma);
    if (check === undefined) throw new Damaged("its check is not known");
    const output = new Uint8Array(memory);
    const packedAt = memory.byteLength - packedSize - check.length;
    const packed = output.subarray(packedAt, packedAt + packedSize);
    const sum = output.slice(packedAt + packedSize);
    // What comes out takes the place of what was read; where it would come too near, what is packed gives way.
    const reader = new ByteReader(once(fits(packed, packedAt) ? packed : packed.slice()));
    let filled = 0;
    let told = 0;
    for await (const chunk of decodeLzma2(reader, lzma, dictionarySize, otherSize)) {
        if (filled + chunk.length > size) throw otherSize();
        check.update(chunk);
        output.set(chunk, filled);
        filled += chunk.length;
        if (filled - told < newsEvery) continue;
        told = filled;
        tell({ filled });
    }
    if (filled !== size || reader.position !== packedSize) throw otherSize();
    if (!Buffer.from(check.digest()).equals(sum)) throw new Damaged("the check of a block is another");
    return { filled, done: true };
}

/** Whether each chunk, once it was read, ends behind what has come out by then. Damage is found by whoever decodes. */
function fits(packed: Uint8Array, packedAt: number): boolean {
    let out = 0;
    for (let at = 0; at < packed.length;) {
        const [control = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0] = packed.subarray(at, at + 5);
        if (control === 0) return true;
        const isPlain = control < 0x80;
        out += (isPlain ? 0 : (control & 0x1f) * 65_536) + b1 * 256 + b2 + 1;
        at += isPlain ? 3 + b1 * 256 + b2 + 1 : (control >= 0xc0 ? 6 : 5) + b3 * 256 + b4 + 1;
        if (out > packedAt + at) return false;
    }
    return true;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    yield bytes;
}

function otherSize(): Damaged {
    return new Damaged("a block of it has another size than its header says");
}
