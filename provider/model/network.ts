// How a stack reaches what its programs name: mirrors, one CA, one pull secret, registries without TLS. Pure; nothing is asked here.
import { BootsourceError } from "./errors.js";
import { parseReference } from "./image-reference.js";

/** The network settings of a stack or a `Provider`. */
export interface Network {
    /** Prefix of a logical address to the prefix that is really asked. */
    readonly mirrors: Readonly<Record<string, string>>;
    /** PEM certificates trusted for every source, beside its own and the system's. */
    readonly caCertificates?: string | undefined;
    /** Content of a docker config.json, for registries (and mirrors) that a source gives no credentials for. Secret. */
    readonly pullSecret?: string | undefined;
    /** Hosts ("host" or "host:port") of registries that may be asked without TLS or with any certificate. */
    readonly insecureRegistries: readonly string[];
    /** Whether upstream may be asked in previews; "never" for runners that cannot see the registries. */
    readonly upstream: "ask" | "never";
}

/** Asks everybody directly. */
export const directNetwork: Network = { mirrors: {}, insecureRegistries: [], upstream: "ask" };

/**
 * The address that is really asked for a logical one: the longest prefix that matches, at a boundary of the address, is
 * replaced. A prefix without a scheme is one of registries ("quay.io/containerdisks"). Undefined where no mirror is named.
 */
export function mirrorOf(url: string, mirrors: Network["mirrors"]): string | undefined {
    const found = Object.entries(mirrors)
        .map(([from, to]) => [withScheme(from), to] as const)
        .filter(([from]) => isPrefix(from, url))
        .sort(([a], [b]) => b.length - a.length)[0];
    if (found === undefined) return undefined;
    const [from, to] = found;
    return join(withScheme(to), url.slice(from.length));
}

/** Whether the registry of a reference may be asked without TLS, or with any certificate. */
export function isInsecure(url: string, insecureRegistries: readonly string[]): boolean {
    const reference = parseReference(url);
    return reference.kind === "docker" && insecureRegistries.includes(reference.host);
}

/** The same settings as a stack's configuration holds them: text, and JSON where they have structure. */
export interface NetworkSettings {
    readonly mirrors?: string | undefined;
    readonly caCertificates?: string | undefined;
    readonly pullSecret?: string | undefined;
    readonly insecureRegistries?: string | undefined;
    readonly upstream?: string | undefined;
}

/** Reads and checks the settings; throws `invalid-argument` naming the key. */
export function readNetwork(settings: NetworkSettings): Network {
    const { caCertificates, pullSecret, upstream = "ask" } = settings;
    if (upstream !== "ask" && upstream !== "never") throw invalid("upstream", '"ask" and "never" are known');
    if (caCertificates !== undefined && !caCertificates.includes("-----BEGIN CERTIFICATE-----")) {
        throw invalid("caCertificates", "it holds no PEM certificate");
    }
    if (pullSecret !== undefined && !isRecord(readJson(pullSecret))) {
        throw invalid("pullSecret", "it is not the content of a docker config.json");
    }
    const mirrors = readJson(settings.mirrors ?? "{}");
    if (!isRecord(mirrors) || !Object.values(mirrors).every((to) => typeof to === "string")) {
        throw invalid(
            "mirrors",
            'it must be a map from prefix to prefix, such as {"quay.io": "mirror.corp:5000/quay"}',
        );
    }
    const insecureRegistries = readJson(settings.insecureRegistries ?? "[]");
    if (!Array.isArray(insecureRegistries) || !insecureRegistries.every((host) => /^[^\s/@]+$/.test(String(host)))) {
        throw invalid("insecureRegistries", 'it must be a list of "host" or "host:port", such as ["localhost:5000"]');
    }
    for (const [from, to] of Object.entries(mirrors)) checkMirror(from, String(to));
    return {
        mirrors: mirrors as Network["mirrors"],
        caCertificates,
        pullSecret,
        insecureRegistries: insecureRegistries.map(String),
        upstream,
    };
}

function checkMirror(from: string, to: string): void {
    for (const prefix of [from, to]) {
        if (/^(?:docker|https?|s3|gs):\/\/[^\s@]+$/.test(withScheme(prefix))) continue;
        // Not repeated: it may hold a password.
        if (prefix.includes("@")) {
            throw invalid(
                "mirrors",
                "a prefix holds credentials or a digest; registries are asked with pullSecret, all else without any",
            );
        }
        throw invalid(
            "mirrors",
            `"${prefix}" is not a prefix such as "quay.io/containerdisks" or "https://host/path/"`,
        );
    }
    if ((schemeOf(from) === "docker") !== (schemeOf(to) === "docker")) {
        throw invalid("mirrors", `of "${from}" and "${to}" one is a registry and the other is none`);
    }
}

function readJson(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return undefined;
    }
}

function isRecord(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function schemeOf(prefix: string): string {
    return withScheme(prefix).split(":")[0] ?? "";
}

function withScheme(prefix: string): string {
    return prefix.includes("://") ? prefix : `docker://${prefix}`;
}

function isPrefix(prefix: string, url: string): boolean {
    return (
        url.startsWith(prefix) &&
        (/[/:@]$/.test(prefix) || ["", "/", ":", "@", "?"].includes(url.charAt(prefix.length)))
    );
}

/** One slash between the two, whichever of the prefixes was written with one. */
function join(prefix: string, rest: string): string {
    if (prefix.endsWith("/") && rest.startsWith("/")) return prefix + rest.slice(1);
    return prefix.endsWith("/") || rest === "" || /^[/:@?]/.test(rest) ? prefix + rest : `${prefix}/${rest}`;
}

function invalid(key: string, why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot use bootsource:${key}: ${why}`);
}
