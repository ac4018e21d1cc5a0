// What a server did to the bytes on their way (Content-Encoding), undone. We ask for none of it; some servers do it all the same.
import { createBrotliDecompress, createInflate, createInflateRaw } from "node:zlib";
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import { engineOptions, runEngine, whenClosed, writeTo, type Engine } from "../codecs/engine.js";
import { gzip } from "../codecs/gzip.js";
import { zstd } from "../codecs/zstd.js";
import type { Bytes } from "../contract.js";
import { peek } from "../peek.js";

type Undo = (input: Bytes, name: string) => Bytes;

const undoers: Readonly<Record<string, Undo>> = {
    gzip: (input, name) => gzip.decode(input, name),
    "x-gzip": (input, name) => gzip.decode(input, name),
    zstd: (input, name) => zstd.decode(input, name),
    deflate: inflate,
    br: (input, name) => run(createBrotliDecompress(engineOptions), input, "br", name),
};

/** File names by which a coding is none: the file itself is so compressed. */
const ownCoding: readonly { readonly coding: RegExp; readonly file: RegExp }[] = [
    { coding: /^(?:x-)?gzip$/, file: /\.(?:gz|tgz)$/i },
    { coding: /^zstd$/, file: /\.(?:zst|tzst)$/i },
];

/**
 * The codings to undo, in the order in which they were done. The digest is then that of the bytes before them: what is
 * published as a checksum is that of the file, not of what a server makes of it for one answer. Where a .gz file is said to be
 * coded by gzip, that coding is the file: many servers label it so, and its published checksum is that of the .gz file.
 */
export function codingsOf(name: string, path: string, header: string | undefined): string[] {
    const codings = (header ?? "")
        .split(",")
        .map((coding) => coding.trim().toLowerCase())
        .filter((coding) => coding !== "" && coding !== "identity");
    const [first = ""] = codings;
    // The address that was asked for tells of the file's name as well as the one that it led to.
    const paths = [path, name.replace(/\?\.\.\.$/, "")];
    if (ownCoding.some(({ coding, file }) => coding.test(first) && paths.some((one) => file.test(one))))
        codings.shift();
    const unknown = codings.find((coding) => !Object.hasOwn(undoers, coding));
    if (unknown === undefined) return codings;
    throw new BootsourceError(
        "unexpected-response",
        `cannot read ${name}: the server codes the image on the way (Content-Encoding: ${header ?? ""}) although asked not to; ` +
            "have that switched off for images, or use another server",
    );
}

/** The bytes before they were coded. */
export function undoCodings(input: Bytes, codings: readonly string[], name: string): Bytes {
    return codings.reduceRight((bytes, coding) => {
        const undo = undoers[coding];
        return undo === undefined ? bytes : undo(bytes, name);
    }, input);
}

/** "deflate" is zlib's format by the letter (RFC 9110, 8.4.1.2), and bare deflate by the practice of some servers. */
async function* inflate(input: Bytes, name: string): Bytes {
    const { head, bytes } = await peek(input, 2);
    const [first = 0, second = 0] = head;
    const isZlib = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0;
    yield* run(isZlib ? createInflate(engineOptions) : createInflateRaw(engineOptions), bytes, "deflate", name);
}

async function* run(engine: Engine, input: Bytes, coding: string, name: string): Bytes {
    const source = { failed: false };
    const feed = async (): Promise<void> => {
        const closed = whenClosed(engine);
        try {
            for await (const chunk of input) {
                await Promise.race([closed, writeTo(engine, chunk)]);
                // Closed, its thread may be reading the chunk still: the next one must not be asked for.
                if (engine.destroyed) return;
            }
        } catch (thrown) {
            source.failed = true;
            throw thrown;
        }
        engine.end();
    };
    try {
        yield* runEngine(engine, feed, coding, name);
    } catch (thrown) {
        if (source.failed || isBootsourceError(thrown)) throw thrown;
        // Brotli's errors have codes of their own; none of them passes.
        throw new BootsourceError(
            "unexpected-response",
            `cannot read ${name}: what the server sent is not coded by ${coding} as it says; use another server`,
            { cause: thrown },
        );
    }
}
