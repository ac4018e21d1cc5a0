// References to container images, as `docker pull` takes them, and to archives of them on this machine.
import { BootsourceError } from "./errors.js";

/** "docker://host[:port]/name[:tag][@digest]", taken apart. */
export interface ImageReference {
    readonly kind: "docker";
    /** Host and port as they stand in the reference; "docker.io" where it names none. */
    readonly host: string;
    /** The repository below the host; Docker Hub's own images lie in "library/". */
    readonly repository: string;
    /** Undefined where only a digest is given. */
    readonly tag: string | undefined;
    /** "sha256:<hex>" of a manifest or an index. */
    readonly digest: string | undefined;
}

/** "oci-archive:path[:tag]", taken apart. */
export interface ArchiveReference {
    readonly kind: "oci-archive";
    readonly path: string;
    readonly tag: string | undefined;
}

const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/;
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const digestForm = /^sha256:[0-9a-f]{64}$/;
const hostForm = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])(?::\d{1,5})?$/;

/**
 * Reads a reference by the rules of the distribution project (reference grammar; "docker.io/library" for short names, tag
 * "latest" where neither tag nor digest is given). Throws `invalid-argument`, in CDI's words where CDI has some.
 */
export function parseReference(text: string): ImageReference | ArchiveReference {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
    if (scheme === "oci-archive") return parseArchive(text.slice("oci-archive:".length).replace(/^\/\/(?=\/)/, ""));
    if (scheme !== "docker" || !text.startsWith("docker://")) {
        const named = scheme === undefined ? "" : `${scheme}:`;
        throw invalid(
            `Illegal registry source URL scheme ${named || "(none)"}: write docker://host/name:tag, or oci-archive:path`,
        );
    }
    return parseDocker(text.slice("docker://".length));
}

function parseDocker(text: string): ImageReference {
    if (text.split("/")[0]?.includes("@") === true && text.includes("/")) {
        throw invalid(
            "Illegal registry source URL: it holds credentials; give them in credentials or dockerConfigJson",
        );
    }
    const [named = "", digest, ...more] = text.split("@");
    if (more.length > 0 || (digest !== undefined && !digestForm.test(digest))) {
        throw invalid(`Illegal registry source URL docker://${text}: behind "@" stands "sha256:" and 64 hex digits`);
    }
    const colon = named.lastIndexOf(":");
    const tagged = colon > named.lastIndexOf("/");
    const tag = tagged ? named.slice(colon + 1) : undefined;
    const [first = "", ...rest] = (tagged ? named.slice(0, colon) : named).split("/");
    const hosted = rest.length > 0 && (/[.:]/.test(first) || first === "localhost" || /[A-Z]/.test(first));
    const host = hosted ? first : "docker.io";
    const path = hosted ? rest : [first, ...rest];
    if (!isHost(host)) throw invalid(`Illegal registry source URL docker://${text}: "${host}" is not a host`);
    for (const part of path) {
        if (component.test(part)) continue;
        throw invalid(
            `Illegal registry source URL docker://${text}: "${part}" is not a name; names have lower-case letters, digits, ` +
                '".", "_" and "-" only',
        );
    }
    if (tag !== undefined && !tagForm.test(tag)) {
        throw invalid(`Illegal registry source URL docker://${text}: "${tag}" is not a tag`);
    }
    const short = host === "docker.io" && path.length === 1;
    return {
        kind: "docker",
        host,
        repository: short ? `library/${path.join("/")}` : path.join("/"),
        tag: tag ?? (digest === undefined ? "latest" : undefined),
        digest,
    };
}

/** A port beyond the last one would only be noticed by whoever is to connect to it. */
function isHost(host: string): boolean {
    return hostForm.test(host) && Number(/:(\d+)$/.exec(host)?.[1] ?? 0) <= 65_535;
}

function parseArchive(text: string): ArchiveReference {
    // A colon in a directory's name is no tag's.
    const colon = text.lastIndexOf(":");
    const tagged = colon > 0 && !text.includes("/", colon);
    const tag = tagged ? text.slice(colon + 1) : undefined;
    const path = tagged ? text.slice(0, colon) : text;
    if (path === "") throw invalid("Illegal registry source URL oci-archive:: name a file, as oci-archive:path[:tag]");
    return { kind: "oci-archive", path, tag: tag === "" ? undefined : tag };
}

function invalid(message: string): BootsourceError {
    return new BootsourceError("invalid-argument", message);
}
