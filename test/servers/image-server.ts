// A web server of images on the loopback interface that behaves as well or as badly as a test asks, and remembers what it
// was asked.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";

/** How one image is served. Everything left out is as a good server does it. */
export interface Behaviour {
    readonly bytes: Uint8Array;
    readonly etag?: string | undefined;
    readonly lastModified?: string;
    readonly mediaType?: string;
    /** False: neither says nor does ranges. "claimed": says it, and answers with everything. */
    readonly ranges?: boolean | "claimed";
    /** The status that HEAD gets instead of an answer. */
    readonly head?: number;
    /** "user:password" that is asked for. */
    readonly login?: string;
    /** Statuses of the first GETs, before one is served. */
    readonly failures?: { status: number; headers?: OutgoingHttpHeaders }[];
    /** For each GET of the whole or the rest, in turn: bytes after which the connection is cut. */
    readonly cuts?: number[];
    /** For each GET of the whole or the rest, in turn: bytes after which nothing more is sent. */
    readonly stalls?: number[];
    /** Other bytes, which ranges are taken from. */
    readonly rangeBytes?: Uint8Array;
    /** Says that every part begins so many bytes later than it does. */
    readonly rangeShift?: number;
    /** Bytes and ETag after the first so many GETs. */
    readonly later?: {
        readonly after: number;
        readonly bytes: Uint8Array;
        readonly etag?: string;
        readonly lastModified?: string;
    };
    /** Leaves the length out. */
    readonly chunked?: boolean;
    /** Headers beside those of a good server, or in their place. */
    readonly headers?: OutgoingHttpHeaders;
    /** The length that HEAD tells, where it is another than GET's. */
    readonly headLength?: number;
    /** Gives parts whatever If-Range says. */
    readonly ignoresIfRange?: boolean;
    /** Answers every GET and HEAD with a redirect to this address. */
    readonly redirect?: string;
}

/** A request as it arrived. */
export interface Asked {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    /** The name that TLS was asked for (SNI), where there was one. */
    readonly serverName: string | undefined;
}

/** A running server. */
export interface ImageServer {
    readonly url: string;
    readonly port: number;
    readonly asked: Asked[];
    /** Bytes of bodies handed to the network. */
    readonly sent: { bytes: number };
    /** Times that an answer has fallen silent. */
    readonly silent: { times: number };
    serve(path: string, behaviour: Behaviour): string;
    /** Requests of one kind for a path. */
    count(method: string, path: string): number;
    close(): Promise<void>;
}

/** Starts a server; with a key pair it speaks TLS. `host` is the address that it listens at, as it stands in a url. */
export async function startImageServer(
    tls?: { readonly key: string; readonly cert: string },
    host: "127.0.0.1" | "[::1]" = "127.0.0.1",
): Promise<ImageServer> {
    const images = new Map<string, Behaviour>();
    const gets = new Map<string, number>();
    const asked: Asked[] = [];
    const sent = { bytes: 0 };
    const silent = { times: 0 };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
        const path = new URL(request.url ?? "/", "http://any").pathname;
        const serverName = (request.socket as Partial<TLSSocket>).servername;
        asked.push({
            method: request.method ?? "",
            path,
            headers: request.headers,
            serverName: typeof serverName === "string" ? serverName : undefined,
        });
        const behaviour = images.get(path);
        if (behaviour === undefined) {
            response.writeHead(404).end("there is no such image");
            return;
        }
        const before = gets.get(path) ?? 0;
        if (request.method === "GET") gets.set(path, before + 1);
        respond(request, response, current(behaviour, before), { sent, silent });
    };
    const server = tls === undefined ? createServer(answer) : createTlsServer(tls, answer);
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(0, host.replace(/[[\]]/g, ""), resolve);
    });
    const { port } = server.address() as AddressInfo;
    const url = `${tls === undefined ? "http" : "https"}://${host}:${port}`;
    return {
        url,
        port,
        asked,
        sent,
        silent,
        serve(path, behaviour) {
            images.set(path, behaviour);
            return url + path;
        },
        count: (method, path) => asked.filter((one) => one.method === method && one.path === path).length,
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                server.closeAllConnections();
            }),
    };
}

