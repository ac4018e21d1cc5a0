// xz (The .xz File Format, version 1.2): streams of blocks, one after another, as xz(1) reads them; LZMA2 alone, every check.
import { BootsourceError } from "../../model/errors.js";
import { ByteReader } from "../byte-reader.js";
import type { Bytes, Codec } from "../contract.js";
import { BlockThreads } from "./xz/block-threads.js";
import { makeCheck, type Check } from "./xz/checks.js";
import {
    type BlockHeader,
    type BlockRecord,
    Numbers,
    Unsupported,
    checkStreamFooter,
    magic,
    readBlockHeader,
    readStreamHeader,
    requireSum,
    streamHeaderBytes,
} from "./xz/headers.js";
import { Damaged, Lzma } from "./xz/lzma.js";
import { decodeLzma2 } from "./xz/lzma2.js";

/** A block may ask for so much memory: twice what `xz -9` asks for. */
const largestDictionary = 128 * 1024 * 1024;

/** More blocks than this in a stream are an attack: each is remembered until the index has repeated it. */
const mostBlocks = 2 ** 20;

/** The xz codec. Zeros behind a stream are padding where they come in fours; anything else must be another stream. */
export const xz: Codec = {
    name: "xz",
    match: (head) => magic.every((byte, index) => head[index] === byte),
    decode: unxz,
};

async function* unxz(input: Bytes, name: string): Bytes {
    const reader = new ByteReader(input);
    const file = new XzFile(reader, name);
    try {
        let header: Uint8Array | undefined = await file.take(streamHeaderBytes);
        do {
            yield* file.stream(header);
            header = await file.nextHeader();
        } while (header !== undefined);
    } catch (thrown) {
        throw explain(thrown, name);
    } finally {
        await file.close();
        await reader.close();
    }
}

/** A header that says both sizes, as those that xz writes with several threads do. */
type SizedHeader = BlockHeader & { readonly compressedSize: number; readonly size: number };

function isForThreads(header: BlockHeader): header is SizedHeader {
    const { compressedSize, size } = header;
    return compressedSize !== undefined && size !== undefined && BlockThreads.suits(compressedSize, size);
}

class XzFile {
    readonly #reader: ByteReader;
    readonly #name: string;
    readonly #lzma = new Lzma();
    readonly #threads = new BlockThreads();
    #goesOn = false;

    constructor(reader: ByteReader, name: string) {
        this.#reader = reader;
        this.#name = name;
    }

    async take(length: number): Promise<Uint8Array> {
        const bytes = await this.#reader.take(length);
        if (bytes.length < length) throw this.#truncated();
        return bytes;
    }

