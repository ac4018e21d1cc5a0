// Sizes as Kubernetes writes them ("5Gi", "1G", "1500M", "1e9"), parsed to bytes and printed back.
import { BootsourceError } from "./errors.js";

const suffixes: Readonly<Record<string, bigint>> = {
    "": 1n,
    k: 10n ** 3n,
    M: 10n ** 6n,
    G: 10n ** 9n,
    T: 10n ** 12n,
    P: 10n ** 15n,
    E: 10n ** 18n,
    Ki: 1n << 10n,
    Mi: 1n << 20n,
    Gi: 1n << 30n,
    Ti: 1n << 40n,
    Pi: 1n << 50n,
    Ei: 1n << 60n,
};

/**
 * Bytes of a Kubernetes quantity, rounded up to a whole byte as Kubernetes does. Throws `invalid-argument` for anything that
 * is not one, for a negative size, and for more than 2^53 - 1 bytes. Source of the grammar: the Kubernetes API reference,
 * "Quantity" (k8s.io/apimachinery/pkg/api/resource).
 */
export function parseQuantity(text: string): number {
    const match = /^([+-]?)(\d+)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|m|k|M|G|T|P|E)|[eE]([+-]?\d{1,3}))?$/.exec(
        text.trim(),
    );
    if (!match) throw invalid(text, 'it is not a quantity such as "5Gi", "500M" or "1073741824"');
    const [, sign, whole = "", fraction = "", suffix = "", exponent = "0"] = match;
    if (sign === "-") throw invalid(text, "it is negative");
    const digits = BigInt(whole + fraction);
    const power = Number(exponent) - fraction.length - (suffix === "m" ? 3 : 0);
    const unit = suffixes[suffix === "m" ? "" : suffix] ?? 1n;
    const scaled = digits * unit;
    const bytes = power >= 0 ? scaled * 10n ** BigInt(power) : ceilDivide(scaled, 10n ** BigInt(-power));
    if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(text, "it is larger than 8 PiB");
    return Number(bytes);
}

/** The shortest binary quantity for so many bytes: 5368709120 is "5Gi", 1000 is "1000". */
export function formatQuantity(bytes: number): string {
    for (const suffix of ["Ei", "Pi", "Ti", "Gi", "Mi", "Ki"]) {
        const unit = Number(suffixes[suffix]);
        if (bytes >= unit && bytes % unit === 0) return `${bytes / unit}${suffix}`;
    }
    return String(bytes);
}

/** Bytes for a person to read: "1.5 GiB", "20 KiB", "512 B". */
export function describeBytes(bytes: number): string {
    const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let value = bytes;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
        value /= 1024;
        unit += 1;
    }
    const shown = unit === 0 || value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
    return `${shown} ${units[unit] ?? "B"}`;
}

function ceilDivide(value: bigint, by: bigint): bigint {
    return (value + by - 1n) / by;
}

function invalid(text: string, why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot read the size "${text}": ${why}`);
}
