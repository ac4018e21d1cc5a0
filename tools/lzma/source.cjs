// The LZMA decoder and the CRC64 of xz in AssemblyScript: one function, in which each bit of the range decoder is written out.
"use strict";

/** Where things lie in the memory, in bytes; the window is the rest of it. */
const places = { probs: 1024, table: 32768, input: 49152, window: 131072 };

// Where each group of probabilities begins among them.
const isMatch = 0;
const isRep = isMatch + (12 << 4);
const isRep0 = isRep + 12;
const isRep1 = isRep0 + 12;
const isRep2 = isRep1 + 12;
const isRep0Long = isRep2 + 12;
const posSlot = isRep0Long + (12 << 4);
const posSpecial = posSlot + 4 * 64;
const align = posSpecial + 128;
const matchLength = align + 16;
const lengthSize = 2 + 16 * 8 * 2 + 256;
const repLength = matchLength + lengthSize;
const literal = repLength + lengthSize;
/** LZMA2 allows four bits of literal context and position together. */
const probs = literal + (0x300 << 4);

/** The address of a probability: a group, and what is added to it. */
const at = (group, index) => `${places.probs + 2 * group} + ((${index}) << 1)`;

const normalize = `if (range < 0x1000000) { range <<= 8; code = (code << 8) | load<u8>(next); next++; }`;

/** One bit: what is done where it is 0, and where it is 1. */
const bit = (address, zero, one) => `
    ${normalize}
    p = ${address};
    prob = load<u16>(p);
    bound = (range >>> 11) * prob;
    if (code < bound) { range = bound; store<u16>(p, prob + ((2048 - prob) >>> 5)); ${zero} }
    else { range -= bound; code -= bound; store<u16>(p, prob - (prob >>> 5)); ${one} }`;

const times = (count, text) => Array.from({ length: count }, (_, index) => text(index)).join("\n");

/** So many bits, the highest first, into \`symbol\`, which begins with a 1 before them. */
const tree = (base, bits) => `symbol = 1;
    tree = ${base};
    ${times(bits, () => bit("tree + (symbol << 1)", "symbol <<= 1;", "symbol = (symbol << 1) | 1;"))}`;

const length = (group) => `
    ${bit(
        at(group, 0),
        `${tree(at(group + 2, "posState << 3"), 3)} length = symbol - 8 + 2;`,
        bit(
            at(group + 1, 0),
            `${tree(at(group + 2 + 128, "posState << 3"), 3)} length = symbol - 8 + 10;`,
            `${tree(at(group + 2 + 256, 0), 8)} length = symbol - 256 + 18;`,
        ),
    )}`;

const reverseBits = (base, count) => `
    symbol = 1;
    tree = ${base};
    for (let index: u32 = 0, all: u32 = ${count}; index < all; index++) {
        ${bit("tree + (symbol << 1)", "symbol <<= 1;", "symbol = (symbol << 1) | 1; distance += <u32>1 << index;")}
    }`;

const distance = `
    ${tree(at(posSlot, "(min<u32>(length - 2, 3)) << 6"), 6)}
    slot = symbol - 64;
    if (slot < 4) distance = slot;
    else {
        let low: u32 = (slot >>> 1) - 1;
        distance = (2 | (slot & 1)) << low;
        if (slot < 14) { ${reverseBits(at(posSpecial, "distance - slot"), "low")} }
        else {
            let direct: u32 = 0;
            for (let left: u32 = low - 4; left > 0; left--) {
                ${normalize}
                range >>>= 1;
                let one: u32 = <u32>(code >= range);
                code -= range & (0 - one);
                direct = (direct << 1) | one;
            }
            distance += direct << 4;
            ${reverseBits(at(align, 0), "4")}
        }
    }`;

