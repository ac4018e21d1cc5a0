// Guest disks for tests: the same bytes for the same seed, with data that compresses, data that does not, and zeros.

/** A disk of so many bytes; `unit` is the size of the stretches that differ in kind. */
export function makeDisk(size: number, options: { readonly seed?: number; readonly unit?: number } = {}): Buffer {
    const disk = Buffer.alloc(size);
    const unit = options.unit ?? 16_384;
    const random = seededRandom(options.seed ?? 1);
    for (let at = 0; at < size; at += unit) {
        const end = Math.min(size, at + unit);
        const kind = random() % 4;
        // 0: a hole.
        if (kind === 1) for (let byte = at; byte < end; byte += 1) disk[byte] = random() & 0xff;
        if (kind === 2) disk.fill(`stretch ${at} of a disk; `, at, end);
        // Zeros with one byte in them, at the very end: what a careless look for zeros would lose.
        if (kind === 3) disk[end - 1] = 1 + (random() % 255);
    }
    return disk;
}

/** Numbers below 2^31, the same sequence for the same seed (a linear congruential generator, its upper bits). */
export function seededRandom(seed: number): () => number {
    let state = BigInt(seed) * 2n + 1n;
    return () => {
        state = (state * 6364136223846793005n + 1442695040888963407n) & 0xffffffffffffffffn;
        return Number(state >> 33n);
    };
}
