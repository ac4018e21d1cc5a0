// A web server on the loopback interface whose answers a test writes itself, and which remembers what it was asked.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** What is answered to a request. */
export interface Answer {
    readonly status: number;
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: string | Uint8Array;
    /** Cuts the connection behind the body. */
    readonly cut?: boolean;
}

/** A running server. */
export interface AnswerServer {
    readonly url: string;
    readonly asked: IncomingMessage[];
    /** Tunnels that were asked for, which are all refused: "host:port". */
    readonly tunnels: string[];
    close(): Promise<void>;
}

/** Starts a server that answers as a function says; `how` is told how many requests came before. */
export async function startAnswers(how: (request: IncomingMessage, before: number) => Answer): Promise<AnswerServer> {
    const asked: IncomingMessage[] = [];
    const tunnels: string[] = [];
    const server = createServer((request, response) => {
        const { status, headers, body, cut } = how(request, asked.length);
        asked.push(request);
        response.writeHead(status, headers);
        if (cut === true) response.write(body, () => response.destroy());
        else response.end(request.method === "HEAD" ? undefined : body);
    });
    server.on("connect", (request, socket) => {
        tunnels.push(request.url ?? "");
        socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        asked,
        tunnels,
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                server.closeAllConnections();
            }),
    };
}
