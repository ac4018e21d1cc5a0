// SOURCE as a user writes it: a path, an address of one of the kinds, or standard input, with the flags that belong to it.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { BootsourceError } from "../model/errors.js";
import { parseReference } from "../model/image-reference.js";
import type { SourceSpec } from "../importer/contract.js";
import { fileSystemError } from "../importer/file-system-error.js";
import { redactUrl } from "../importer/sources/http-url.js";
import type { CommandLine, Flag } from "./command-line.js";

/** The flags that every command with a SOURCE has. */
export const sourceFlags = {
    user: { value: "NAME", text: "User name for a web server or a registry, or id of an access key for s3." },
    "password-file": { value: "FILE", text: "File that holds the password; a line break at its end does not count." },
    "ca-file": { value: "FILE", text: "Certificates (PEM) to trust beside the system's own." },
    insecure: { text: "Take any certificate; of a registry, plain http too." },
    "docker-config": { value: "FILE", text: "A docker config.json with the registry's credentials." },
    platform: {
        value: "ARCH",
        text: "Architecture to take of a container image: amd64, arm64, ... Default: this machine's.",
    },
    region: { value: "REGION", text: "Region of an s3 bucket." },
    anonymous: { text: "Ask s3 or gs without credentials; else the vendor's default chain is asked for some." },
    format: {
        value: "FORMAT",
        text: "Do not probe: the image is raw, qcow2, vdi, vpc, vhdx or vmdk. Compression is found all the same.",
    },
    json: { text: "For programs: one JSON object on stdout, errors as one JSON object on stderr." },
} as const satisfies Record<string, Flag>;

type SourceFlag = keyof typeof sourceFlags;

/** What SOURCE may be, for the help of a command. */
export const sourceHelp = `SOURCE is one of
    path, file:///path                  a file of this machine
    https://host/path                   a web server
    docker://host/name:tag              a container image with one disk below /disk (or name@sha256:...)
    oci-archive:path[:tag]              an archive of such an image
    s3://bucket/key, gs://bucket/key    an object store
    -                                   standard input`;

interface Kind {
    readonly form: RegExp;
    /** What it is called where a flag does not fit it. */
    readonly words: string;
    /** The flags that mean something for it. */
    readonly flags: readonly SourceFlag[];
    readonly read: (text: string, line: CommandLine) => SourceSpec;
}

const access = ["user", "password-file", "ca-file"] as const;

const kinds: readonly Kind[] = [
    {
        form: /^https?:/i,
        words: "on a web server",
        flags: [...access, "insecure"],
        read: (url, line) => ({ kind: "http", url, ...credentials(line), insecureSkipVerify: line.on.has("insecure") }),
    },
    {
        form: /^(?:docker|oci-archive):/i,
        words: "a container image",
        flags: [...access, "insecure", "docker-config", "platform"],
        read: readRegistry,
    },
    {
        form: /^s3:/i,
        words: "in an s3 bucket",
        flags: [...access, "region", "anonymous"],
        read: (url, line) => {
            const { username, password, caCertificates } = credentials(line);
            const given = { accessKeyId: username, secretKey: password, caCertificates };
            return { kind: "s3", url, ...given, region: line.values["region"], anonymous: line.on.has("anonymous") };
        },
    },
    {
        form: /^gs:/i,
        words: "in a gs bucket",
        flags: ["ca-file", "anonymous"],
        read: (url, line) => {
            const { caCertificates } = credentials(line);
            return { kind: "gcs", url, caCertificates, anonymous: line.on.has("anonymous") };
        },
    },
    {
        form: /^-$/,
        words: "standard input",
        flags: [],
        read: () => ({ kind: "stream", name: "standard input", bytes: process.stdin }),
    },
    {
        form: /^(?:file:\/\/|(?![a-z][a-z0-9+.-]+:\/\/))/i,
        words: "a file of this machine",
        flags: [],
        read: (text) => ({ kind: "file", path: /^file:\/\//i.test(text) ? pathOf(text) : resolve(text) }),
    },
];

/** Reads SOURCE and the flags that belong to it; a flag that means nothing for it is refused. */
export function readSource(text: string, line: CommandLine): SourceSpec {
    const kind = kinds.find(({ form }) => form.test(text));
    if (kind === undefined) {
        const scheme = text.slice(0, text.indexOf(":"));
        throw invalid(
            `cannot read ${redactUrl(text)}: ${scheme} is not one of http, https, docker, oci-archive, s3, gs, file`,
        );
    }
    const fitting = new Set<SourceFlag>(["format", "json", ...kind.flags]);
    for (const flag of Object.keys(sourceFlags) as SourceFlag[]) {
        if (fitting.has(flag) || (line.values[flag] === undefined && !line.on.has(flag))) continue;
        throw invalid(`cannot use --${flag}: SOURCE is ${kind.words}; leave the flag out`);
    }
    return kind.read(text, line);
}

function readRegistry(url: string, line: CommandLine): SourceSpec {
    // Told before anything is written: it may hold a typo, or credentials that belong elsewhere.
    const reference = parseReference(url);
    const path = reference.kind === "oci-archive" ? `oci-archive:${resolve(reference.path)}` : undefined;
    const dockerConfig = line.values["docker-config"];
    return {
        kind: "registry",
        url: path === undefined || reference.tag === undefined ? (path ?? url) : `${path}:${reference.tag}`,
        ...credentials(line),
        dockerConfigJson: dockerConfig === undefined ? undefined : readText(dockerConfig, "docker config"),
        insecure: line.on.has("insecure"),
        architecture: line.values["platform"],
    };
}

function credentials(line: CommandLine): {
    username: string | undefined;
    password: string | undefined;
    caCertificates: string | undefined;
} {
    const passwordFile = line.values["password-file"];
    const caFile = line.values["ca-file"];
    return {
        username: line.values["user"],
        password: passwordFile === undefined ? undefined : readText(passwordFile, "password").replace(/\r?\n$/, ""),
        caCertificates: caFile === undefined ? undefined : readText(caFile, "certificates"),
    };
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
