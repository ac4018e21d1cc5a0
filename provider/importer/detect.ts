// Decides what an image is from its first bytes, once; and refuses what only looks like a disk.
import { BootsourceError } from "../model/errors.js";
import { footers, formats } from "./formats/index.js";
import { raw } from "./formats/raw.js";
import type { Format } from "./contract.js";

/** Bytes from which a format decides. */
export const headBytes = 64 * 1024;

/** Bytes from the end that a format may look at. */
export const tailBytes = 512;

/** The ends of an image. */
export interface Ends {
    readonly head: Uint8Array;
    /** Asked for only where the head alone does not tell. */
    readonly tail: () => Promise<Uint8Array | undefined>;
    /** Its end shows when all has gone by, and not before. */
    readonly isStream: boolean;
}

/** The format of an image by its ends, or the one that the user pins: then nothing is probed. */
export async function detectFormat(
    name: string,
    ends: Ends,
    options: { readonly pinned: string | undefined; readonly mediaType: string | undefined },
): Promise<Format> {
    const { head, tail } = ends;
    if (head.length === 0) {
        throw new BootsourceError(
            "empty-source",
            `cannot import ${name}: it has no bytes; check that it was published whole`,
        );
    }
    if (options.pinned !== undefined) return pinnedFormat(name, ends, options.pinned);
    refuseDocument(name, head, options.mediaType);
    refuseForeign(name, head);
    const known = formats.find((format) => format !== raw && format.match(head));
    if (known !== undefined) return known;
    const end = await tail();
    return formats.find((format) => format.match(head, end)) ?? raw;
}

/** Throws `invalid-argument` for a format that is not one of ours. */
export function checkFormatName(name: string): Format {
    const format = formats.find((candidate) => candidate.name === name);
    if (format !== undefined) return format;
    const known = formats.map((candidate) => candidate.name).join(", ");
    throw new BootsourceError("invalid-argument", `cannot use the format "${name}": it is not one of ${known}`);
}

async function pinnedFormat(name: string, { head, tail, isStream }: Ends, pinned: string): Promise<Format> {
    const format = checkFormatName(pinned);
    if (isStream && footers.some((footer) => footer.format === format)) return format;
    if (format.match(head) || format.match(head, await tail())) return format;
    throw new BootsourceError(
        "unsupported-image",
        `cannot import ${name}: it is not ${pinned}, as the format asked for says; leave the format out to have it found`,
    );
}

/** Formats that are not read yet, and would otherwise become raw disks that no machine boots from. */
const foreign: readonly { readonly name: string; readonly at: number; readonly magic: string }[] = [
    { name: "lz4", at: 0, magic: "\x04\x22\x4d\x18" },
    { name: "zip", at: 0, magic: "PK\x03\x04" },
    { name: "vmdk (of ESX)", at: 0, magic: "COWD" },
    { name: "qed", at: 0, magic: "QED\0" },
    { name: "parallels", at: 0, magic: "WithoutFreeSpace" },
    { name: "parallels", at: 0, magic: "WithouFreSpacExt" },
];

function refuseForeign(name: string, head: Uint8Array): void {
    const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 512)).toString("latin1");
    const found = foreign.find(({ at, magic }) => start.startsWith(magic, at));
    if (found === undefined) return;
    throw new BootsourceError(
        "unsupported-image",
        `cannot import ${name}: it is ${found.name}, which this version does not read; ` +
            'convert it to qcow2, or say that the format is "raw" if these bytes are the disk itself',
        { facts: { found: found.name } },
    );
}

/**
 * A web page or an error document instead of an image. A disk has bytes that no text has, so only text is looked at; text
 * counts as a document when it begins like one, or when the server calls it one.
 */
function refuseDocument(name: string, head: Uint8Array, mediaType: string | undefined): void {
    const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1024)).toString("latin1");
    // Tabs, line ends and everything printable, a byte order mark included.
    if (!/^[\t\n\f\r\x20-\x7e\x80-\xff]*$/.test(start)) return;
    const looks = /^(?:\xef\xbb\xbf)?\s*(?:<[!?a-z]|[{[]\s*(?:["{[\]}]|$))/i.test(start);
    const called = /^(?:text\/|application\/(?:[a-z.+-]*\+)?(?:json|xml|xhtml))/i.test(mediaType ?? "");
    if (!looks && !called) return;
    throw new BootsourceError(
        "not-an-image",
        `cannot import ${name}: a document was served instead of an image${mediaType === undefined ? "" : ` (${mediaType})`}; ` +
            "check the address, and whether it needs a login",
    );
}
