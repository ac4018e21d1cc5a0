// A server on the loopback interface that knows no protocol: a test says byte by byte what it answers, and when it hangs up.
import { createServer, type AddressInfo, type Socket } from "node:net";

/** One request as it arrived, and the connection to answer it on. */
export interface RawRequest {
    /** "GET" or "HEAD". */
    readonly method: string;
    /** All header lines. */
    readonly text: string;
    readonly socket: Socket;
}

/** A running server. */
export interface RawServer {
    readonly url: string;
    readonly asked: string[];
    close(): Promise<void>;
}

/** Starts a server that does with each request what the function does. */
export async function startRawServer(answer: (request: RawRequest) => void): Promise<RawServer> {
    const asked: string[] = [];
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
        sockets.add(socket);
        socket.on("close", () => sockets.delete(socket));
        // Clients hang up on servers like this.
        socket.on("error", () => undefined);
        let text = "";
        socket.on("data", (data) => {
            text += data.toString("latin1");
            for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
                const request = text.slice(0, end);
                text = text.slice(end + 4);
                asked.push(request);
                answer({ method: request.split(" ")[0] ?? "", text: request, socket });
            }
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/image`,
        asked,
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                for (const socket of sockets) socket.destroy();
            }),
    };
}
