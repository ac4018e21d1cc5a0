// The agent's endpoint for those who watch over it: /healthz and /metrics, over plain http, read-only.
import { createServer, type ServerResponse } from "node:http";
import { BootsourceError } from "../../model/errors.js";

/** What a path answers with. */
export interface Answer {
    readonly status: number;
    readonly type: string;
    readonly body: string;
}

/** An endpoint that listens. */
export interface Endpoint {
    /** "host:port", with the port that was found free where none was named. */
    readonly address: string;
    close(): Promise<void>;
}

/** Begins to listen; each path is answered anew at every request. */
export async function listenAt(
    place: { readonly host: string; readonly port: number },
    answers: Readonly<Record<string, () => Promise<Answer>>>,
): Promise<Endpoint> {
    const server = createServer((request, response) => {
        const path = (request.url ?? "").replace(/\?.*/s, "");
        const known = Object.hasOwn(answers, path) ? answers[path] : undefined;
        if (request.method !== "GET" && request.method !== "HEAD") {
            send(response, { status: 405, type: "text/plain", body: "only GET is answered here\n" });
        } else if (known === undefined) {
            const paths = Object.keys(answers).join(" and ");
            send(response, { status: 404, type: "text/plain", body: `there is nothing here; ${paths} are answered\n` });
        } else {
            known().then(
                (answer) => {
                    send(response, answer);
                },
                (error: unknown) => {
                    send(response, { status: 500, type: "text/plain", body: `${String(error)}\n` });
                },
            );
        }
    });
    // Who asks is a scraper beside us: a connection that stands still is not waited for.
    server.requestTimeout = 10_000;
    await new Promise<void>((resolve, reject) => {
        server.once("error", (error) => {
            reject(
                new BootsourceError(
                    "invalid-argument",
                    `cannot listen on ${place.host}:${place.port}: ${error.message}; name another address in --listen`,
                    { cause: error },
                ),
            );
        });
        server.listen(place.port, place.host, resolve);
    });
    const found = server.address();
    const port = typeof found === "object" && found !== null ? found.port : place.port;
    return {
        address: `${place.host.includes(":") ? `[${place.host}]` : place.host}:${port}`,
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                server.closeAllConnections();
            }),
    };
}

/** Reads "host:port" or "[address]:port". */
export function parseAddress(text: string): { host: string; port: number } {
    const [, bracketed, plain, port = ""] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
    const host = bracketed ?? plain;
    if (host !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
    throw new BootsourceError(
        "invalid-argument",
        `cannot listen on "${text}": it is not HOST:PORT, such as 127.0.0.1:9180; 127.0.0.1:0 takes a free port`,
    );
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body) });
    response.end(body);
}