const source = `
let lc: u32 = 0, lpMask: u32 = 0, pbMask: u32 = 0;
let kState: u32 = 0, kRep0: u32 = 0, kRep1: u32 = 0, kRep2: u32 = 0, kRep3: u32 = 0;
let sum: u64 = 0;

export function setProperties(context: u32, literalMask: u32, positionMask: u32): void {
    lc = context; lpMask = literalMask; pbMask = positionMask;
}

export function reset(): void {
    for (let index: u32 = 0; index < ${probs}; index++) store<u16>(${places.probs} + (index << 1), 1024);
    kState = 0; kRep0 = 0; kRep1 = 0; kRep2 = 0; kRep3 = 0;
}

export function decode(packed: u32, first: u32, last: u32): u32 {
    let next: u32 = ${places.input};
    const end: u32 = next + packed;
    if (packed < 5 || load<u8>(next) !== 0) return 1;
    let code: u32 = bswap<u32>(load<u32>(next + 1));
    next += 5;
    let range: u32 = 0xffffffff;
    let state: u32 = kState, rep0: u32 = kRep0, rep1: u32 = kRep1, rep2: u32 = kRep2, rep3: u32 = kRep3;
    let at: u32 = ${places.window} + first;
    const to: u32 = ${places.window} + last;
    let p: u32 = 0, prob: u32 = 0, bound: u32 = 0, symbol: u32 = 0, tree: u32 = 0;
    let length: u32 = 0, distance: u32 = 0, slot: u32 = 0;
    while (at < to) {
        if (next > end) return 4;
        const posState: u32 = at & pbMask;
        let isLiteral: bool = false;
        ${bit(at(isMatch, "(state << 4) + posState"), "isLiteral = true;", "")}
        if (isLiteral) {
            const previous: u32 = at > ${places.window} ? load<u8>(at - 1) : 0;
            const base: u32 = ${places.probs + 2 * literal} + 0x600 * (((at & lpMask) << lc) + (previous >>> (8 - lc)));
            symbol = 1;
            if (state < 7) {
                ${times(8, () => bit("base + (symbol << 1)", "symbol <<= 1;", "symbol = (symbol << 1) | 1;"))}
                state = state < 4 ? 0 : state - 3;
            } else {
                if (rep0 >= at - ${places.window}) return 2;
                let guess: u32 = load<u8>(at - rep0 - 1);
                let mask: u32 = 0x100;
                let expected: u32 = 0;
                ${times(
                    8,
                    () => `guess <<= 1;
                    expected = guess & mask;
                    ${bit(
                        "base + ((mask + expected + symbol) << 1)",
                        "symbol <<= 1; mask &= ~expected;",
                        "symbol = (symbol << 1) | 1; mask &= expected;",
                    )}`,
                )}
                state = state < 10 ? state - 3 : state - 6;
            }
            store<u8>(at, symbol);
            at++;
            continue;
        }
        let short: bool = false;
        ${bit(
            at(isRep, "state"),
            `rep3 = rep2; rep2 = rep1; rep1 = rep0;
            ${length(matchLength)}
            ${distance}
            rep0 = distance;
            state = state < 7 ? 7 : 10;`,
            `${bit(
                at(isRep0, "state"),
                bit(at(isRep0Long, "(state << 4) + posState"), "short = true;", ""),
                bit(
                    at(isRep1, "state"),
                    "distance = rep1;",
                    `${bit(at(isRep2, "state"), "distance = rep2;", "distance = rep3; rep3 = rep2;")}
                    rep2 = rep1;`,
                ) + "rep1 = rep0; rep0 = distance;",
            )}
            if (!short) { ${length(repLength)} state = state < 7 ? 8 : 11; }`,
        )}
        if (rep0 >= at - ${places.window}) return 2;
        if (short) {
            store<u8>(at, load<u8>(at - rep0 - 1));
            at++;
            state = state < 7 ? 9 : 11;
            continue;
        }
        if (length > to - at) return 3;
        let from: u32 = at - rep0 - 1;
        const stop: u32 = at + length;
        // Up to seven bytes too many: they are overwritten by what follows, and behind the window there is room for them.
        if (rep0 >= 7) {
            do { store<u64>(at, load<u64>(from)); at += 8; from += 8; } while (at < stop);
        } else if (rep0 === 0 && length >= 16) {
            memory.fill(at, load<u8>(from), length);
        } else {
            do { store<u8>(at, load<u8>(from)); at++; from++; } while (at < stop);
        }
        at = stop;
    }
    ${normalize}
    kState = state; kRep0 = rep0; kRep1 = rep1; kRep2 = rep2; kRep3 = rep3;
    return next === end && code === 0 ? 0 : 4;
}

/** Eight tables, each one byte further on. The polynomial is that of ECMA-182, its bits reversed. */
export function makeTable(): void {
    for (let index: u32 = 0; index < 256; index++) {
        let value: u64 = index;
        for (let count: u32 = 0; count < 8; count++) value = (value >> 1) ^ (0xc96c5795d7870f42 & (0 - (value & 1)));
        store<u64>(${places.table} + (index << 3), value);
    }
    for (let index: u32 = 256; index < 2048; index++) {
        const before: u64 = load<u64>(${places.table} + ((index - 256) << 3));
        store<u64>(${places.table} + (index << 3), (before >> 8) ^ load<u64>(${places.table} + ((<u32>before & 255) << 3)));
    }
}

export function beginSum(): void { sum = ~(<u64>0); }

export function addToSum(first: u32, last: u32): void {
    let at: u32 = ${places.window} + first;
    const to: u32 = ${places.window} + last;
    let value: u64 = sum;
    for (; at + 8 <= to; at += 8) {
        value ^= load<u64>(at);
        value = ${times(8, (index) => `${index === 0 ? "" : "^ "}load<u64>(${places.table} + ${(7 - index) * 2048} + ((<u32>(value >> ${8 * index}) & 255) << 3))`)};
    }
    for (; at < to; at++) value = (value >> 8) ^ load<u64>(${places.table} + (((<u32>value ^ <u32>load<u8>(at)) & 255) << 3));
    sum = value;
}

export function endSum(): u64 { return ~sum; }
`;

module.exports = { source, places };
