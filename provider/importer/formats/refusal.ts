// How an image is refused, and the parts of it that messages speak of.
import { BootsourceError, type ErrorCode } from "../../model/errors.js";

/** An error of an image: `cannot import <name>: <why>; <what to do>`. */
export type Refuse = (code: ErrorCode, why: string, then: string) => BootsourceError;

/** Makes the errors of one image. */
export function refusal(name: string): Refuse {
    return (code, why, then) => new BootsourceError(code, `cannot import ${name}: ${why}; ${then}`);
}

/** What to do about an image that contradicts itself. */
export const remake = "the image is damaged, fetch or make it again";

/**
 * Throws where a part of the image lies behind its end: `truncated` where a whole image could reach so far (a download that
 * stopped), `corrupt-image` where none could.
 */
export function checkInside(
    part: { readonly what: string; readonly offset: number; readonly length: number },
    image: { readonly fileSize: number | undefined; readonly virtualSize: number },
    refuse: Refuse,
): void {
    if (part.offset + part.length <= (image.fileSize ?? Number.MAX_SAFE_INTEGER)) return;
    const plausible = part.offset <= 2 * image.virtualSize + (image.fileSize ?? 0);
    if (plausible) throw refuse("truncated", `${part.what} lies behind its end, so it is cut off`, remake);
    throw refuse("corrupt-image", `${part.what} lies outside the image`, remake);
}

/** A part of the image that is not guest data. */
export interface Extent {
    /** What it is, for messages. */
    readonly what: string;
    readonly offset: number;
    readonly length: number;
}
