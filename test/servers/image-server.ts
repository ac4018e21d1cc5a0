// A web server of images on the loopback interface that behaves as well or as badly as a test asks, and remembers what it
// was asked.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { respond, type Behaviour, type Counters } from "./image-answer.js";

export type { Behaviour } from "./image-answer.js";

/** A request as it arrived. */
export interface Asked {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingMessage["headers"];
    /** The name that TLS was asked for (SNI), where there was one. */
    readonly serverName: string | undefined;
}

/** A running server. */
export interface ImageServer extends Counters {
    readonly url: string;
    readonly port: number;
    readonly asked: Asked[];
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
    const counters: Counters = { sent: { bytes: 0 }, silent: { times: 0 }, open: { answers: 0, most: 0 } };
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
        respond(request, response, { behaviour, gets: before }, counters);
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
        ...counters,
        serve(path, behaviour) {
            images.set(path, behaviour);
            gets.delete(path);
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
