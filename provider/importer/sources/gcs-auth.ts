// Who asks Google Cloud Storage: the vendor's own library finds credentials, and makes the header that speaks for them.
import type { RequestInit as UndiciInit } from "undici";
import type * as Google from "google-auth-library";
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import type { GcsSpec } from "../contract.js";
import { dispatcherFor } from "./http-dispatcher.js";
import { connectionError } from "./http-errors.js";
import { loadOptional } from "./optional.js";

/** Headers that speak for whoever asks; none for nobody. */
export type Authorize = () => Promise<Readonly<Record<string, string>>>;

/** A client of the library, of whatever kind. */
interface Identified {
    getRequestHeaders(): Promise<Headers>;
}

const scope = "https://www.googleapis.com/auth/devstorage.read_only";

/**
 * By the credentials of the spec, else by the vendor's default chain, whose credentials go to `google` alone: an emulator that
 * is asked without credentials is asked without any.
 */
export function authorizeBy(spec: GcsSpec, google: boolean, name: string): Authorize {
    const credentials = parseCredentials(spec, name);
    if (spec.anonymous === true || (credentials === undefined && !google)) return () => Promise.resolve({});
    let client: Promise<Identified> | undefined;
    return async () => {
        try {
            client ??= makeClient(credentials, spec.caCertificates, name);
            const headers = await (await client).getRequestHeaders();
            return Object.fromEntries(headers.entries());
        } catch (thrown) {
            throw authError(name, thrown, credentials !== undefined);
        }
    };
}

const types = ["service_account", "authorized_user", "external_account"] as const;

/** What a credentials file says. */
type Credentials = Readonly<Record<string, unknown>> & { readonly type: (typeof types)[number] };

function parseCredentials(spec: GcsSpec, name: string): Credentials | undefined {
    const { credentialsJson, anonymous } = spec;
    if (credentialsJson === undefined) return undefined;
    const unusable = (why: string): BootsourceError =>
        new BootsourceError("invalid-argument", `cannot use the credentials for ${name}: ${why}`);
    if (anonymous === true) throw unusable("there are credentials, and anonymous is true; leave out one of them");
    const wanted = "give the content of a credentials file of Google Cloud";
    let parsed: unknown;
    try {
        parsed = JSON.parse(credentialsJson);
    } catch {
        // What the parser says repeats a part of the text.
        throw unusable(`they are not JSON; ${wanted}, not its name`);
    }
    const type = (parsed as { type?: unknown } | null)?.type;
    if (!types.some((known) => known === type)) {
        throw unusable(`their "type" is none of ${types.join(", ")}; ${wanted} of one of these types`);
    }
    return parsed as Credentials;
}

/** The library's client for these credentials, made by its own constructor: which kinds are taken is ours to say. */
async function makeClient(
    credentials: Credentials | undefined,
    caCertificates: string | undefined,
    name: string,
): Promise<Identified> {
    const library = await loadOptional("google-auth-library", () => import("google-auth-library"), name);
    const transporter = makeTransporter(library, caCertificates);
    const scopes = [scope];
    if (credentials === undefined) {
        return signingItself(new library.GoogleAuth({ scopes, clientOptions: { transporter } }));
    }
    const said = credentials as Google.JWTInput;
    switch (credentials.type) {
        case "service_account": {
            const { client_email: email, private_key: key, private_key_id: keyId } = said;
            if (!email || !key) throw new Error("half of a service account");
            return signingItself(
                new library.JWT({ email, key, scopes, transporter, ...(keyId === undefined ? {} : { keyId }) }),
            );
        }
        case "authorized_user": {
            const { client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken } = said;
            if (!clientId || !clientSecret || !refreshToken) throw new Error("half of a user");
            return new library.UserRefreshClient({ clientId, clientSecret, refreshToken, transporter });
        }
        case "external_account": {
            const options = { ...credentials, transporter } as unknown;
            const client = isOfAmazon(credentials)
                ? new library.AwsClient(options as Google.AwsClientOptions)
                : new library.IdentityPoolClient(options as Google.IdentityPoolClientOptions);
            client.scopes = scopes;
            // The library forgets to hand it on to the part of it that exchanges tokens.
            const exchange: unknown = Reflect.get(client, "stsCredential");
            if (typeof exchange === "object" && exchange !== null) Reflect.set(exchange, "transporter", transporter);
            return client;
        }
    }
}

/** A service account's own signature is enough for the store: no token has to be fetched for it. */
function signingItself<T extends { useJWTAccessWithScope?: boolean }>(client: T): T {
    client.useJWTAccessWithScope = true;
    return client;
}

function isOfAmazon(credentials: Credentials): boolean {
    const source = credentials["credential_source"];
    return typeof source === "object" && source !== null && "environment_id" in source;
}

/** Tokens are fetched over the same connections as everything else, and once: how patiently is the source's to say. */
function makeTransporter(library: typeof Google, caCertificates: string | undefined): Google.gaxios.Gaxios {
    const fetchTrusting = async (input: string | URL | Request, init?: RequestInit): Promise<unknown> => {
        const url = new URL(input instanceof Request ? input.url : input);
        const dispatcher = await dispatcherFor(url, { caCertificates, insecureSkipVerify: undefined });
        const { fetch: undiciFetch } = await import("undici");
        return undiciFetch(url, { ...(init as unknown as UndiciInit), dispatcher });
    };
    const transporter = new library.gaxios.Gaxios({ fetchImplementation: fetchTrusting as typeof fetch });
    transporter.interceptors.request.add({
        resolved: (config) => Promise.resolve(Object.assign(config, { retryConfig: { shouldRetry: () => false } })),
    });
    return transporter;
}

/** Of what the library throws, only the status is repeated: its errors hold the requests that were made, with what proves who asks. */
function authError(name: string, thrown: unknown, given: boolean): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const error = (thrown ?? {}) as {
        readonly status?: unknown;
        readonly response?: unknown;
        readonly cause?: unknown;
    };
    const status = typeof error.status === "number" ? error.status : undefined;
    const what = given ? "check credentialsJson" : "set up the default credentials of this machine";
    if (status !== undefined) {
        const facts = { status };
        const got = `no token could be had for the credentials (status ${status})`;
        return status === 429 || status >= 500
            ? new BootsourceError("unreachable", `cannot read ${name}: ${got}; try again later`, { facts })
            : new BootsourceError("access-denied", `cannot read ${name}: ${got}; ${what}`, { facts });
    }
    const cause = networkCause(error);
    if (cause !== undefined) return connectionError(name, cause);
    return new BootsourceError(
        "access-denied",
        given
            ? `cannot read ${name}: the credentials cannot be used; check that credentialsJson is whole`
            : `cannot read ${name}: no credentials were found; give credentialsJson, set up the default credentials of ` +
                  "this machine, or set anonymous where the object is public",
    );
}

/** The failure of a connection under what the library throws. */
function networkCause(error: { readonly cause?: unknown }): Error | undefined {
    for (let cause = error.cause, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
        const { code } = cause as { code?: unknown };
        if (typeof code === "string" && cause.name !== "GaxiosError") return cause;
    }
    return undefined;
}
