// gzip (RFC 1952): any number of members one after another, as gzip(1) reads them.
import { constants, createGunzip, type Gunzip } from "node:zlib";
import type { Bytes, Codec } from "../contract.js";
import { directEngine } from "../direct-engine.js";
import { runDirect } from "./direct.js";
import { engineOptions, runEngine, trailing, whenClosed, writeTo } from "./engine.js";

/** The gzip codec. */
export const gzip: Codec = {
    name: "gz",
    match: (head) => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8,
    decode: (input, name) => gunzip(input, name),
};

/**
 * Zeros after the last member are padding (tapes and some tools write them); anything else after it is refused, where gzip(1)
 * would warn and exit with 2: an image with unexplained bytes at its end is not one to boot from. `streamed` goes by a stream of
 * Node's, as is done wherever that cannot be helped: it takes twice the time.
 */
export function gunzip(input: Bytes, name: string, streamed = false): Bytes {
    const engine = createGunzip(engineOptions);
    const direct = streamed ? undefined : directEngine(engine);
    if (direct === undefined) return runEngine(engine, () => feed(input, engine, name), "gzip", name);
    return runDirect(direct, input, {
        kind: "gzip",
        name,
        flush: constants.Z_NO_FLUSH,
        end: () => {
            direct.run(constants.Z_FINISH, new Uint8Array(0), new Uint8Array(1));
        },
        behind: (rest) => {
            requireZeros(rest, name);
        },
    });
}

/** Gives the engine one chunk after another; once the last member has ended only zeros may follow. */
async function feed(input: Bytes, engine: Gunzip, name: string): Promise<void> {
    let fed = 0;
    let ended = false;
    const closed = whenClosed(engine);
    for await (const chunk of input) {
        if (ended) {
            requireZeros(chunk, name);
            continue;
        }
        fed += chunk.length;
        await Promise.race([closed, writeTo(engine, chunk)]);
        // Closed before its end: by an error, which the reader sees, or because the reader has gone. Its thread may be reading the
        // chunk still: the next one must not be asked for.
        if (engine.destroyed) return;
        // Bytes that the engine did not want stand behind the last member.
        const unwanted = fed - engine.bytesWritten;
        if (unwanted === 0) continue;
        ended = true;
        requireZeros(chunk.subarray(chunk.length - unwanted), name);
    }
    engine.end();
}

function requireZeros(rest: Uint8Array, name: string): void {
    if (!rest.every((byte) => byte === 0)) throw trailing("gzip", name);
}