function current(behaviour: Behaviour, gets: number): Behaviour {
    const { later } = behaviour;
    return later === undefined || gets < later.after ? behaviour : { ...behaviour, etag: undefined, ...later };
}

interface Counters {
    readonly sent: { bytes: number };
    readonly silent: { times: number };
}

function respond(request: IncomingMessage, response: ServerResponse, behaviour: Behaviour, counters: Counters): void {
    if (behaviour.login !== undefined) {
        const wanted = `Basic ${Buffer.from(behaviour.login).toString("base64")}`;
        if (request.headers.authorization !== wanted) {
            response.writeHead(401, { "www-authenticate": "Basic" }).end();
            return;
        }
    }
    if (behaviour.redirect !== undefined) {
        response.writeHead(302, { location: behaviour.redirect }).end();
        return;
    }
    const { ranges = true } = behaviour;
    const headers: OutgoingHttpHeaders = { "content-type": behaviour.mediaType ?? "application/octet-stream" };
    if (ranges !== false) headers["accept-ranges"] = "bytes";
    if (behaviour.etag !== undefined) headers["etag"] = behaviour.etag;
    if (behaviour.lastModified !== undefined) headers["last-modified"] = behaviour.lastModified;
    Object.assign(headers, behaviour.headers);
    if (request.method === "HEAD") {
        if (behaviour.chunked !== true) headers["content-length"] = behaviour.headLength ?? behaviour.bytes.length;
        response.writeHead(behaviour.head ?? 200, behaviour.head === undefined ? headers : {}).end();
        return;
    }
    const failure = behaviour.failures?.shift();
    if (failure !== undefined) {
        response.writeHead(failure.status, failure.headers).end();
        return;
    }
    const part = ranges === true ? partOf(request, behaviour) : undefined;
    if (part === undefined) {
        if (behaviour.chunked !== true) headers["content-length"] ??= behaviour.bytes.length;
        response.writeHead(200, headers);
        send(response, behaviour.bytes, behaviour, counters);
        return;
    }
    const { start, end } = part;
    const size = behaviour.bytes.length;
    if (start >= size) {
        response.writeHead(416, { "content-range": `bytes */${size}` }).end();
        return;
    }
    const shift = behaviour.rangeShift ?? 0;
    headers["content-range"] = `bytes ${start + shift}-${end - 1 + shift}/${size + shift}`;
    headers["content-length"] = end - start;
    response.writeHead(206, headers);
    const from = behaviour.rangeBytes ?? behaviour.bytes;
    const rest = end === size && start > 0;
    send(response, from.subarray(start, end), rest ? behaviour : {}, counters);
}

function partOf(request: IncomingMessage, behaviour: Behaviour): { start: number; end: number } | undefined {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const condition = request.headers["if-range"];
    const holds = condition === undefined || condition === behaviour.etag || behaviour.ignoresIfRange === true;
    if (match === null || !holds) return undefined;
    const size = behaviour.bytes.length;
    return { start: Number(match[1]), end: match[2] === "" ? size : Math.min(size, Number(match[2]) + 1) };
}

function send(
    response: ServerResponse,
    bytes: Uint8Array,
    trouble: Pick<Behaviour, "cuts" | "stalls">,
    counters: Counters,
): void {
    const cut = trouble.cuts?.shift();
    const stall = trouble.stalls?.shift();
    const end = Math.min(bytes.length, cut ?? stall ?? bytes.length);
    const step = (at: number): void => {
        if (at < end && !response.destroyed) {
            const chunk = bytes.subarray(at, Math.min(end, at + 65_536));
            counters.sent.bytes += chunk.length;
            response.write(chunk, () => {
                step(at + chunk.length);
            });
            return;
        }
        if (cut !== undefined) response.socket?.resetAndDestroy();
        else if (stall === undefined) response.end();
        else counters.silent.times += 1;
    };
    step(0);
}
