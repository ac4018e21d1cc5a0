// Writes bzip2 for tests, from what the format is and nothing of the importer: small blocks, plain codes, every checksum.

/** How a stream is made. */
export interface Bzip2Options {
    /** Bytes of the image in a block; the format allows far more, and sorting them here is slow. */
    readonly blockBytes?: number;
    /** In place of the checksum of a block, or of the stream. */
    readonly blockSum?: number;
    readonly streamSum?: number;
    /** Changes what stands in a block before its codes. */
    readonly origin?: number;
    readonly shuffled?: boolean;
    /** Bits that stand among the selectors and mean nothing: those of a magic, perhaps. No more than five ones in a row. */
    readonly idleSelectors?: string;
}

/** One stream. */
export function makeBzip2(bytes: Uint8Array, options: Bzip2Options = {}): Buffer {
    const { blockBytes = 3_000 } = options;
    const out = new Bits();
    out.write(0x425a6839, 32);
    let combined = 0;
    for (let at = 0; at < bytes.length; at += blockBytes) {
        const part = bytes.subarray(at, at + blockBytes);
        const sum = options.blockSum ?? checksum(part);
        combined = (((combined << 1) | (combined >>> 31)) ^ sum) >>> 0;
        writeBlock(out, part, sum, options);
    }
    out.write(0x177245, 24);
    out.write(0x385090, 24);
    out.write(options.streamSum ?? combined, 32);
    return out.end();
}

function writeBlock(out: Bits, part: Uint8Array, sum: number, options: Bzip2Options): void {
    const { origin, shuffled = false, idleSelectors = "" } = options;
    const runs = packRuns(part);
    const { column, first } = transform(runs);
    const used = [...new Set(column)].sort((a, b) => a - b);
    const symbols = toSymbols(column, used);
    out.write(0x314159, 24);
    out.write(0x265359, 24);
    out.write(sum, 32);
    out.write(shuffled ? 1 : 0, 1);
    out.write(origin ?? first, 24);
    const rows = Array.from({ length: 16 }, (_, row) => used.filter((byte) => byte >> 4 === row));
    for (const row of rows) out.write(row.length > 0 ? 1 : 0, 1);
    for (const row of rows.filter(({ length }) => length > 0)) {
        for (let low = 0; low < 16; low += 1) out.write(row.some((byte) => (byte & 15) === low) ? 1 : 0, 1);
    }
    const selectors = Math.ceil(symbols.length / 50);
    const tables = idleSelectors === "" ? 2 : 6;
    out.write(tables, 3);
    out.write(selectors + idleSelectors.split("0").length - 1, 15);
    // The two tables take turns; each time the other one is the second of the list.
    for (let index = 0; index < selectors; index += 1) out.write(index === 0 ? 0 : 0b10, index === 0 ? 1 : 2);
    for (const bit of idleSelectors) out.write(Number(bit), 1);
    const codes = plainCodes(used.length + 2);
    for (let table = 0; table < tables; table += 1) {
        let length = codes[0]?.length ?? 1;
        out.write(length, 5);
        for (const code of codes) {
            for (; length < code.length; length += 1) out.write(0b10, 2);
            for (; length > code.length; length -= 1) out.write(0b11, 2);
            out.write(0, 1);
        }
    }
    for (const symbol of symbols) out.write(codes[symbol]?.code ?? 0, codes[symbol]?.length ?? 0);
}

/** Four equal bytes are followed by how many more there are. */
function packRuns(part: Uint8Array): number[] {
    const packed: number[] = [];
    for (let at = 0; at < part.length;) {
        const byte = part[at] ?? 0;
        let length = 1;
        while (length < 255 && part[at + length] === byte) length += 1;
        packed.push(...Array.from({ length: Math.min(length, 4) }, () => byte));
        if (length >= 4) packed.push(length - 4);
        at += length;
    }
    return packed;
}

/** Burrows and Wheeler's: the last column of all rotations in their order, and where the bytes themselves stand among them. */
function transform(bytes: readonly number[]): { column: number[]; first: number } {
    const twice = Buffer.from([...bytes, ...bytes]);
    const { length } = bytes;
    const order = Array.from({ length }, (_, index) => index).sort(
        (a, b) => twice.compare(twice, b, b + length, a, a + length) || a - b,
    );
    return { column: order.map((at) => bytes[(at + length - 1) % length] ?? 0), first: order.indexOf(0) };
}

/** Bytes by how long they were not seen, and runs of the last one as a number to the base of 2, with the digits 1 and 2. */
function toSymbols(column: readonly number[], used: readonly number[]): number[] {
    const front = [...used];
    const symbols: number[] = [];
    let run = 0;
    const endRun = (): void => {
        for (; run > 0; run = (run - 1) >> 1) symbols.push((run - 1) & 1);
    };
    for (const byte of column) {
        const place = front.indexOf(byte);
        if (place === 0) {
            run += 1;
            continue;
        }
        endRun();
        symbols.push(place + 1);
        front.splice(place, 1);
        front.unshift(byte);
    }
    endRun();
    return [...symbols, used.length + 1];
}

/** Codes of two lengths that leave nothing out. */
function plainCodes(symbols: number): { readonly code: number; readonly length: number }[] {
    const length = Math.max(1, Math.ceil(Math.log2(symbols)));
    const short = 2 ** length - symbols;
    return Array.from({ length: symbols }, (_, index) =>
        index < short ? { code: index, length: length - 1 } : { code: short * 2 + index - short, length },
    );
}

function checksum(bytes: Uint8Array): number {
    let sum = 0xffffffff;
    for (const byte of bytes) {
        sum = (sum ^ (byte << 24)) >>> 0;
        for (let bit = 0; bit < 8; bit += 1) sum = ((sum << 1) ^ (sum >= 0x80000000 ? 0x04c11db7 : 0)) >>> 0;
    }
    return ~sum >>> 0;
}

class Bits {
    readonly #bytes: number[] = [];
    #byte = 0;
    #count = 0;

    write(value: number, length: number): void {
        for (let bit = length - 1; bit >= 0; bit -= 1) {
            this.#byte = (this.#byte << 1) | (Math.floor(value / 2 ** bit) & 1);
            this.#count += 1;
            if (this.#count < 8) continue;
            this.#bytes.push(this.#byte & 0xff);
            this.#byte = 0;
            this.#count = 0;
        }
    }

    end(): Buffer {
        while (this.#count > 0) this.write(0, 1);
        return Buffer.from(this.#bytes);
    }
}
