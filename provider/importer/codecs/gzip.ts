// gzip (RFC 1952): any number of members one after another, as gzip(1) reads them.
import { createGunzip, type Gunzip } from "node:zlib";
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import type { Bytes, Codec } from "../contract.js";
import { errorCode } from "../file-system-error.js";

/**
 * The gzip codec. Zeros after the last member are padding (tapes and some tools write them); anything else after it is refused,
 * where gzip(1) would warn and exit with 2: an image with unexplained bytes at its end is not one to boot from.
 */
export const gzip: Codec = {
    name: "gz",
    match: (head) => head[0] === 0x1f && head[1] === 0x8b && head[2] === 8,
    decode: gunzip,
};

async function* gunzip(input: Bytes, name: string): Bytes {
    const engine = createGunzip({ chunkSize: 256 * 1024 });
    // The reader below learns of a failed feed through the engine, which is destroyed with it.
    const feeding = feed(input, engine, name).catch((thrown: unknown) => {
        engine.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        throw thrown;
    });
    feeding.catch(() => undefined);
    try {
        for await (const chunk of engine) yield chunk as Uint8Array;
        await feeding;
    } catch (thrown) {
        throw explain(thrown, name);
    } finally {
        engine.destroy();
    }
}

/** Gives the engine one chunk after another; once the last member has ended only zeros may follow. */
async function feed(input: Bytes, engine: Gunzip, name: string): Promise<void> {
    let fed = 0;
    let ended = false;
    const closed = new Promise<void>((resolve) => engine.once("close", resolve));
    for await (const chunk of input) {
        if (ended) {
            requireZeros(chunk, name);
            continue;
        }
        // Closed before its end: by an error, which the reader sees, or because the reader has gone.
        if (engine.destroyed) return;
        fed += chunk.length;
        await Promise.race([closed, write(engine, chunk)]);
        // Bytes that the engine did not want stand behind the last member.
        const unwanted = fed - engine.bytesWritten;
        if (unwanted === 0 || engine.errored !== null) continue;
        ended = true;
        requireZeros(chunk.subarray(chunk.length - unwanted), name);
    }
    engine.end();
}

function write(engine: Gunzip, chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
        // An error reaches the reader as the engine's own; here it only ends the waiting.
        engine.write(chunk, () => {
            resolve();
        });
    });
}

function requireZeros(rest: Uint8Array, name: string): void {
    if (rest.every((byte) => byte === 0)) return;
    throw new BootsourceError(
        "corrupt-image",
        `cannot decompress ${name}: other bytes follow the gzip data; fetch or make the image again`,
    );
}

function explain(thrown: unknown, name: string): unknown {
    if (isBootsourceError(thrown)) return thrown;
    const code = errorCode(thrown);
    if (!code.startsWith("Z_")) return thrown;
    if (code === "Z_BUF_ERROR") {
        return new BootsourceError(
            "truncated",
            `cannot decompress ${name}: the gzip data ends too early; fetch or make the image again`,
            { cause: thrown },
        );
    }
    const why = thrown instanceof Error ? thrown.message : code;
    return new BootsourceError(
        "corrupt-image",
        `cannot decompress ${name}: the gzip data is damaged (${why}); fetch or make the image again`,
        { cause: thrown },
    );
}
