// Runs one of node:zlib's engines within this thread, straight into lent memory: half of what its stream costs an image is the way
// to another thread and back, and new memory for each chunk.
import type { DirectEngine } from "../direct-engine.js";
import { LentRoom } from "../lent.js";
import type { Bytes } from "../contract.js";
import { explain } from "./engine.js";

/** How an engine is run. */
export interface DirectOptions {
    /** The compression for messages. */
    readonly kind: string;
    readonly name: string;
    /** The flush of the engine while there is more. */
    readonly flush: number;
    /** Called at the end of the input; throws as the engine does unless all was whole. */
    readonly end: () => void;
    /** Looks at what follows the compressed data. Left out where more compressed data may follow. */
    readonly behind?: (rest: Uint8Array) => void;
}

/** Less than this at the end of a memory is left unused: a chunk is to be worth its way through the program. */
const leastRoom = 128 * 1024;

/** Bytes after which everything else has its turn: a little input can become a thousand times as much. */
const turnEvery = 8 * 1024 * 1024;

/** What comes out of an engine, which is closed at the end. */
export async function* runDirect(engine: DirectEngine, input: Bytes, options: DirectOptions): Bytes {
    const { kind, name, flush, end, behind } = options;
    const output = new LentRoom();
    let ended = false;
    let sinceTurn = 0;
    try {
        for await (const chunk of input) {
            let rest = chunk;
            for (let more = !ended; more;) {
                const room = output.room(leastRoom);
                const made = engine.run(flush, rest, room);
                rest = rest.subarray(rest.length - engine.left);
                // What had no room may still lie in the engine.
                more = made === room.length || (rest.length > 0 && behind === undefined);
                sinceTurn += made;
                if (made > 0) yield output.take(made);
                if (sinceTurn < turnEvery) continue;
                sinceTurn = 0;
                await new Promise((resolve) => setImmediate(resolve));
            }
            // Bytes that the engine did not want stand behind the data.
            ended ||= rest.length > 0;
            if (ended) behind?.(rest);
        }
        if (!ended) end();
    } catch (thrown) {
        throw explain(thrown, kind, name);
    } finally {
        output.giveBack();
        engine.close();
    }
}
