// A footer behind a raw disk makes it one of another format: in a stream it shows at the end only, and must not reach the disk.
import { BootsourceError } from "../model/errors.js";
import type { Bytes, Format } from "./contract.js";

/** What may stand behind a raw disk. */
export interface Footer {
    /** What the disk and the footer are together. */
    readonly format: Format;
    readonly length: number;
    /** Its first bytes. */
    readonly magic: Uint8Array;
    /** Whether these bytes are the footer of a disk of exactly so many bytes. */
    isOf(bytes: Uint8Array, diskSize: number): boolean;
}

/** Whether a footer can end a file of this size: a disk is whole pages, and has one sector more with a footer behind it. */
export function mayEndInFooter(size: number): boolean {
    return size % 512 === 0 && size % 4096 !== 0;
}

/**
 * The disk without its footer; `found` is called at the end where there was one. Bytes are held back only where they begin as a
 * footer does, so that every other disk passes as it comes.
 */
export async function* withoutFooter(input: Bytes, footer: Footer, found: () => void): Bytes {
    const { length, magic } = footer;
    let held = new Uint8Array(0);
    let passed = 0;
    for await (const chunk of input) {
        const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const last = Math.floor((passed + bytes.length - 1) / length) * length - passed;
        const begins = last >= 0 && magic.every((byte, at) => (bytes[last + at] ?? byte) === byte);
        held = begins ? new Uint8Array(bytes.subarray(last)) : new Uint8Array(0);
        const passing = bytes.subarray(0, bytes.length - held.length);
        passed += passing.length;
        if (passing.length > 0) yield passing;
    }
    if (held.length === length && footer.isOf(held, passed)) found();
    else if (held.length > 0) yield held;
}

/** The error for a disk that was said to end in a footer, and does not. */
export function withoutItsFooter(name: string, format: string): BootsourceError {
    return new BootsourceError(
        "unsupported-image",
        `cannot import ${name}: it is not ${format}, as the format asked for says: no footer stands at its end; ` +
            "leave the format out to have it found",
    );
}
