// Decodes one compressed cluster to exactly its size, whatever the bytes say.
import {
    constants,
    createInflate,
    createInflateRaw,
    createZstdDecompress,
    inflateRawSync,
    inflateSync,
    zstdDecompressSync,
} from "node:zlib";
import { BootsourceError } from "../../model/errors.js";
import type { Encoding } from "../contract.js";
import { type DirectEngine, directEngine } from "../direct-engine.js";

type Compression = Exclude<Encoding, "plain">;

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
     * in whole sectors only. Throws `corrupt-image` unless as many bytes come out as there should be.
     */
    decode(
        compression: Compression,
        source: Uint8Array,
        { least, most }: { readonly least: number; readonly most: number },
        guestOffset: number,
    ): Uint8Array {
        try {
            const input =
                compression === "zstd"
                    ? zstdFrame(source)
                    : compression === "grain"
                      ? grainData(source, guestOffset)
                      : source;
            const data = this.#decode(compression, input, most);
            if (data.length >= least && data.length <= most) return data;
            throw new RangeError(
                data.length > most
                    ? `more than ${most} bytes come out of it`
                    : `fewer than ${least} bytes come out of it`,
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

function makeEngine(compression: Compression): Engine | undefined {
    const engine = directEngine(streams[compression]());
    if (engine === undefined) return undefined;
    const flush = compression === "zstd" ? constants.ZSTD_e_continue : constants.Z_SYNC_FLUSH;
    return (input, output) => {
        engine.reset();
        const made = engine.run(flush, input, output);
        if (compression === "grain" && made < output.length) requireEnd(engine);
        return made;
    };
}

const streams = { zlib: createInflateRaw, grain: createInflate, zstd: createZstdDecompress } as const;

/** The checksum is compared where a stream ends: one that is over takes nothing more. */
function requireEnd(engine: DirectEngine): void {
    engine.run(constants.Z_SYNC_FLUSH, Buffer.alloc(1), Buffer.alloc(1));
    if (engine.left === 0) throw new RangeError("it ends before its checksum");
}

function decodeOnce(compression: Compression, input: Uint8Array, clusterSize: number): Uint8Array {
    const options = { maxOutputLength: clusterSize, chunkSize: Math.max(clusterSize, constants.Z_MIN_CHUNK) };
    if (compression === "zstd") return zstdDecompressSync(input, options);
    if (compression === "grain") return inflateSync(input, options);
    return inflateRawSync(input, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
}

/** What is compressed in a grain of a VMDK. Where its header contradicts the tables, one of the two is a lie. */
function grainData(source: Uint8Array, guestOffset: number): Uint8Array {
    const view = new DataView(source.buffer, source.byteOffset, source.byteLength);
    const [sector, length] = [view.getBigUint64(0, true), view.getUint32(8, true)];
    if (sector !== BigInt(guestOffset / 512)) throw new RangeError(`it says that it belongs to sector ${sector}`);
    if (length > source.length - 12) throw new RangeError(`it says that it is ${length} bytes long`);
    return source.subarray(12, 12 + length);
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
