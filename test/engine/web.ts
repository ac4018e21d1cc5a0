// A small web server for images on the loopback interface, which counts what it is asked and can fail on demand.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of images, by path. */
export interface Web {
    readonly url: string;
    /** Requests so far, as "GET /path" lines. */
    readonly requests: string[];
    /** Serves these bytes, with an ETag and ranges. */
    serve(path: string, bytes: Uint8Array): string;
    /** Answers with a handler of the test's own. */
    answer(path: string, handler: (request: IncomingMessage, response: ServerResponse) => void): string;
    close(): Promise<void>;
}

export async function startWeb(): Promise<Web> {
    const handlers = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>();
    const requests: string[] = [];
    const server = createServer((request, response) => {
        const path = (request.url ?? "").split("?")[0] ?? "";
        requests.push(`${request.method ?? ""} ${path}`);
        const handler = handlers.get(path);
        if (handler === undefined) response.writeHead(404).end("no such image");
        else handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
        url,
        requests,
        serve: (path, bytes) => {
            handlers.set(path, (request, response) => {
                sendBytes(bytes, request, response);
            });
            return url + path;
        },
        answer: (path, handler) => {
            handlers.set(path, handler);
            return url + path;
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

/** Serves a whole image or one range of it, as a careful server does. */
export function sendBytes(bytes: Uint8Array, request: IncomingMessage, response: ServerResponse): void {
    const etag = `"${bytes.length}-${bytes[bytes.length - 1] ?? 0}-${bytes[bytes.length >> 1] ?? 0}"`;
    const common = { "accept-ranges": "bytes", etag, "content-type": "application/octet-stream" };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const condition = request.headers["if-range"];
    if (range !== null && (condition === undefined || condition === etag)) {
        const first = Number(range[1]);
        const last = Math.min(range[2] === "" ? bytes.length - 1 : Number(range[2]), bytes.length - 1);
        const part = bytes.subarray(first, last + 1);
        const headers = { "content-range": `bytes ${first}-${last}/${bytes.length}`, "content-length": part.length };
        response.writeHead(206, { ...common, ...headers });
        response.end(request.method === "HEAD" ? undefined : part);
        return;
    }
    response.writeHead(200, { ...common, "content-length": bytes.length });
    response.end(request.method === "HEAD" ? undefined : bytes);
}
