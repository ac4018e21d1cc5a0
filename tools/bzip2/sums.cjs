// The checksum of bzip2's blocks in AssemblyScript: eight bytes at once.
"use strict";

const times = (count, text) => Array.from({ length: count }, (_, index) => text(index)).join("\n");

/** Functions over a table that lies at one place, and what came out, which begins at another. */
const sums = (table, output) => `
/** CRC-32 with the highest bit first, as bzip2 has it; eight tables, each one byte further on. */
export function makeTable(): void {
    for (let index: u32 = 0; index < 256; index++) {
        let value: u32 = index << 24;
        for (let count: u32 = 0; count < 8; count++) value = (value << 1) ^ (0x04c11db7 & (0 - (value >>> 31)));
        store<u32>(${table} + (index << 2), value);
    }
    for (let index: u32 = 256; index < 2048; index++) {
        const before: u32 = load<u32>(${table} + ((index - 256) << 2));
        store<u32>(${table} + (index << 2), (before << 8) ^ load<u32>(${table} + ((before >>> 24) << 2)));
    }
}

function addToSum(to: u32): void {
    let at: u32 = ${output};
    let value: u32 = sum;
    for (; at + 8 <= to; at += 8) {
        const first: u32 = value ^ bswap<u32>(load<u32>(at));
        const second: u32 = bswap<u32>(load<u32>(at + 4));
        value = ${times(8, (index) => {
            const word = index < 4 ? "first" : "second";
            const byte = `((${word} >>> ${24 - 8 * (index % 4)}) & 255)`;
            return `${index === 0 ? "" : "^ "}load<u32>(${table + (7 - index) * 1024} + (${byte} << 2))`;
        })};
    }
    for (; at < to; at++) value = (value << 8) ^ load<u32>(${table} + (((value >>> 24) ^ <u32>load<u8>(at)) << 2));
    sum = value;
}
`;

module.exports = { sums };
