// Connections to an API server: the only file here that opens sockets. What is sent and what comes back is not looked at.
import type { Dispatcher } from "undici";
import { BootsourceError } from "../model/errors.js";
import type { Authenticator, Credentials } from "./credentials.js";
import type { Target } from "./kubeconfig.js";

/** One exchange. */
export interface Sending {
    readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
    /** With its query. */
    readonly path: string;
    readonly body?: unknown;
    readonly contentType?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Milliseconds until the answer begins. */
    readonly headTimeout: number;
    /** Milliseconds between two pieces of it. */
    readonly bodyTimeout: number;
}

/** What came back. The body is read once, or given up. */
export interface Answer {
    readonly status: number;
    readonly retryAfter: string | undefined;
    text(): Promise<string>;
    chunks(): AsyncIterable<Uint8Array>;
    discard(): void;
}

/** Another server of the cluster's, beside its API, and what is sent there. */
export interface Delivery {
    /** The whole address. */
    readonly url: string;
    readonly method: "HEAD" | "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: AsyncIterable<Uint8Array>;
    /** PEM certificates that are trusted beside the system's own. */
    readonly authority: readonly string[] | undefined;
    readonly insecureSkipVerify: boolean;
    readonly proxyUrl: string | undefined;
    readonly signal: AbortSignal;
}

/** What came back, read to its end. */
export interface Receipt {
    readonly status: number;
    /** Where it would rather have been sent: it is told, and never followed. */
    readonly location: string | undefined;
    readonly text: string;
}

/** One exchange over a connection of its own. Whoever asks counts the time: an answer may come hours after the last byte. */
export async function deliver({ url, authority, proxyUrl, insecureSkipVerify, ...sent }: Delivery): Promise<Receipt> {
    const { request } = await import("undici");
    const { rootCertificates } = await import("node:tls");
    const trust = authority && [...rootCertificates, ...authority];
    const trusted = { headers: {}, certificate: undefined, key: undefined, authority: trust };
    const dispatcher = await dispatcherFor({ proxyUrl, insecureSkipVerify, serverName: undefined }, trusted);
    try {
        const answer = await request(url, {
            ...sent,
            dispatcher,
            headers: { "user-agent": "pulumi-bootsource", ...sent.headers },
            body: (sent.body ?? null) as never,
            headersTimeout: 0,
            bodyTimeout: 60_000,
        });
        const { location } = answer.headers;
        const text = await answer.body.text().catch(() => "");
        return { status: answer.statusCode, location: typeof location === "string" ? location : undefined, text };
    } finally {
        await dispatcher.destroy();
    }
}

/** Keeps connections alive between requests, and none of them keeps the program alive. */
export class Client {
    readonly #target: Target;
    readonly #authenticator: Authenticator;
    readonly #closed = new AbortController();
    /** By certificates: a renewed one opens connections of its own. */
    readonly #dispatchers = new Map<string, Promise<Dispatcher>>();

    constructor(target: Target, authenticator: Authenticator) {
        this.#target = target;
        this.#authenticator = authenticator;
    }

    /** Aborted once nothing more is to be asked. */
    get closed(): AbortSignal {
        return this.#closed.signal;
    }

    /** Throws what the connection threw. Credentials that are refused are read anew once. */
    async send(sending: Sending): Promise<Answer> {
        const first = this.#authenticator.credentials();
        const answer = await this.#exchange(sending, await first);
        if (answer.status !== 401) return answer;
        this.#authenticator.refused(first);
        const second = await this.#authenticator.credentials();
        if (isSame(await first, second)) return answer;
        answer.discard();
        return this.#exchange(sending, second);
    }

    /** Ends every request under way. */
    async close(): Promise<void> {
        this.#closed.abort();
        for (const opening of this.#dispatchers.values()) await (await opening.catch(() => undefined))?.destroy();
    }

    async #exchange(sending: Sending, credentials: Credentials): Promise<Answer> {
        const { signal, body } = sending;
        const dispatcher = await this.#dispatcherFor(credentials);
        const { request } = await import("undici");
        const answer = await request(this.#target.server + sending.path, {
            dispatcher,
            method: sending.method,
            headers: {
                accept: "application/json",
                "user-agent": "pulumi-bootsource",
                ...(body === undefined ? {} : { "content-type": sending.contentType ?? "application/json" }),
                ...credentials.headers,
            },
            body: body === undefined ? null : JSON.stringify(body),
            signal: signal === undefined ? this.#closed.signal : AbortSignal.any([signal, this.#closed.signal]),
            headersTimeout: sending.headTimeout,
            bodyTimeout: sending.bodyTimeout,
        });
        const { "retry-after": retryAfter } = answer.headers;
        return {
            status: answer.statusCode,
            retryAfter: typeof retryAfter === "string" ? retryAfter : undefined,
            text: () => answer.body.text(),
            chunks: () => answer.body,
            discard: () => {
                answer.body.on("error", () => undefined).destroy();
            },
        };
    }

    #dispatcherFor(credentials: Credentials): Promise<Dispatcher> {
        const key = JSON.stringify([credentials.authority, credentials.certificate, credentials.key].map(String));
        let dispatcher = this.#dispatchers.get(key);
        if (dispatcher !== undefined) return dispatcher;
        dispatcher = dispatcherFor(this.#target, credentials);
        this.#dispatchers.set(key, dispatcher);
        // One that cannot be made fails the request that needs it, and is not there to be closed.
        dispatcher.catch(() => this.#dispatchers.delete(key));
        return dispatcher;
    }
}

/** Loaded here and not above: who works with a store alone does not pay for it. */
async function dispatcherFor(
    target: Pick<Target, "serverName" | "insecureSkipVerify" | "proxyUrl">,
    credentials: Omit<Credentials, "authority"> & { readonly authority: Buffer | readonly string[] | undefined },
): Promise<Dispatcher> {
    const { Agent, ProxyAgent } = await import("undici");
    const tls = {
        ...(credentials.authority === undefined ? {} : { ca: credentials.authority as Buffer | string[] }),
        ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
        ...(credentials.key === undefined ? {} : { key: credentials.key }),
        ...(target.serverName === undefined ? {} : { servername: target.serverName }),
        rejectUnauthorized: !target.insecureSkipVerify,
    };
    // Load balancers of clouds forget connections that are silent for a minute.
    const connect = { timeout: connectTimeout, keepAlive: true, keepAliveInitialDelay: 30_000, ...tls };
    const { proxyUrl } = target;
    if (proxyUrl === undefined) return new Agent({ connect });
    const scheme = URL.canParse(proxyUrl) ? new URL(proxyUrl).protocol : "";
    if (scheme === "http:" || scheme === "https:") return new ProxyAgent({ uri: proxyUrl, requestTls: tls });
    throw new BootsourceError(
        "invalid-argument",
        "cannot use the kubeconfig's proxy-url: it is not an http or https address",
    );
}

const connectTimeout = 5_000;

function isSame(one: Credentials, other: Credentials): boolean {
    return JSON.stringify(one) === JSON.stringify(other);
}
