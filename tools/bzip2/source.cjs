// One block of bzip2 in AssemblyScript: codes, runs, moving to the front and the column's order; then its bytes and their checksum.
"use strict";
const { sums } = require("./sums.cjs");

/** Where things lie in the memory, in bytes. The column has four bytes for each of 900,000. */
const places = {
    lengths: 1024,
    front: 4096,
    counts: 8192,
    selectors: 12288,
    sums: 32768,
    limits: 40960,
    offsets: 41600,
    symbols: 43008,
    lookup: 47104,
    column: 65536,
    input: 56 * 65536,
    // The largest block that a stream may hold takes no more: 900,001 symbols of 20 bits, and its tables.
    inputBytes: 2600000,
    output: 96 * 65536,
    outputBytes: 1048576,
};
const pages = 112;

const table = { lengths: 258, limits: 22 * 4, offsets: 22 * 4, symbols: 258 * 2, lookup: 1024 * 2 };
const mostSelectors = 18002;

/** What \`read\` answers where a block is none; the messages stand beside the class that calls it. */
const fault = {
    cut: 1,
    shuffled: 2,
    empty: 3,
    tables: 4,
    selector: 5,
    length: 6,
    overlap: 7,
    code: 8,
    over: 9,
    full: 10,
    origin: 11,
};

const refill = `
    acc |= bswap<u64>(load<u64>(next)) >> have;
    next += <u32>((63 - have) >> 3);
    have |= 56;`;

