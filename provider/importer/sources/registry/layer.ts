// One layer of an image as the entries of its archive: decompressed, and proven by its digest before its end is believed.
import { createHash, type Hash } from "node:crypto";
import { BootsourceError } from "../../../model/errors.js";
import { codecs } from "../../codecs/index.js";
import type { Bytes } from "../../contract.js";
import { peek } from "../../peek.js";
import { readTar, type TarEntry } from "../../tar/read-tar.js";
import { checkDigest } from "./manifest.js";
import type { Descriptor, ImageStore } from "./store.js";

/** How far layers were read, and what they were until there, by their digests. What is read again must begin the same. */
export type Beginnings = Map<string, { length: number; readonly hash: Hash }>;

/** The entries of a layer. They end only where the whole layer was the one that the manifest names. */
export async function* readLayer(
    store: ImageStore,
    layer: Descriptor,
    beginnings: Beginnings,
    signal: AbortSignal,
): AsyncGenerator<TarEntry, void, undefined> {
    const { name } = store;
    const blob = proven(name, await store.blob(layer, signal), layer, beginnings);
    const { head, bytes } = await peek(blob, magicBytes);
    // What the manifest says of the compression is often wrong, and matters to nobody.
    const codec = codecs.find((candidate) => candidate.match(head));
    yield* readTar(codec === undefined ? bytes : codec.decode(bytes, name), name);
}

const magicBytes = 16;

/** The bytes of a layer. A layer that gave other bytes before its end was reached gave them to nobody who kept them. */
async function* proven(name: string, bytes: Bytes, layer: Descriptor, beginnings: Beginnings): Bytes {
    const hash = createHash("sha256");
    const known = beginnings.get(layer.digest);
    const before = known === undefined ? undefined : { length: known.length, hex: known.hash.copy().digest("hex") };
    // Kept up to date with each chunk: a reader that left may be replaced before its last chunk is through.
    const reading = { length: 0, hash };
    for await (const chunk of bytes) {
        const left = (before?.length ?? 0) - reading.length;
        if (left > 0 && left <= chunk.length) {
            hash.update(chunk.subarray(0, left));
            if (hash.copy().digest("hex") !== before?.hex) throw changed(name);
            hash.update(chunk.subarray(left));
        } else {
            hash.update(chunk);
        }
        reading.length += chunk.length;
        if (left <= chunk.length) beginnings.set(layer.digest, reading);
        if (reading.length > layer.size) throw wrongSize(name, layer.size, `more than ${layer.size}`);
        yield chunk;
    }
    if (reading.length < layer.size) throw wrongSize(name, layer.size, String(reading.length));
    checkDigest(name, "layer", `sha256:${hash.copy().digest("hex")}`, layer.digest);
}

function wrongSize(name: string, expected: number, found: string): BootsourceError {
    return new BootsourceError(
        "checksum-mismatch",
        `cannot import ${name}: one of its layers has ${found} bytes where its manifest says ${expected}; ` +
            "try again, and if it stays so, push the image again",
    );
}

function changed(name: string): BootsourceError {
    return new BootsourceError(
        "inconsistent-source",
        `cannot import ${name}: a layer began with other bytes when it was read again; do not trust this registry, or ask ` +
            "its administrator",
    );
}
