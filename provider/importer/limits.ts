// The bounds of an import that names none: far above any image that is meant well, far below what would never end.
import { BootsourceError } from "../model/errors.js";
import { formatQuantity } from "../model/quantity.js";
import type { ImportRequest, Limits } from "./contract.js";

const tebibyte = 2 ** 40;

/**
 * What bytes may be read and what may become of them. Where a size is asked for, it bounds the disk, and what comes out of a
 * compression too: an image file holds its disk, its tables and perhaps snapshots, a few times the disk's size, not a thousand
 * times. Without a size, an image whose header tells its virtual size may be a disk of 64 TiB, because its holes cost
 * nothing; a stream that does not tell how long it is ends at 1 TiB, because the way there costs time: gzip makes a terabyte
 * of zeros out of a gigabyte. What such a stream really fills is bounded by the free room as well (`spared`).
 */
export function limitsOf({ size, limits }: Pick<ImportRequest, "size" | "limits">): Limits {
    return {
        sourceBytes: 16 * tebibyte,
        streamBytes: size === undefined ? tebibyte : 4 * size + 4 * 2 ** 30,
        virtualBytes: size ?? 64 * tebibyte,
        ...limits,
    };
}

/** Throws `limit-exceeded` where a header tells of a disk larger than anybody has. */
export function checkVirtualSize(name: string, virtualSize: number | undefined, limit: number): void {
    if (virtualSize === undefined || virtualSize <= limit) return;
    throw new BootsourceError(
        "limit-exceeded",
        `cannot import ${name}: its virtual size is ${formatQuantity(virtualSize)}, more than the limit of ` +
            `${formatQuantity(limit)}; ask for a size of your own if that is right`,
        { facts: { virtualSize, limit } },
    );
}

/** The error for a stream that goes on beyond its limit. `what` is the stream: "its gz compression". */
export function endless(name: string, what: string, limit: number): BootsourceError {
    return new BootsourceError(
        "limit-exceeded",
        `cannot import ${name}: more than ${formatQuantity(limit)} come out of ${what}; ` +
            "ask for a size that holds them if that is right",
        { facts: { limit } },
    );
}

/** Of the free room, what a disk of unknown size may fill: the last of it belongs to everybody else on the machine. */
export function spared(free: number): number {
    return Math.max(0, free - Math.min(2 ** 30, Math.floor(free / 20)));
}
