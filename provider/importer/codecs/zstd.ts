// Zstandard (RFC 8878): any number of frames one after another, skippable ones among them, as zstd(1) reads them.
import { constants, createZstdDecompress, type ZstdDecompress } from "node:zlib";
import type { Bytes, Codec } from "../contract.js";
import { type DirectEngine, directEngine } from "../direct-engine.js";
import { runDirect } from "./direct.js";
import { engineOptions, runEngine, whenClosed, writeTo } from "./engine.js";

/** A frame may ask for so much memory (128 MiB), as zstd(1) allows it without `--long`. */
const windowLogMax = 27;

/** The zstd codec. Whatever follows the last frame and is no frame is refused, padding too: zstd(1) refuses it as well. */
export const zstd: Codec = {
    name: "zst",
    match: (head) => isFrame(head) || isSkippable(head),
    decode: (input, name) => unzstd(input, name),
};

/** What is left of the input: an engine stops at the end of a frame, and the next one goes on behind it. */
class Rest {
    readonly iterator: AsyncIterator<Uint8Array>;
    chunk: Uint8Array = new Uint8Array(0);
    ended = false;

    constructor(input: Bytes) {
        this.iterator = input[Symbol.asyncIterator]();
    }
}

const params = { [constants.ZSTD_d_windowLogMax]: windowLogMax };

/** `streamed` goes by streams of Node's, as is done wherever that cannot be helped: it takes longer. */
export function unzstd(input: Bytes, name: string, streamed = false): Bytes {
    const direct = streamed ? undefined : directEngine(createZstdDecompress({ params }));
    if (direct === undefined) return unzstdStreamed(input, name);
    const flush = constants.ZSTD_e_continue;
    const end = (): void => {
        requireBetweenFrames(direct);
    };
    return runDirect(direct, input, { kind: "zstd", name, flush, end });
}

/** What only a decoder makes of the frame below that is within no other one. */
const probe = Buffer.from("between frames!!");

/** A frame (RFC 8878, 3.1.1): magic, one segment whose size follows, and the last block, which is not compressed. */
const probeFrame = Buffer.concat([
    Buffer.of(0x28, 0xb5, 0x2f, 0xfd, 0x20, probe.length, (probe.length << 3) | 1, 0, 0),
    probe,
]);

/** Throws where a frame has begun and not ended. Node's engine does not tell before version 24: a frame more shows it. */
function requireBetweenFrames(engine: DirectEngine): void {
    const output = Buffer.alloc(probe.length);
    let cause: unknown;
    try {
        const made = engine.run(constants.ZSTD_e_continue, probeFrame, output);
        if (made === probe.length && engine.left === 0 && output.equals(probe)) return;
    } catch (thrown) {
        cause = thrown;
    }
    throw Object.assign(new Error("unexpected end of file", { cause }), { code: "Z_BUF_ERROR" });
}

async function* unzstdStreamed(input: Bytes, name: string): Bytes {
    const rest = new Rest(input);
    try {
        while (!rest.ended) {
            const engine = createZstdDecompress({ ...engineOptions, params });
            yield* runEngine(engine, () => feed(rest, engine), "zstd", name);
        }
    } finally {
        await rest.iterator.return?.();
    }
}

/** Feeds an engine until it has enough: node's one takes no more once a frame has ended within what it was given. */
async function feed(rest: Rest, engine: ZstdDecompress): Promise<void> {
    const closed = whenClosed(engine);
    for (;;) {
        if (rest.chunk.length === 0) {
            const next = await rest.iterator.next();
            if (next.done === true) break;
            rest.chunk = next.value;
        }
        // Closed before its end: by an error, which the reader sees, or because the reader has gone.
        if (engine.destroyed) return;
        const before = engine.bytesWritten;
        await Promise.race([closed, writeTo(engine, rest.chunk)]);
        if (engine.errored !== null) return;
        rest.chunk = rest.chunk.subarray(engine.bytesWritten - before);
        if (rest.chunk.length > 0) return;
    }
    rest.ended = true;
    engine.end();
}

function isFrame(head: Uint8Array): boolean {
    return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;
}

/** Parallel compressors begin with one of these, whose last half byte is theirs to choose. */
function isSkippable(head: Uint8Array): boolean {
    const first = head[0] ?? 0;
    return first >= 0x50 && first <= 0x5f && head[1] === 0x2a && head[2] === 0x4d && head[3] === 0x18;
}