const source = `
let gAcc: u64 = 0, gHave: u64 = 0, gNext: u32 = 0, gEnd: u32 = 0;
let length: u32 = 0, origin: u32 = 0;
let place: u32 = 0, left: u32 = 0, same: u32 = 0, last: u32 = 0, sum: u32 = 0;

/** Bits from the beginning of the input to what is read next. */
export function position(): u32 { return ((gNext - ${places.input}) << 3) - <u32>gHave; }

/** Bytes of the block before its runs are written out. */
export function columnLength(): u32 { return length; }

/** So many bits: 1 to 24. */
function bits(count: u64): u32 {
    let acc: u64 = gAcc, have: u64 = gHave, next: u32 = gNext;
    if (have < count) {${refill}}
    gAcc = acc << count; gHave = have - count; gNext = next;
    return <u32>(acc >> (64 - count));
}

function isPastEnd(): bool { return position() > gEnd; }

/** Where bytes were missing, nothing else that was found counts. */
function failed(fault: u32): u32 { return isPastEnd() ? ${fault.cut} : fault; }

function readLengths(table: u32, symbols: u32): u32 {
    let size: u32 = bits(5);
    const at: u32 = ${places.lengths} + table * ${table.lengths};
    for (let symbol: u32 = 0; symbol < symbols; symbol++) {
        for (;;) {
            if (size < 1 || size > 20) return ${fault.length};
            if (bits(1) === 0) break;
            if (bits(1) === 0) size++; else size--;
        }
        store<u8>(at + symbol, size);
        if (isPastEnd()) return ${fault.cut};
    }
    return 0;
}

/** Canonical codes: their lengths say everything. Short ones are looked up at once, ten bits wide. */
function makeCodes(table: u32, symbols: u32): u32 {
    const lengths: u32 = ${places.lengths} + table * ${table.lengths};
    const limits: u32 = ${places.limits} + table * ${table.limits};
    const offsets: u32 = ${places.offsets} + table * ${table.offsets};
    const order: u32 = ${places.symbols} + table * ${table.symbols};
    const lookup: u32 = ${places.lookup} + table * ${table.lookup};
    memory.fill(lookup, 0, ${table.lookup});
    let code: u32 = 0, before: u32 = 0;
    for (let size: u32 = 1; size <= 20; size++) {
        const first: u32 = before;
        for (let symbol: u32 = 0; symbol < symbols; symbol++) {
            if (load<u8>(lengths + symbol) !== size) continue;
            store<u16>(order + (before << 1), symbol);
            if (size <= 10) {
                const here: u32 = code + before - first;
                if (here >= <u32>1 << size) return ${fault.overlap};
                const from: u32 = here << (10 - size);
                for (let at: u32 = from, to: u32 = from + (<u32>1 << (10 - size)); at < to; at++)
                    store<u16>(lookup + (at << 1), (size << 9) | symbol);
            }
            before++;
        }
        const count: u32 = before - first;
        // More codes than there are of that length: whoever decodes them differently sees another disk.
        if (code + count > <u32>1 << size) return ${fault.overlap};
        store<i32>(offsets + (size << 2), <i32>first - <i32>code);
        store<i32>(limits + (size << 2), <i32>(code + count) - 1);
        code = (code + count) << 1;
    }
    return 0;
}

/** Takes a block apart that begins at a bit of the input, behind its magic and its sum; answers 0, or what is wrong with it. */
export function read(first: u32, end: u32, most: u32): u32 {
    gNext = ${places.input} + (first >>> 3); gAcc = 0; gHave = 0; gEnd = end;
    if ((first & 7) !== 0) bits(first & 7);
    if (bits(1) === 1) return failed(${fault.shuffled});
    origin = bits(24);
    const rows: u32 = bits(16);
    let used: u32 = 0;
    for (let row: u32 = 0; row < 16; row++) {
        if ((rows & (0x8000 >>> row)) === 0) continue;
        const columns: u32 = bits(16);
        for (let column: u32 = 0; column < 16; column++) {
            if ((columns & (0x8000 >>> column)) === 0) continue;
            store<u8>(${places.front} + used, (row << 4) | column);
            used++;
        }
    }
    if (used === 0) return failed(${fault.empty});
    const tables: u32 = bits(3);
    const written: u32 = bits(15);
    if (tables < 2 || tables > 6 || written === 0) return failed(${fault.tables});
    // As many as the largest block needs; more are written by some, and mean nothing.
    const selectors: u32 = min<u32>(written, ${mostSelectors});
    let order: u32 = 0x543210;
    for (let index: u32 = 0; index < written; index++) {
        let front: u32 = 0;
        while (bits(1) === 1) if (++front >= tables) return failed(${fault.selector});
        const shift: u32 = front << 2;
        const chosen: u32 = (order >>> shift) & 15;
        const below: u32 = (<u32>1 << shift) - 1;
        order = (order & ~(below | (<u32>15 << shift))) | ((order & below) << 4) | chosen;
        if (index < selectors) store<u8>(${places.selectors} + index, chosen);
        if (isPastEnd()) return ${fault.cut};
    }
    const symbols: u32 = used + 2;
    for (let index: u32 = 0; index < tables; index++) {
        let wrong: u32 = readLengths(index, symbols);
        if (wrong === 0) wrong = makeCodes(index, symbols);
        if (wrong !== 0) return failed(wrong);
    }
    memory.fill(${places.counts}, 0, 1024);
    const wrong: u32 = readColumn(selectors, used + 1, most);
    if (wrong !== 0) return failed(wrong);
    if (isPastEnd()) return ${fault.cut};
    if (origin >= length) return ${fault.origin};
    orderColumn();
    return 0;
}

/** Undoes codes, runs of the first place, and moving to the front; counts each byte. */
function readColumn(selectors: u32, end: u32, most: u32): u32 {
    let acc: u64 = gAcc, have: u64 = gHave, next: u32 = gNext;
    let at: u32 = ${places.column};
    const stop: u32 = at + (most << 2);
    let run: u32 = 0, weight: u32 = 1, group: u32 = 0, left: u32 = 0;
    let table: u32 = 0, lookup: u32 = 0, size: u32 = 0, symbol: u32 = 0, wrong: u32 = 0;
    for (;;) {
        if (left === 0) {
            if (((next - ${places.input}) << 3) - <u32>have > gEnd) { wrong = ${fault.cut}; break; }
            if (group >= selectors) { wrong = ${fault.over}; break; }
            table = load<u8>(${places.selectors} + group);
            group++;
            lookup = ${places.lookup} + table * ${table.lookup};
            left = 50;
        }
        left--;
        if (have < 20) {${refill}}
        const entry: u32 = load<u16>(lookup + (<u32>(acc >> 54) << 1));
        if (entry !== 0) {
            size = entry >>> 9;
            symbol = entry & 511;
        } else {
            size = 11;
            const limits: u32 = ${places.limits} + table * ${table.limits};
            while (size <= 20 && <i32>(acc >> (64 - <u64>size)) > load<i32>(limits + (size << 2))) size++;
            // As many bits were looked at: where some of them are missing, that is what is wrong.
            if (size > 20) { have -= 20; wrong = ${fault.code}; break; }
            const index: i32 = <i32>(acc >> (64 - <u64>size)) + load<i32>(${places.offsets} + table * ${table.offsets} + (size << 2));
            symbol = load<u16>(${places.symbols} + table * ${table.symbols} + (index << 1));
        }
        acc <<= <u64>size;
        have -= <u64>size;
        if (symbol <= 1) {
            // Two digits, 1 and 2, of a number to the base of 2.
            run += weight << symbol;
            weight <<= 1;
            if (run > most) { wrong = ${fault.full}; break; }
            continue;
        }
        if (run > 0) {
            const byte: u32 = load<u8>(${places.front});
            if (run > (stop - at) >>> 2) { wrong = ${fault.full}; break; }
            const count: u32 = ${places.counts} + (byte << 2);
            store<u32>(count, load<u32>(count) + run);
            for (const to: u32 = at + (run << 2); at < to; at += 4) store<u32>(at, byte);
            run = 0;
            weight = 1;
        }
        if (symbol === end) break;
        if (at >= stop) { wrong = ${fault.full}; break; }
        let behind: u32 = symbol - 1;
        const byte: u32 = load<u8>(${places.front} + behind);
        let carry: u64 = byte;
        let front: u32 = ${places.front};
        while (behind >= 8) {
            const eight: u64 = load<u64>(front);
            store<u64>(front, (eight << 8) | carry);
            carry = eight >> 56;
            front += 8;
            behind -= 8;
        }
        const eight: u64 = load<u64>(front);
        const mask: u64 = ~(<u64>0) >> (56 - (<u64>behind << 3));
        store<u64>(front, (eight & ~mask) | (((eight << 8) | carry) & mask));
        const count: u32 = ${places.counts} + (byte << 2);
        store<u32>(count, load<u32>(count) + 1);
        store<u32>(at, byte);
        at += 4;
    }
    gAcc = acc; gHave = have; gNext = next;
    length = (at - ${places.column}) >>> 2;
    return wrong;
}

/** The inverse of Burrows and Wheeler's: beside each byte stands where the next one is. */
function orderColumn(): void {
    let total: u32 = 0;
    for (let at: u32 = ${places.counts}; at < ${places.counts + 1024}; at += 4) {
        const count: u32 = load<u32>(at);
        store<u32>(at, total);
        total += count;
    }
    for (let index: u32 = 0, all: u32 = length; index < all; index++) {
        const count: u32 = ${places.counts} + (<u32>load<u8>(${places.column} + (index << 2)) << 2);
        const to: u32 = load<u32>(count);
        store<u32>(count, to + 1);
        const at: u32 = ${places.column} + (to << 2);
        store<u32>(at, <u32>load<u8>(at) | (index << 8));
    }
    place = load<u32>(${places.column} + (origin << 2)) >>> 8;
    left = length;
    same = 0; last = 256; sum = 0xffffffff;
}

/** The next bytes of the block that was read, and how many they are; none at its end. */
export function write(): u32 {
    let to: u32 = ${places.output};
    const stop: u32 = to + ${places.outputBytes - 256};
    let at: u32 = place, more: u32 = left, equal: u32 = same, before: u32 = last;
    while (more > 0 && to < stop) {
        const entry: u32 = load<u32>(${places.column} + (at << 2));
        const byte: u32 = entry & 255;
        at = entry >>> 8;
        more--;
        if (equal === 4) {
            // After four equal bytes comes a number: so many more of them.
            if (byte > 0) memory.fill(to, <u8>before, byte);
            to += byte;
            equal = 0;
            before = 256;
            continue;
        }
        store<u8>(to, byte);
        to++;
        equal = byte === before ? equal + 1 : 1;
        before = byte;
    }
    place = at; left = more; same = equal; last = before;
    addToSum(to);
    return to - ${places.output};
}

/** Whether \`write\` has more to give. */
export function hasMore(): bool { return left > 0; }

/** The checksum of what was written. */
export function checksum(): u32 { return ~sum; }

${sums(places.sums, places.output)}`;

module.exports = { source, places, pages };
