// The head of a question and of an answer (RFC 9112): what is written, and what is believed. Whatever two readers could understand in
// two ways is refused.

/** What goes wrong between us and a server that speaks HTTP, or should. */
export class HttpError extends Error {
    readonly code: "HTTP_INVALID" | "HTTP_CLOSED" | "HTTP_PROXY";

    constructor(code: HttpError["code"], message: string) {
        super(message);
        this.code = code;
    }
}

/** The head of an answer. */
export interface Head {
    readonly status: number;
    /** By names in lower case; of lines with the same name the first. */
    readonly headers: Readonly<Record<string, string | undefined>>;
    /** How the body is told from what follows it. */
    readonly framing: Framing;
    /** Whether the server answers another question on this connection. */
    readonly reusable: boolean;
}

/** A body of so many bytes, in chunks, or up to the end of the connection. */
export type Framing =
    { readonly kind: "length"; readonly length: number } | { readonly kind: "chunked" } | { readonly kind: "close" };

/** Bytes of a head, and of trailers, at most; as much as Node takes. */
export const longestHead = 16 * 1024;

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
// No control characters but the tab: neither line ends nor a fold, nor what ends a text elsewhere.
const text = "[^\\x00-\\x08\\x0a-\\x1f\\x7f]*";
const statusLine = new RegExp(`^HTTP/1\\.([01]) ([1-9]\\d\\d)(?: ${text})?$`);
const headerLine = new RegExp(`^(${token}):[ \\t]*(${text}?)[ \\t]*$`);
const wholeToken = new RegExp(`^${token}$`);
// Nothing that is more than one byte, either.
const wholeValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Headers that say how the question itself is framed; they are ours to say. */
const ours: ReadonlySet<string> = new Set([
    "content-length",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
]);

/** The head of a question as it goes out. */
export function formatHead(
    method: string,
    target: string,
    headers: Readonly<Record<string, string>>,
    bodyLength: number | undefined,
): string {
    if (!/^[\x21-\x7e]+$/.test(target)) throw new HttpError("HTTP_INVALID", "the address is not one that can be sent");
    const lines = [`${method} ${target} HTTP/1.1`];
    for (const [name, value] of Object.entries(headers)) {
        if (!wholeToken.test(name) || !wholeValue.test(value) || ours.has(name.toLowerCase())) {
            throw new HttpError("HTTP_INVALID", `the header ${JSON.stringify(name)} cannot be sent`);
        }
        lines.push(`${name}: ${value}`);
    }
    if (bodyLength !== undefined) lines.push(`content-length: ${bodyLength}`);
    return [...lines, "", ""].join("\r\n");
}

/** Reads the head of an answer to a question; without the empty line that ends it. */
export function parseHead(head: string, method: string): Head {
    const [first = "", ...lines] = head.split("\r\n");
    const [, minor, code] = statusLine.exec(first) ?? [];
    if (code === undefined) throw invalid("its status line is none");
    const headers = parseFields(lines);
    const status = Number(code);
    const one = Object.fromEntries([...headers].map(([name, [value]]) => [name, value]));
    const framing = framingOf(method, status, headers, minor === "1");
    const connection = (headers.get("connection") ?? [])
        .join(",")
        .toLowerCase()
        .split(/[ \t]*,[ \t]*/);
    const keeps = minor === "1" ? !connection.includes("close") : connection.includes("keep-alive");
    return { status, headers: one, framing, reusable: keeps && framing.kind !== "close" };
}

/** Header lines, or trailers, by their names in lower case. */
export function parseFields(lines: readonly string[]): Map<string, string[]> {
    const fields = new Map<string, string[]>();
    for (const line of lines) {
        const [, name, value] = headerLine.exec(line) ?? [];
        if (name === undefined || value === undefined) throw invalid("a header line is none");
        const key = name.toLowerCase();
        fields.set(key, [...(fields.get(key) ?? []), value]);
    }
    return fields;
}

function framingOf(
    method: string,
    status: number,
    headers: ReadonlyMap<string, readonly string[]>,
    chunks: boolean,
): Framing {
    const lengths = headers.get("content-length");
    const codings = headers.get("transfer-encoding");
    if (lengths !== undefined && (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? ""))) {
        throw invalid("its Content-Length is no length");
    }
    if (method === "HEAD" || status < 200 || status === 204 || status === 304) return { kind: "length", length: 0 };
    if (codings !== undefined) {
        if (lengths !== undefined) throw invalid("it has both a Content-Length and a Transfer-Encoding");
        if (!chunks || codings.length > 1 || codings[0]?.toLowerCase() !== "chunked") {
            throw invalid("its Transfer-Encoding is not understood");
        }
        return { kind: "chunked" };
    }
    return lengths === undefined ? { kind: "close" } : { kind: "length", length: Number(lengths[0]) };
}

/** The error for an answer that is not HTTP, or not to be trusted as such. */
export function invalid(why: string): HttpError {
    return new HttpError("HTTP_INVALID", `the answer is not HTTP: ${why}`);
}
