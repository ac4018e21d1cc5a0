// A registry in this process that behaves as well or as badly as a test asks, with a token service, and remembers what it was asked.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Blob, Containerdisk } from "../images/containerdisk.js";

/** How it behaves; a test changes it as it goes. Everything left out is as a good registry does it. */
export interface FakeBehaviour {
    /** "user:password" for basic authentication. */
    login?: string;
    token?: {
        /** "user:password" that the service wants to see. */
        readonly login?: string;
        /** The refresh token that the service wants to see. */
        readonly refresh?: string;
        /** Seconds that a token is said to be good. */
        readonly seconds?: number;
        /** Requests after which a token is refused all the same. */
        readonly uses?: number;
        /** Where the service is. Default: here. */
        readonly realm?: string;
        /** Statuses of the first answers of the service. */
        readonly failures?: number[];
        /** Gives tokens that the registry does not take. */
        readonly useless?: boolean;
    };
    /** Statuses of the first requests for manifests. */
    failures?: { readonly status: number; readonly headers?: OutgoingHttpHeaders }[];
    /** For each request of a layer, in turn: bytes after which the connection is cut. */
    cuts?: number[];
    /** Gives layers whole, whatever range is asked for. */
    ignoresRanges?: boolean;
    /** Where layers are, by their digest: they are redirected to there. */
    elsewhere?: (digest: string) => string;
    /** Other bytes for a path, for the first so many requests. */
    lies?: Map<string, { readonly bytes: Buffer; readonly times: number }>;
}

/** A running fake. */
export interface FakeRegistry {
    readonly url: string;
    /** "127.0.0.1:port", as it stands in references. */
    readonly host: string;
    readonly asked: {
        readonly method: string;
        readonly url: string;
        readonly headers: IncomingMessage["headers"];
        readonly body: string;
    }[];
    /** Puts an image there and returns its reference. */
    hold(repository: string, tag: string, image: Containerdisk): string;
    close(): Promise<void>;
}

/** Smaller blobs are configs, which no cut is meant for. */
const layerBytes = 1000;

/** Starts it; with a key pair it speaks TLS. */
export async function startFakeRegistry(
    behaviour: FakeBehaviour,
    tls?: { readonly key: string; readonly cert: string },
): Promise<FakeRegistry> {
    const held = new Map<string, Blob>();
    const asked: FakeRegistry["asked"] = [];
    const tokens = { count: 0, uses: 0 };
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
        let body = "";
        for await (const chunk of request) body += String(chunk);
        asked.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers, body });
        const path = new URL(request.url ?? "/", "http://any").pathname;
        if (path === "/token") giveToken(behaviour, tokens, request, body, response);
        else if (mayRead(behaviour, tokens, request)) giveBlob(behaviour, held.get(path), path, request, response);
        else response.writeHead(401, { "www-authenticate": challengeOf(behaviour, request) }).end("{}");
    };
    const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
    const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
        url: `${tls === undefined ? "http" : "https"}://${host}`,
        host,
        asked,
        hold(repository, tag, image) {
            const base = `/v2/${repository}/`;
            for (const blob of [...image.blobs, image.manifest]) {
                held.set(`${base}blobs/${blob.digest}`, blob);
                held.set(`${base}manifests/${blob.digest}`, blob);
            }
            held.set(`${base}manifests/${tag}`, image.manifest);
            return `docker://${host}/${repository}:${tag}`;
        },
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                server.closeAllConnections();
            }),
    };
}

function challengeOf({ token }: FakeBehaviour, { headers, url }: IncomingMessage): string {
    if (token === undefined) return 'Basic realm="test"';
    const [, repository = ""] = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(url ?? "") ?? [];
    const realm = token.realm ?? `http://${headers.host ?? ""}/token`;
    return `Bearer realm="${realm}",service="registry \\"test\\"",scope="repository:${repository}:pull"`;
}

function mayRead(
    { login, token }: FakeBehaviour,
    tokens: { count: number; uses: number },
    request: IncomingMessage,
): boolean {
    const given = request.headers.authorization;
    if (token !== undefined) {
        if (given !== `Bearer token-${tokens.count}` || token.useless === true) return false;
        tokens.uses += 1;
        return tokens.uses <= (token.uses ?? Infinity);
    }
    return login === undefined || given === basic(login);
}

function giveToken(
    { token = {} }: FakeBehaviour,
    tokens: { count: number; uses: number },
    request: IncomingMessage,
    body: string,
    response: ServerResponse,
): void {
    const failure = token.failures?.shift();
    const refreshed = token.refresh === undefined || new URLSearchParams(body).get("refresh_token") === token.refresh;
    const known = token.login === undefined || request.headers.authorization === basic(token.login);
    if (failure !== undefined || !refreshed || !known) {
        response.writeHead(failure ?? 401).end("{}");
        return;
    }
    tokens.count += 1;
    tokens.uses = 0;
    const name = token.refresh === undefined ? "token" : "access_token";
    response.end(JSON.stringify({ [name]: `token-${tokens.count}`, expires_in: token.seconds }));
}

function giveBlob(
    behaviour: FakeBehaviour,
    blob: Blob | undefined,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
): void {
    const manifest = path.includes("/manifests/");
    const failure = manifest ? behaviour.failures?.shift() : undefined;
    if (blob === undefined || failure !== undefined) {
        response.writeHead(failure?.status ?? 404, failure?.headers).end("{}");
        return;
    }
    const layer = !manifest && blob.bytes.length >= layerBytes;
    if (layer && behaviour.elsewhere !== undefined) {
        response.writeHead(307, { location: behaviour.elsewhere(blob.digest) }).end();
        return;
    }
    const lie = behaviour.lies?.get(path);
    if (lie !== undefined && lie.times > 0) behaviour.lies?.set(path, { ...lie, times: lie.times - 1 });
    const bytes = lie !== undefined && lie.times > 0 ? lie.bytes : blob.bytes;
    const [, from] =
        (behaviour.ignoresRanges === true ? null : /^bytes=(\d+)-$/.exec(request.headers.range ?? "")) ?? [];
    const start = Number(from ?? 0);
    response.writeHead(from === undefined ? 200 : 206, {
        "content-type": manifest ? blob.mediaType : "application/octet-stream",
        "content-length": bytes.length - start,
        ...(from === undefined ? {} : { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
    });
    const cut = layer ? behaviour.cuts?.shift() : undefined;
    if (cut === undefined) response.end(bytes.subarray(start));
    else response.write(bytes.subarray(start, start + cut), () => response.destroy());
}

function basic(login: string): string {
    return `Basic ${Buffer.from(login).toString("base64")}`;
}
