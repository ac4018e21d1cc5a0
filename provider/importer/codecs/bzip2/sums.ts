// What holds a stream of bzip2 together: its header, the checksum of each block, and that of all of them.
import { Malformed, PastEnd } from "./malformed.js";

/** What opens a block and what ends a stream: the digits of pi, and of its square root. */
export const magics = { block: 0x314159265359, end: 0x177245385090 } as const;

/** Bits of a magic and the checksum behind it. */
export const headBits = 80;

/** The level of a stream whose header stands there: its blocks hold so many hundred thousand bytes. */
export function levelAt(bytes: Uint8Array): number | undefined {
    const level = (bytes[3] ?? 0) - 0x30;
    const isHeader = bytes[0] === 0x42 && bytes[1] === 0x5a && bytes[2] === 0x68;
    return isHeader && level >= 1 && level <= 9 ? level : undefined;
}

/** The streams of a file, as far as they were read. */
export class Sums {
    #level = 0;
    #combined = 0;
    /** Blocks that were found right. */
    blocks = 0;

    /** Nothing behind the last stream, or another stream: anything else was put there by somebody. */
    beginStream(header: Uint8Array, isAllThereIs: boolean): void {
        const known = header.subarray(0, 3);
        if (isAllThereIs && header.length < 4 && Buffer.from("BZh").subarray(0, known.length).equals(known))
            throw new PastEnd();
        const level = levelAt(header);
        if (level === undefined) throw new Malformed("what follows its last stream is none");
        this.#level = level;
        this.#combined = 0;
    }

    /** The length of a block before its runs are written out. */
    checkLength(length: number): void {
        if (length > this.#level * 100_000) throw new Malformed("a block holds more than fits");
    }

    endBlock(said: number, sum: number): void {
        if (said !== sum) throw new Malformed("the checksum of a block is wrong");
        this.#combined = (((this.#combined << 1) | (this.#combined >>> 31)) ^ sum) >>> 0;
        this.blocks += 1;
    }

    endStream(said: number): void {
        if (said !== this.#combined) throw new Malformed("the checksum of a stream is wrong");
    }
}
