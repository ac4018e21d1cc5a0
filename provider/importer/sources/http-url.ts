// What a user writes for an http source, checked and taken apart: the address, and the secrets that belong to its origin.
import { BootsourceError } from "../../model/errors.js";
import type { SourceSpec } from "../contract.js";

/** An address without secrets, and the headers that no other origin may see. */
export interface Address {
    readonly url: URL;
    readonly secrets: Readonly<Record<string, string>>;
}

/** Checks an http source; throws `invalid-argument` without repeating what may be secret. */
export function parseAddress(spec: Extract<SourceSpec, { kind: "http" }>): Address {
    const url = URL.canParse(spec.url) ? new URL(spec.url) : undefined;
    if (url?.protocol !== "http:" && url?.protocol !== "https:") {
        throw new BootsourceError(
            "invalid-argument",
            `cannot use the url ${redactUrl(spec.url)}: it must be a complete address that begins with http:// or https://`,
        );
    }
    const username = trimEnd(spec.username) ?? decode(url.username);
    const password = trimEnd(spec.password) ?? decode(url.password);
    const secrets: Record<string, string> = {};
    for (const line of spec.headers ?? []) {
        const [name, value] = parseHeader(line);
        secrets[name] = value;
    }
    if (username !== "" || password !== "") {
        secrets["authorization"] = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
    }
    url.username = "";
    url.password = "";
    url.hash = "";
    return { url, secrets };
}

/** An address for messages: no user, no password, no fragment, and of a query only that there is one. */
export function redactUrl(text: string): string {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url?.protocol === "http:" || url?.protocol === "https:") {
        return `${url.protocol}//${url.host}${url.pathname}${url.search === "" ? "" : "?..."}`;
    }
    // Not an address of ours; still, what stands before an at sign or behind a question mark may be secret.
    return text.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, "$1").replace(/[?#].*$/s, "?...");
}

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        throw new BootsourceError(
            "invalid-argument",
            "cannot use the credentials in the url: a percent sign in them is not followed by two hex digits; write it as %25",
        );
    }
}

/** Secrets often come out of files and end with a line break that was never meant to be part of them. */
function trimEnd(text: string | undefined): string | undefined {
    return text?.replace(/[\r\n]+$/, "");
}

function parseHeader(line: string): [string, string] {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)$/.exec(line.replace(/[\r\n]+$/, ""));
    if (match?.[1] === undefined) {
        throw new BootsourceError(
            "invalid-argument",
            'cannot use one of the extra headers: it is not one line of the form "Name: value"',
        );
    }
    return [match[1].toLowerCase(), (match[2] ?? "").trim()];
}
