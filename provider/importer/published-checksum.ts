// The checksum that an image's publisher wrote down beside it: SHA256SUMS and its like, read over the web.
import { BootsourceError } from "../model/errors.js";
import { formatChecksum, parseChecksum, type Checksum } from "../model/digest.js";
import type { Bytes, HttpSpec, ImportRequest, SourceOptions } from "./contract.js";
import { openSource, sourceName } from "./sources/index.js";

/** Which checksum is looked for. */
export interface PublishedChecksum {
    /** The image's source: its trust goes for the file too, its credentials only where both have one origin. */
    readonly source: HttpSpec;
    /** The file of checksums. */
    readonly url: string;
    /** The image's name in it. */
    readonly fileName: string;
}

/** No list of checksums is longer, and whatever is longer is none. */
const mostBytes = 1024 * 1024;

/** The checksum that a request asks for, given or published: it must be known before the bytes are. */
export async function checksumOf(
    { source, checksum, checksumUrl, signal }: Pick<ImportRequest, "source" | "checksum" | "checksumUrl" | "signal">,
    options: SourceOptions,
): Promise<Checksum | undefined> {
    if (checksumUrl === undefined) return checksum;
    if (checksum !== undefined) throw unfit("a checksum and the address of one are given; give one of them");
    if (source.kind !== "http") throw unfit("it is for images on web servers; give the checksum itself");
    return findPublishedChecksum({ source, url: checksumUrl, fileName: publishedName(source) }, options, signal);
}

function unfit(why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot use the address of a checksum: ${why}`);
}

/** Finds the checksum of exactly that file; throws where there is none, or more than one. */
export async function findPublishedChecksum(
    { source, url, fileName }: PublishedChecksum,
    options: SourceOptions,
    signal: AbortSignal,
): Promise<Checksum> {
    const spec = fileSpec(source, url);
    const name = sourceName(spec);
    const doing = `verify ${fileName}`;
    const ending = new AbortController();
    const file = await openSource(spec, options).open(undefined, AbortSignal.any([signal, ending.signal]));
    let text: string;
    try {
        text = await readText(doing, name, file.bytes);
    } finally {
        ending.abort();
    }
    if (/^\s*<[!?a-z]/i.test(text)) {
        throw new BootsourceError(
            "unexpected-response",
            `cannot ${doing}: ${name} is a web page, not a list of checksums; check the address`,
        );
    }
    return choose(doing, name, readChecksums(text), fileName);
}

/** The name under which a published list has an image: the last part of its address. */
export function publishedName(source: HttpSpec): string {
    const last = new URL(source.url).pathname.split("/").at(-1) ?? "";
    try {
        return decodeURIComponent(last);
    } catch {
        return last;
    }
}

function fileSpec(source: HttpSpec, url: string): HttpSpec {
    const { caCertificates, insecureSkipVerify } = source;
    const trusting = { kind: "http", url, caCertificates, insecureSkipVerify } as const;
    if (!URL.canParse(url) || !URL.canParse(source.url)) return trusting;
    const [file, image] = [new URL(url), new URL(source.url)];
    if (file.origin !== image.origin) return trusting;
    // Who logs in to the image by its url logs in to the file beside it in the same way.
    if (file.username === "" && file.password === "") {
        file.username = image.username;
        file.password = image.password;
    }
    const { username, password, headers } = source;
    return { ...trusting, url: file.href, username, password, headers };
}

async function readText(doing: string, name: string, bytes: Bytes): Promise<string> {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of bytes) {
        length += chunk.length;
        if (length > mostBytes) {
            throw new BootsourceError(
                "limit-exceeded",
                `cannot ${doing}: ${name} is longer than 1 MiB, which no list of checksums is; check the address`,
            );
        }
        chunks.push(Buffer.from(chunk));
    }
    return Buffer.concat(chunks).toString("utf8");
}

interface Entry {
    /** Undefined for a checksum that stands alone. */
    readonly name: string | undefined;
    readonly checksum: Checksum;
}

/** The algorithms by the length of their checksums, the weakest first. */
const byLength: Readonly<Record<number, string>> = { 32: "md5", 40: "sha1", 64: "sha256", 128: "sha512" };

/**
 * Lines as the sum programs write them ("hex  name", "hex *name") and as BSD does ("SHA256 (name) = hex"); everything else is
 * passed over: comments, and the armour of a signature, which is not what makes the list worth believing here.
 */
function readChecksums(text: string): Entry[] {
    const lines = text.split(/\r?\n/).map((line) => line.trim());
    const alone = lines.filter((line) => line !== "");
    const entries: Entry[] = [];
    for (const line of lines) {
        const bsd = /^[A-Z]+[-0-9]* ?\((.+)\) ?= ?([0-9a-f]+)$/i.exec(line);
        const sum = /^\\?([0-9a-f]+)(?:\s+\*?(\S.*))?$/i.exec(line);
        const hex = (bsd?.[2] ?? sum?.[1] ?? "").toLowerCase();
        const name = bsd?.[1] ?? sum?.[2];
        const algorithm = byLength[hex.length];
        if (algorithm === undefined || (name === undefined && alone.length !== 1)) continue;
        entries.push({ name: name?.split("/").at(-1), checksum: parseChecksum(`${algorithm}:${hex}`) });
    }
    return entries;
}

function choose(doing: string, list: string, entries: readonly Entry[], fileName: string): Checksum {
    const found = entries.filter(({ name }) => name === undefined || name === fileName);
    const strongest = Math.max(...found.map(({ checksum }) => checksum.hex.length));
    const best = new Set(
        found
            .map(({ checksum }) => checksum)
            .filter(({ hex }) => hex.length === strongest)
            .map(formatChecksum),
    );
    const [only, ...others] = best;
    if (only === undefined) {
        throw new BootsourceError(
            "not-found",
            `cannot ${doing}: ${list} has no checksum of it${listed(entries)}; ${then}`,
        );
    }
    if (others.length > 0) {
        throw new BootsourceError(
            "unexpected-response",
            `cannot ${doing}: ${list} has ${best.size} different checksums of it; ${then}`,
        );
    }
    return parseChecksum(only);
}

const then = "check the address, or give the checksum itself";

function listed(entries: readonly Entry[]): string {
    const names = [...new Set(entries.flatMap(({ name }) => (name === undefined ? [] : [name.slice(0, 100)])))];
    if (names.length === 0) return ", nor of anything else";
    const more = names.length > 3 ? ` and ${names.length - 3} more` : "";
    return ` (it has those of ${names.slice(0, 3).join(", ")}${more})`;
}
