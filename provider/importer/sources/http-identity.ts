// What the headers of an answer say about the image behind it.
import type { Identity } from "../contract.js";
import type { Answer } from "./http-exchange.js";

/** The part that an answer holds: from where to where (exclusive), and of how much. */
export interface ContentRange {
    readonly start: number;
    readonly end: number;
    readonly total: number | undefined;
}

/**
 * The identity of the image that an answer is about. Of one that is coded on the way, length and parts are those of the code, and
 * so is the ETag: it changes with the coding, and what it names cannot be gone on with.
 */
export function identityOf(answer: Answer, coded = false): Identity {
    const identity = readIdentity(answer);
    return coded ? { ...identity, size: undefined, version: undefined, ranges: false } : identity;
}

function readIdentity(answer: Answer): Identity {
    const { headers, status } = answer;
    const partial = status === 206;
    const etag = headers["etag"];
    return {
        size: partial ? contentRange(answer)?.total : length(headers["content-length"]),
        // A weak validator promises the same meaning, not the same bytes.
        version: etag !== undefined && /^".*"$/.test(etag) ? etag : undefined,
        ranges: partial || /\bbytes\b/i.test(headers["accept-ranges"] ?? ""),
        lastModified: isoTime(headers["last-modified"]),
        mediaType: headers["content-type"]?.split(";")[0]?.trim().toLowerCase(),
        edition: etag,
        origin: answer.address.url.origin,
    };
}

/** The Content-Range of an answer, where it is a sound one. */
export function contentRange(answer: Answer): ContentRange | undefined {
    const match = /^bytes (\d{1,15})-(\d{1,15})\/(?:(\d{1,15})|\*)$/i.exec(
        answer.headers["content-range"]?.trim() ?? "",
    );
    if (match === null) return undefined;
    const start = Number(match[1]);
    const end = Number(match[2]) + 1;
    const total = match[3] === undefined ? undefined : Number(match[3]);
    return end > start && end <= (total ?? Infinity) ? { start, end, total } : undefined;
}

/** The size that a refused range (416) still tells. */
export function sizeOfRefusedRange(answer: Answer): number | undefined {
    const match = /^bytes \*\/(\d{1,15})$/i.exec(answer.headers["content-range"]?.trim() ?? "");
    return match === null ? undefined : Number(match[1]);
}

function length(text: string | undefined): number | undefined {
    return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

function isoTime(text: string | undefined): string | undefined {
    const time = Date.parse(text ?? "");
    return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}
