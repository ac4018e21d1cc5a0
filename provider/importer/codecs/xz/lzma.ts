// The LZMA decoder over its window (LZMA specification, as 7-Zip and XZ Utils read it): WebAssembly, six times as fast as the same in
// JavaScript, and the same on every machine.
import { compile, instantiate, makeMemory } from "../web-assembly.js";
import { places, wasm } from "./lzma-wasm.js";

/** Damage that a decoder finds; whoever calls it knows the image's name. */
export class Damaged extends Error {}

/** What the module does (tools/lzma/source.cjs); places in the window count from its beginning. */
interface Exports {
    setProperties(context: number, literalMask: number, positionMask: number): void;
    reset(): void;
    /** Returns 0, or the number of what is wrong. */
    decode(packed: number, from: number, to: number): number;
    makeTable(): void;
    beginSum(): void;
    addToSum(from: number, to: number): void;
    endSum(): bigint;
}

const pageBytes = 65_536;
/** The decoder writes eight bytes at once, and so some behind what it was asked for. */
const behind = 16;

const wrong = [
    "a chunk of it does not begin as one",
    "a match in it leads before its beginning",
    "a match in it leads out of it",
    "a chunk of it does not end as one",
] as const;

let compiled: object | undefined;

/** One decoder: its probabilities and its memory of the last matches last from chunk to chunk, and from block to block its window. */
export class Lzma {
    readonly #memory = makeMemory(3);
    readonly #exports: Exports;
    /** What came out last: decoded where it lies. */
    window: Uint8Array;

    constructor() {
        compiled ??= compile(wasm);
        this.#exports = instantiate(compiled, this.#memory) as Exports;
        this.#exports.makeTable();
        this.window = new Uint8Array(0);
    }

    /** Makes the window at least so large. Not filled before it is used: a small image in a large window touches little of it. */
    require(windowBytes: number): void {
        if (this.window.length >= windowBytes) return;
        const missing = places.window + windowBytes + behind - this.#memory.buffer.byteLength;
        if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
        this.window = new Uint8Array(this.#memory.buffer, places.window, windowBytes);
    }

    /** Literal context bits, literal position bits, position bits, in one byte. */
    setProperties(byte: number): void {
        const context = byte % 9;
        const literal = Math.floor(byte / 9) % 5;
        const position = Math.floor(byte / 45);
        if (position > 4 || context + literal > 4) throw new Damaged("its LZMA properties cannot be");
        this.#exports.setProperties(context, (1 << literal) - 1, (1 << position) - 1);
    }

    /** Forgets everything but the properties. */
    reset(): void {
        this.#exports.reset();
    }

    /**
     * Decodes a whole chunk into the window from `from` to `to`; what lies before `from` is what matches refer to. `from` counts
     * from a multiple of 16 bytes of the whole.
     */
    decode(input: Uint8Array, from: number, to: number): void {
        new Uint8Array(this.#memory.buffer, places.input).set(input);
        const found = this.#exports.decode(input.length, from, to);
        if (found !== 0) throw new Damaged(wrong[found - 1]);
    }

    /** The CRC64 of the window's bytes, a part at a time. */
    beginSum(): void {
        this.#exports.beginSum();
    }

    addToSum(bytes: Uint8Array): void {
        const from = bytes.byteOffset - places.window;
        this.#exports.addToSum(from, from + bytes.length);
    }

    endSum(): Uint8Array {
        const digest = Buffer.alloc(8);
        digest.writeBigUInt64LE(BigInt.asUintN(64, this.#exports.endSum()));
        return digest;
    }
}
