// Damages bytes as a careless writer, a bad disk or somebody who means it would.

/** A stretch of bytes: from where, and how many. */
export type Stretch = readonly [offset: number, length: number];

/** A damaged copy. Most of the damage falls on the stretches that are named: what decides how the rest is read. */
export function mutate(bytes: Buffer, hot: readonly Stretch[], random: () => number): Buffer {
    const copy = Buffer.from(bytes);
    const place = (): number => {
        const [from, length] = hot[random() % Math.max(1, hot.length)] ?? [0, copy.length];
        if (random() % 4 === 0) return random() % copy.length;
        return Math.min(copy.length - 1, from + (random() % Math.max(1, length)));
    };
    for (let count = 1 + (random() % 4); count > 0; count -= 1) {
        changes[random() % changes.length]?.(copy, place(), place(), random);
    }
    const kind = random() % 24;
    if (kind < 2) return copy.subarray(0, random() % copy.length);
    if (kind === 2) return Buffer.concat([copy, copy.subarray(0, random() % 4096)]);
    if (kind > 3) return copy;
    const [from, to] = [place(), place()].sort((left, right) => left - right) as [number, number];
    return Buffer.concat([copy.subarray(0, from), copy.subarray(to)]);
}

type Change = (bytes: Buffer, at: number, other: number, random: () => number) => void;

const changes: readonly Change[] = [
    (bytes, at, _other, random) => {
        bytes[at] = (bytes[at] ?? 0) ^ (1 << (random() % 8));
    },
    (bytes, at, _other, random) => {
        bytes[at] = random();
    },
    (bytes, at, _other, random) => {
        bytes.subarray(at, at + 1 + (random() % 16)).fill(random() % 2 === 0 ? 0 : 0xff);
    },
    (bytes, at, other, random) => {
        bytes.copy(bytes, at, other, other + [1, 2, 4, 8, 16, 64][random() % 6]!);
    },
    // Fields lie where their own length says, and hold numbers that somebody calculates with: a few times, for most fields are such.
    ...Array.from({ length: 4 }, () => writeNumber),
];

function writeNumber(bytes: Buffer, at: number, other: number, random: () => number): void {
    const width = [1, 2, 4, 8][random() % 4] ?? 4;
    const from = at - (at % width);
    if (from + width > bytes.length) return;
    const field = bytes.subarray(from, from + width);
    const isLittle = random() % 2 === 0;
    if (isLittle) field.reverse();
    const most = (1n << BigInt(8 * width)) - 1n;
    const now = BigInt(`0x${field.toString("hex")}`);
    const numbers = [
        0n,
        1n,
        most,
        most >> 1n,
        (most >> 1n) + 1n,
        now + 1n,
        now - 1n,
        now * 2n,
        now / 2n,
        now ^ (1n << 9n),
    ];
    const places = [bytes.length, other, bytes.length >> 9, other >> 9].map(BigInt);
    const all = [...numbers, ...places];
    const value = (all[random() % all.length] ?? 0n) & most;
    field.write(value.toString(16).padStart(2 * width, "0"), "hex");
    if (isLittle) field.reverse();
}
