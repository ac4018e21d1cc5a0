// Runs one of node:zlib's streams over an image: fed one chunk after another, ended with its reader, its errors said as ours.
import type { BrotliDecompress, Gunzip, Inflate, InflateRaw, ZstdDecompress } from "node:zlib";
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import type { Bytes } from "../contract.js";
import { errorCode } from "../file-system-error.js";
import { releaseLast } from "../release.js";

/** A stream of node:zlib that decompresses. */
export type Engine = BrotliDecompress | Gunzip | Inflate | InflateRaw | ZstdDecompress;

/** Bytes that an engine decompresses at once. */
const chunkSize = 256 * 1024;

/** The options of every engine. It goes on while what it gave is worked on: by itself it would wait after each chunk. */
export const engineOptions = { chunkSize, readableHighWaterMark: 4 * chunkSize };

/** What comes out of an engine while `feed` gives it its input; `kind` is the compression for messages. */
export async function* runEngine(engine: Engine, feed: () => Promise<void>, kind: string, name: string): Bytes {
    // The reader below learns of a failed feed through the engine, which is destroyed with it.
    const feeding = feed().catch((thrown: unknown) => {
        engine.destroy(thrown instanceof Error ? thrown : new Error(String(thrown)));
        throw thrown;
    });
    feeding.catch(() => undefined);
    try {
        for await (const chunk of engine as AsyncIterable<Uint8Array>) {
            yield chunk;
            // An engine fills one memory after another, each with several chunks.
            releaseLast(chunk, chunkSize);
        }
        await feeding;
    } catch (thrown) {
        throw explain(thrown, kind, name);
    } finally {
        engine.destroy();
    }
}

/** Writes to an engine; resolves when it has taken what it wants. An error reaches the reader as the engine's own. */
export function writeTo(engine: Engine, chunk: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
        engine.write(chunk, () => {
            resolve();
        });
    });
}

/** Resolves when an engine is closed: at its end, by an error, or because its reader has gone. */
export function whenClosed(engine: Engine): Promise<void> {
    return new Promise((resolve) => engine.once("close", resolve));
}

/** The error for bytes that stand behind the compressed data and are none. */
export function trailing(kind: string, name: string): BootsourceError {
    return new BootsourceError(
        "corrupt-image",
        `cannot decompress ${name}: other bytes follow the ${kind} data; fetch or make the image again`,
    );
}

/** What an engine, or whoever feeds it, has thrown, as an error that says what to do. */
export function explain(thrown: unknown, kind: string, name: string): unknown {
    if (isBootsourceError(thrown)) return thrown;
    const code = errorCode(thrown);
    if (!/^(?:Z_|ZSTD_)/.test(code)) return thrown;
    if (code === "Z_BUF_ERROR") {
        return new BootsourceError(
            "truncated",
            `cannot decompress ${name}: the ${kind} data ends too early; fetch or make the image again`,
            { cause: thrown },
        );
    }
    const why = thrown instanceof Error ? thrown.message : code;
    return new BootsourceError(
        "corrupt-image",
        `cannot decompress ${name}: the ${kind} data is damaged (${why}); fetch or make the image again`,
        { cause: thrown },
    );
}
