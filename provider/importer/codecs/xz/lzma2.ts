// LZMA2: chunks of LZMA and of bytes as they are, over one window of what came out last.
import type { ByteReader } from "../../byte-reader.js";
import { Damaged, type Lzma } from "./lzma.js";

/** What one chunk gives at most. */
const mostPerChunk = 2 * 1024 * 1024;

/** Room behind the window, before it is moved back to the beginning of its memory: the larger, the rarer. */
const slack = 2 * 1024 * 1024;

/** The chunks of one block, decoded; each is good until the next one is asked for. */
export async function* decodeLzma2(
    input: ByteReader,
    lzma: Lzma,
    dictionarySize: number,
    truncated: () => Error,
): AsyncGenerator<Uint8Array> {
    const window = new Window(lzma, dictionarySize);
    let ready = { dictionary: false, state: false, properties: false };
    const take = async (length: number): Promise<Uint8Array> => {
        const bytes = await input.take(length);
        if (bytes.length < length) throw truncated();
        return bytes;
    };
    for (;;) {
        const [control = 0] = await take(1);
        if (control === 0) return;
        if (control === 1 || control >= 0xe0) {
            window.clear();
            ready = { ...ready, dictionary: true };
        }
        if (!ready.dictionary) throw new Damaged("it begins with a chunk that refers to an earlier one");
        if (control < 0x80) {
            if (control > 2) throw new Damaged("it has a chunk of no known kind");
            const [high = 0, low = 0] = await take(2);
            let left = high * 256 + low + 1;
            const { at } = window.makeRoom(left);
            while (left > 0) {
                const part = await input.some(left);
                if (part.length === 0) throw truncated();
                lzma.window.set(part, window.at);
                window.at += part.length;
                left -= part.length;
            }
            yield lzma.window.subarray(at, window.at);
            continue;
        }
        const [b1 = 0, b2 = 0, b3 = 0, b4 = 0] = await take(4);
        const length = (control & 0x1f) * 65536 + b1 * 256 + b2 + 1;
        const packed = b3 * 256 + b4 + 1;
        if (control >= 0xc0) {
            const [properties = 0] = await take(1);
            lzma.setProperties(properties);
            ready = { ...ready, properties: true };
        }
        if (!ready.properties) throw new Damaged("it begins with a chunk that refers to an earlier one");
        if (control >= 0xa0) {
            lzma.reset();
            ready = { ...ready, state: true };
        }
        if (!ready.state) throw new Damaged("it begins with a chunk that refers to an earlier one");
        const { at } = window.makeRoom(length);
        lzma.decode(await take(packed), at, at + length);
        window.at = at + length;
        yield lzma.window.subarray(at, window.at);
    }
}

/** What came out last, as much as matches may refer to: where it ends in the decoder's window. */
class Window {
    readonly #lzma: Lzma;
    readonly #size: number;
    at = 0;

    constructor(lzma: Lzma, size: number) {
        this.#lzma = lzma;
        this.#size = size;
        lzma.require(size + slack + mostPerChunk);
    }

    clear(): void {
        this.at = 0;
    }

    makeRoom(length: number): { readonly at: number } {
        const { window } = this.#lzma;
        if (this.at + length > window.length) {
            // By a multiple of 16: what lies at which place modulo 16 decides which probabilities count.
            const moved = (this.at - this.#size) & ~15;
            window.copyWithin(0, moved, this.at);
            this.at -= moved;
        }
        return { at: this.at };
    }
}
