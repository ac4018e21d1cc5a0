// One block of bzip2, decoded by WebAssembly (tools/bzip2/source.cjs): seven times as fast as the same in JavaScript.
import { compile, instantiate, makeMemory } from "../web-assembly.js";
import { places, wasm } from "./bzip2-wasm.js";
import { Malformed, PastEnd } from "./malformed.js";
import { headBits } from "./sums.js";

/** The largest block of a stream, packed; and what a decoder gives at once. */
export const { inputBytes, outputBytes } = places;

/** Bytes of a block before its runs are written out, at the highest level. */
const most = 900_000;

/** What the module does. */
interface Exports {
    makeTable(): void;
    /** Returns 0, or the number of what is wrong. */
    read(firstBit: number, endBit: number, most: number): number;
    position(): number;
    columnLength(): number;
    write(): number;
    hasMore(): number;
    checksum(): number;
}

const wrong = [
    "it is of a bzip2 before 0.9.5, which shuffled blocks",
    "a block has no bytes",
    "a block has no tables or no selectors, or too many tables",
    "a selector names no table",
    "a code is too long, or has no bits",
    "its codes overlap",
    "there is a code that stands for nothing",
    "a block goes on after its last table",
    "a block holds more than fits",
    "a block begins outside itself",
] as const;

let compiled: object | undefined;

/** Decodes block after block; its memory serves all of them. */
export class BlockDecoder {
    readonly #memory = makeMemory(places.pages);
    readonly #exports: Exports;

    constructor() {
        compiled ??= compile(wasm);
        this.#exports = instantiate(compiled, this.#memory) as Exports;
        this.#exports.makeTable();
    }

    /** Takes a block apart that begins at a bit of its bytes. Throws `PastEnd` where it goes on behind another bit. */
    read(bytes: Uint8Array, firstBit: number, endBit: number): BlockRead {
        const input = new Uint8Array(this.#memory.buffer, places.input, inputBytes + 8);
        const known = bytes.subarray(0, inputBytes);
        input.set(known);
        input.fill(0, known.length, known.length + 8);
        const end = Math.min(endBit, 8 * known.length);
        const found = this.#exports.read(firstBit + headBits, end, most);
        if (found === 1) throw new PastEnd();
        if (found !== 0) throw new Malformed(wrong[found - 2]);
        return { endBit: this.#exports.position(), length: this.#exports.columnLength() };
    }

    /** The next bytes of the block that was read, good until the next call; none at its end. */
    write(): Uint8Array {
        return new Uint8Array(this.#memory.buffer, places.output, this.#exports.write());
    }

    get hasMore(): boolean {
        return this.#exports.hasMore() !== 0;
    }

    /** The checksum of all that was written of the block. */
    get checksum(): number {
        return this.#exports.checksum() >>> 0;
    }
}

/** What is known of a block once it was read. */
export interface BlockRead {
    /** The bit behind it. */
    readonly endBit: number;
    /** Its bytes before runs are written out, which its stream's level bounds. */
    readonly length: number;
}
