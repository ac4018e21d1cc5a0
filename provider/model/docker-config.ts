// A docker config.json as `docker login` writes it: which of its entries speaks of an image, and what it says.
import { BootsourceError } from "./errors.js";
import type { ImageReference } from "./image-reference.js";

/** What proves who asks: a password, or a refresh token that a login left behind. */
export type Login = { readonly username: string; readonly password: string } | { readonly refreshToken: string };

/** The login for a reference; undefined where the config speaks of others alone. Throws `invalid-argument` where it cannot be used. */
export function loginFrom(text: string, reference: ImageReference): Login | undefined {
    const config = parseObject(text);
    const auths = config["auths"] === undefined ? {} : asObject(config["auths"], "auths");
    const wanted = [...namesOf(reference)];
    // The longest name first: an entry for an organisation says more than one for its host.
    const keys = Object.keys(auths)
        .filter((key) => wanted.includes(nameOf(key)))
        .sort((a, b) => nameOf(b).length - nameOf(a).length);
    for (const key of keys) {
        const found = fromEntry(asObject(auths[key], "auths"));
        if (found !== undefined) return found;
    }
    const helpers = config["credHelpers"] === undefined ? {} : asObject(config["credHelpers"], "credHelpers");
    const helped = Object.keys(helpers).some((key) => wanted.includes(nameOf(key)));
    if (!helped && (keys.length === 0 || config["credsStore"] === undefined)) return undefined;
    throw new BootsourceError(
        "invalid-argument",
        `cannot use the docker config for ${reference.host}: it leaves the credentials to a helper program ` +
            "(credsStore, credHelpers), and none is run; give credentials, or a config with an entry in auths",
    );
}

function fromEntry(entry: Readonly<Record<string, unknown>>): Login | undefined {
    const text = (key: string): string => trimmed(entry[key] === undefined ? "" : asText(entry[key]));
    const refreshToken = text("identitytoken");
    if (refreshToken !== "") return { refreshToken };
    const auth = text("auth");
    if (auth === "") {
        const username = text("username");
        const password = text("password");
        return username === "" && password === "" ? undefined : { username, password };
    }
    const decoded = trimmed(Buffer.from(auth, "base64").toString("utf8"));
    const colon = decoded.indexOf(":");
    if (colon < 0) throw malformed('an "auth" is not the base64 form of user:password');
    const [username, password] = [decoded.slice(0, colon), decoded.slice(colon + 1)];
    // A user of this name says that the password is a token from a login.
    return username === "<token>" ? { refreshToken: password } : { username, password };
}

/** Every name under which a config may speak of a reference: its host, and each part of its path behind it. */
function* namesOf({ host, repository }: ImageReference): Generator<string> {
    let name = nameOf(host);
    yield name;
    for (const part of repository.split("/")) {
        name = `${name}/${part}`;
        yield name;
    }
}

const hubNames: ReadonlySet<string> = new Set([
    "docker.io",
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
]);

/** A key as one of those names: old configs have whole addresses, and Docker Hub has gone by several. */
function nameOf(key: string): string {
    const name = key
        .replace(/^https?:\/\//i, "")
        .replace(/\/+$/, "")
        .replace(/\/v[12]$/, "");
    return hubNames.has(name) ? "docker.io" : name;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
    try {
        return asObject(JSON.parse(text), "it");
    } catch {
        // The parser's own message repeats what it stumbled on.
        throw malformed("it is not a JSON object");
    }
}

function asObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw malformed(`${what} is not an object`);
}

function asText(value: unknown): string {
    if (typeof value === "string") return value;
    throw malformed("a value of an entry is not text");
}

/** Secrets often come out of files and end with a line break that was never meant to be part of them. */
export function trimmed(text: string | undefined): string {
    return text?.replace(/^[\r\n]+|[\r\n]+$/g, "") ?? "";
}

function malformed(why: string): BootsourceError {
    return new BootsourceError(
        "invalid-argument",
        `cannot use the docker config: ${why}; give the content of a config.json as "docker login" writes it`,
    );
}
