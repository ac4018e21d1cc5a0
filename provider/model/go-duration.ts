// Durations as Go writes them ("1h30m"), which is how the platform's objects have them.

const nanoseconds: Readonly<Record<string, bigint>> = {
    ns: 1n,
    us: 1_000n,
    "\u00b5s": 1_000n,
    "\u03bcs": 1_000n,
    ms: 1_000_000n,
    s: 1_000_000_000n,
    m: 60_000_000_000n,
    h: 3_600_000_000_000n,
};

/** Whole seconds of a duration by the rules of Go's time.ParseDuration, cut toward zero; undefined where it is none. */
export function durationSeconds(text: string): number | undefined {
    const [, sign, amounts = ""] =
        /^([+-]?)(0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|[u\u00b5\u03bc]s|ms|s|m|h))+)$/.exec(text) ?? [];
    if (amounts === "") return undefined;
    let total = 0n;
    for (const [, whole = "", fraction = "", unit = ""] of amounts.matchAll(/(\d*)\.?(\d*)([^\d.]+)/g)) {
        const scaled = BigInt(whole + fraction) * (nanoseconds[unit] ?? 0n);
        total += scaled / 10n ** BigInt(fraction.length);
    }
    // Go counts nanoseconds in 64 bits: 292 years are the longest.
    if (total >= 2n ** 63n) return undefined;
    return Number((sign === "-" ? -total : total) / 1_000_000_000n);
}