    /** The header of a further stream, behind padding; undefined at the end of the file. */
    async nextHeader(): Promise<Uint8Array | undefined> {
        for (;;) {
            const four = new Uint8Array(await this.#reader.take(4));
            if (four.length === 0) return undefined;
            if (four.length < 4) throw new Damaged("what follows its last stream is no padding");
            if (four.every((byte) => byte === 0)) continue;
            const rest = await this.take(streamHeaderBytes - 4);
            return Buffer.concat([four, rest]);
        }
    }

    /** Ends what is under way. */
    async close(): Promise<void> {
        await this.#threads.close();
    }

    async *stream(header: Uint8Array): Bytes {
        const checkId = readStreamHeader(header);
        const records: BlockRecord[] = [];
        for (;;) {
            const [sizeByte = 0] = await this.take(1);
            if (sizeByte === 0) break;
            const check = makeCheck(checkId, this.#lzma);
            if (check === undefined)
                throw new Unsupported(`its blocks end with a check (${checkId}) that is not known`);
            if (records.length >= mostBlocks) throw new Damaged(`it has more than ${mostBlocks} blocks in one stream`);
            yield* this.#block(sizeByte, check, checkId, records);
        }
        yield* this.#threads.all();
        const indexBytes = await this.#index(records);
        checkStreamFooter(await this.take(streamHeaderBytes), checkId, indexBytes);
    }

    async *#block(sizeByte: number, check: Check, checkId: number, records: BlockRecord[]): Bytes {
        const start = this.#reader.position - 1;
        const bytes = Buffer.concat([Buffer.of(sizeByte), await this.take(sizeByte * 4 + 3)]);
        const header = readBlockHeader(bytes);
        const { compressedSize, size, dictionarySize } = header;
        if (dictionarySize > largestDictionary) {
            throw new Unsupported(
                `it asks for a dictionary of ${dictionarySize} bytes, more than ${largestDictionary}`,
            );
        }
        // The first block is decoded while it comes: whoever only looks at the beginning needs no more of it.
        const isFirst = !this.#goesOn;
        this.#goesOn = true;
        if (!isFirst && isForThreads(header)) {
            yield* this.#inThread(header, check.length, checkId);
            records.push({ unpaddedSize: bytes.length + header.compressedSize + check.length, size: header.size });
            return;
        }
        yield* this.#threads.all();
        const dataStart = this.#reader.position;
        let count = 0;
        for await (const chunk of decodeLzma2(this.#reader, this.#lzma, dictionarySize, () => this.#truncated())) {
            check.update(chunk);
            count += chunk.length;
            if (count > (size ?? Infinity)) break;
            yield chunk;
        }
        const packed = this.#reader.position - dataStart;
        if ((compressedSize ?? packed) !== packed || (size ?? count) !== count) {
            throw new Damaged("a block of it has another size than its header says");
        }
        const padding = await this.take((4 - (packed % 4)) % 4);
        if (padding.some((byte) => byte !== 0)) throw new Damaged("its padding is no padding");
        const sum = await this.take(check.length);
        if (!Buffer.from(check.digest()).equals(sum)) throw new Damaged("the check of a block is another");
        records.push({ unpaddedSize: this.#reader.position - start - padding.length, size: count });
    }

    /** Takes a whole block and has it decoded; gives the oldest one where that has to make room. */
    async *#inThread(
        { compressedSize, size, dictionarySize }: SizedHeader,
        checkBytes: number,
        checkId: number,
    ): Bytes {
        while (this.#threads.isFull(compressedSize, size)) yield* this.#threads.oldest();
        const memory = this.#threads.memory(compressedSize + checkBytes, size);
        const packedAt = memory.byteLength - compressedSize - checkBytes;
        await this.#fill(new Uint8Array(memory, packedAt, compressedSize));
        const padding = await this.take((4 - (compressedSize % 4)) % 4);
        if (padding.some((byte) => byte !== 0)) throw new Damaged("its padding is no padding");
        await this.#fill(new Uint8Array(memory, packedAt + compressedSize, checkBytes));
        this.#threads.begin({ memory, packedSize: compressedSize, dictionarySize, checkId, size });
    }

    async #fill(target: Uint8Array): Promise<void> {
        for (let at = 0; at < target.length;) {
            const part = await this.#reader.some(target.length - at);
            if (part.length === 0) throw this.#truncated();
            target.set(part, at);
            at += part.length;
        }
    }

    /** Reads the index, which must name the blocks as they were; returns its size. */
    async #index(records: readonly BlockRecord[]): Promise<number> {
        // Its length is known only at its end: byte by byte, because each number says by itself where it ends.
        const bytes: number[] = [0];
        const number = async (): Promise<number> => {
            const from = bytes.length;
            for (let more = true; more;) {
                const [byte = 0] = await this.take(1);
                bytes.push(byte);
                more = (byte & 0x80) !== 0 && bytes.length - from < 9;
            }
            return new Numbers(Uint8Array.from(bytes.slice(from)), 0).next();
        };
        if ((await number()) !== records.length) throw new Damaged("its index names other blocks than there are");
        for (const { unpaddedSize, size } of records) {
            if ((await number()) === unpaddedSize && (await number()) === size) continue;
            throw new Damaged("its index names other blocks than there are");
        }
        const padding = await this.take((4 - (bytes.length % 4)) % 4);
        if (padding.some((byte) => byte !== 0)) throw new Damaged("its padding is no padding");
        const whole = Buffer.concat([Uint8Array.from(bytes), padding]);
        requireSum(whole, await this.take(4), "its index");
        return whole.length + 4;
    }

    #truncated(): BootsourceError {
        return new BootsourceError(
            "truncated",
            `cannot decompress ${this.#name}: the xz data ends too early; fetch or make the image again`,
        );
    }
}

function explain(thrown: unknown, name: string): unknown {
    if (thrown instanceof Damaged) {
        return new BootsourceError(
            "corrupt-image",
            `cannot decompress ${name}: the xz data is damaged (${thrown.message}); fetch or make the image again`,
        );
    }
    if (!(thrown instanceof Unsupported)) return thrown;
    return new BootsourceError(
        "unsupported-image",
        `cannot decompress ${name}: ${thrown.message}; compress it again with "xz" and its defaults`,
    );
}
