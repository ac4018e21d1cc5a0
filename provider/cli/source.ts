// SOURCE as a user writes it: a path, a file:// url, or a web address with its credentials.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BootsourceError } from "../model/errors.js";
import type { SourceSpec } from "../importer/contract.js";
import { fileSystemError } from "../importer/file-system-error.js";
import { redactUrl } from "../importer/sources/http-url.js";
import type { CommandLine, Flag } from "./command-line.js";

/** The flags that every command with a SOURCE has. */
export const sourceFlags = {
    user: { value: "NAME", text: "User name for a web server that asks for one." },
    "password-file": { value: "FILE", text: "File that holds the password; a line break at its end does not count." },
    "ca-file": { value: "FILE", text: "Certificates (PEM) to trust beside the system's own." },
    format: { value: "FORMAT", text: "Do not probe: the image is raw or qcow2. Compression is found all the same." },
    json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
} as const satisfies Record<string, Flag>;

/** Reads SOURCE and the flags that belong to it. */
export function readSource(text: string, line: CommandLine): SourceSpec {
    const username = line.values["user"];
    const passwordFile = line.values["password-file"];
    const caFile = line.values["ca-file"];
    if (/^https?:/i.test(text)) {
        return {
            kind: "http",
            url: text,
            username,
            password: passwordFile === undefined ? undefined : readText(passwordFile, "password").replace(/\r?\n$/, ""),
            caCertificates: caFile === undefined ? undefined : readText(caFile, "certificates"),
        };
    }
    for (const flag of ["user", "password-file", "ca-file"]) {
        if (line.values[flag] === undefined) continue;
        throw invalid(`cannot use --${flag}: SOURCE is a file of this machine; leave the flag out`);
    }
    if (text === "-") {
        throw invalid(
            "cannot read standard input: an image may have to be read twice; save it in a file and name that",
        );
    }
    if (/^file:\/\//i.test(text)) return { kind: "file", path: pathOf(text) };
    const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)?.[1];
    if (scheme !== undefined) {
        throw invalid(`cannot read ${redactUrl(text)}: ${scheme} is not one of http, https, file`);
    }
    return { kind: "file", path: resolve(text) };
}

function readText(path: string, what: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch (thrown) {
        throw fileSystemError(thrown, `read the ${what} from ${path}`);
    }
}

function pathOf(url: string): string {
    try {
        return fileURLToPath(url);
    } catch (thrown) {
        throw new BootsourceError(
            "invalid-argument",
            `cannot use ${url}: it does not name a file of this machine; write file:///path/to/image`,
            { cause: thrown },
        );
    }
}

function invalid(message: string): BootsourceError {
    return new BootsourceError("invalid-argument", message);
}
