// Blocks of bzip2 one after the other, from bit to bit: for a file in which the bits of a magic stand where nothing begins.
import type { Bytes } from "../../contract.js";
import { BitReader } from "./bits.js";
import { type BlockDecoder, type BlockRead, inputBytes } from "./block.js";
import { Malformed, PastEnd } from "./malformed.js";
import type { Sums } from "./sums.js";
import { headBits, magics } from "./sums.js";

/** So much of what is at hand is tried first: few blocks are as large as a block may be, and in a file of small ones each would be. */
const windows = [64 * 1024, 512 * 1024, inputBytes];

/** Goes on at a bit of the first byte, where a block begins. */
export async function* decodeInTurn(input: Bytes, firstBit: number, decoder: BlockDecoder, sums: Sums): Bytes {
    const bits = new BitReader(input, firstBit);
    for (;;) {
        await bits.fill(inputBytes + 1);
        const { bytes, firstBit: begins } = bits;
        const [magic, sum] = [bits.read(48), bits.read(32)];
        if (magic === magics.end) {
            sums.endStream(sum);
            bits.align();
            if (bits.bytes.length === 0) return;
            sums.beginStream(bits.bytes, true);
            bits.skip(32);
            continue;
        }
        if (magic !== magics.block) throw new Malformed("there is no block where one should begin");
        const read = readBlock(decoder, bytes, begins);
        sums.checkLength(read.length);
        bits.skip(read.endBit - begins - headBits);
        do {
            const chunk = decoder.write();
            if (!decoder.hasMore) sums.endBlock(sum, decoder.checksum);
            yield chunk;
        } while (decoder.hasMore);
    }
}

function readBlock(decoder: BlockDecoder, bytes: Uint8Array, firstBit: number): BlockRead {
    for (const window of windows) {
        const part = bytes.subarray(0, window);
        try {
            return decoder.read(part, firstBit, 8 * part.length);
        } catch (thrown) {
            if (!(thrown instanceof PastEnd) || part.length === bytes.length) throw thrown;
        }
    }
    throw new Malformed("a block has no end");
}
