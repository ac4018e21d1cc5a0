// Decodes one compressed cluster to exactly its size, whatever the bytes say.
import { constants, createInflateRaw, createZstdDecompress, inflateRawSync, zstdDecompressSync } from "node:zlib";
import { BootsourceError } from "../../model/errors.js";

type Compression = "zlib" | "zstd";

/**
 * Decodes cluster after cluster. What it returns is valid until the next call. With `reuse` (the default) one engine of Node's
 * zlib serves all clusters: an image has hundreds of thousands, and a new engine and a new buffer for each cost a third of the
 * time and most of the memory. Node has no public function for that, so it is done only where the engine looks as expected.
 */
export class ClusterDecoder {
    readonly #engines = new Map<Compression, Engine>();
    readonly #reuse: boolean;
    #output = new Uint8Array(0);

    constructor(reuse = true) {
        this.#reuse = reuse;
    }

    /**
     * The guest bytes of a compressed cluster. The input may be longer than the compressed data: a qcow2 image says its length
     * in whole sectors only. Throws `corrupt-image` unless exactly `clusterSize` bytes come out.
     */
    decode(compression: Compression, source: Uint8Array, clusterSize: number, guestOffset: number): Uint8Array {
        try {
            const input = compression === "zstd" ? zstdFrame(source) : source;
            const data = this.#decode(compression, input, clusterSize);
            if (data.length === clusterSize) return data;
            throw new RangeError(
                `${data.length > clusterSize ? "more" : "fewer"} than ${clusterSize} bytes come out of it`,
            );
        } catch (thrown) {
            const why = thrown instanceof Error ? thrown.message : String(thrown);
            throw new BootsourceError(
                "corrupt-image",
                `cannot decompress the cluster at guest offset ${guestOffset}: ${why}; ` +
                    "the image is damaged, fetch or make it again",
                { facts: { guestOffset } },
            );
        }
    }

    #decode(compression: Compression, input: Uint8Array, clusterSize: number): Uint8Array {
        const engine = this.#reuse ? (this.#engines.get(compression) ?? makeEngine(compression)) : undefined;
        if (engine === undefined) return decodeOnce(compression, input, clusterSize);
        this.#engines.set(compression, engine);
        // One byte more than there should be shows that there is too much.
        if (this.#output.length <= clusterSize) this.#output = new Uint8Array(clusterSize + 1);
        try {
            return this.#output.subarray(0, engine(input, this.#output.subarray(0, clusterSize + 1)));
        } catch (thrown) {
            this.#engines.delete(compression);
            throw thrown;
        }
    }
}

/** Decodes into a buffer and returns how many bytes came. */
type Engine = (input: Uint8Array, output: Uint8Array) => number;

/** What is used of Node's own engine; the names have been the same since Node 11. */
interface NodeEngine {
    readonly _handle?: {
        onerror?: (message: string) => void;
        reset?(): void;
        writeSync?(flush: number, ...buffers: [Uint8Array, number, number, Uint8Array, number, number]): void;
    };
    /** Bytes left in the output, and in the input. */
    readonly _writeState?: Uint32Array;
}

function makeEngine(compression: Compression): Engine | undefined {
    const stream = compression === "zlib" ? createInflateRaw() : createZstdDecompress();
    const { _handle: handle, _writeState: state } = stream as unknown as NodeEngine;
    if (typeof handle?.reset !== "function" || typeof handle.writeSync !== "function" || state?.length !== 2)
        return undefined;
    const flush = compression === "zlib" ? constants.Z_SYNC_FLUSH : constants.ZSTD_e_continue;
    return (input, output) => {
        let failure: string | undefined;
        // Without this the stream around the engine would report the error, to nobody.
        handle.onerror = (message) => {
            failure = message;
        };
        handle.reset?.();
        handle.writeSync?.(flush, input, 0, input.length, output, 0, output.length);
        if (failure !== undefined) throw new RangeError(failure);
        return output.length - (state[0] ?? 0);
    };
}

function decodeOnce(compression: Compression, input: Uint8Array, clusterSize: number): Uint8Array {
    const options = { maxOutputLength: clusterSize, chunkSize: Math.max(clusterSize, constants.Z_MIN_CHUNK) };
    return compression === "zlib"
        ? inflateRawSync(input, { ...options, finishFlush: constants.Z_SYNC_FLUSH })
        : zstdDecompressSync(input, options);
}

/** The first zstd frame alone (RFC 8878, 3.1.1): what follows it in the last sector belongs to somebody else. */
function zstdFrame(source: Uint8Array): Uint8Array {
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    const descriptor = view.getUint8(4);
    const single = (descriptor & 0x20) !== 0;
    const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
    let at = 5 + (single ? 0 : 1) + dictionary + contentSize;
    for (let last = false; !last;) {
        const header = view.getUint8(at) | (view.getUint8(at + 1) << 8) | (view.getUint8(at + 2) << 16);
        last = (header & 1) === 1;
        // A run-length block holds one byte, however long it becomes.
        at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
    }
    return source.subarray(0, at + ((descriptor & 4) === 0 ? 0 : 4));
}
