// Decodes one compressed cluster to exactly its size, whatever the bytes say.
import { constants, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { BootsourceError } from "../../model/errors.js";

/**
 * The guest bytes of a compressed cluster. The input may be longer than the compressed data: a qcow2 image says its length in
 * whole sectors only. Throws `corrupt-image` unless exactly `clusterSize` bytes come out.
 */
export function decodeCluster(
    encoding: "zlib" | "zstd",
    source: Uint8Array,
    guestOffset: number,
    clusterSize: number,
): Uint8Array {
    const options = { maxOutputLength: clusterSize, chunkSize: Math.max(clusterSize, constants.Z_MIN_CHUNK) };
    let data: Uint8Array;
    try {
        data =
            encoding === "zlib"
                ? inflateRawSync(source, { ...options, finishFlush: constants.Z_SYNC_FLUSH })
                : zstdDecompressSync(zstdFrame(source), options);
    } catch (thrown) {
        throw corrupt(guestOffset, thrown instanceof Error ? thrown.message : String(thrown));
    }
    if (data.length !== clusterSize) throw corrupt(guestOffset, `${data.length} bytes came out of it`);
    return data;
}

/** The first zstd frame alone (RFC 8878, 3.1.1): what follows it in the last sector belongs to somebody else. */
function zstdFrame(source: Uint8Array): Uint8Array {
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    const descriptor = view.getUint8(4);
    const single = (descriptor & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    let at = 5 + (single ? 0 : 1) + dictionary + contentSize;
    for (let last = false; !last; ) {
        const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
        last = (header & 1) === 1;
        // A run-length block holds one byte, however long it becomes.
        at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    return source.subarray(0, at + ((descriptor & 4) === 0 ? 0 : 4));
}

function corrupt(guestOffset: number, why: string): BootsourceError {
    return new BootsourceError(
        "corrupt-image",
        `cannot decompress the cluster at guest offset ${guestOffset}: ${why}; the image is damaged, fetch or make it again`,
        { facts: { guestOffset } },
    );
}
