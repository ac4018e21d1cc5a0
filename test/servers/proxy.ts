// An http proxy on the loopback interface: forwards what is addressed to it, tunnels what asks for CONNECT, and takes notes.
import { createServer, request as ask } from "node:http";
import { connect, type AddressInfo } from "node:net";

/** A running proxy. */
export interface Proxy {
    readonly url: string;
    /** "CONNECT host:port" and "GET http://..." lines. */
    readonly asked: string[];
    close(): Promise<void>;
}

/** Starts a proxy. */
export async function startProxy(): Promise<Proxy> {
    const asked: string[] = [];
    const server = createServer((request, response) => {
        asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
        const onward = ask(request.url ?? "", { method: request.method, headers: request.headers }, (answer) => {
            response.writeHead(answer.statusCode ?? 502, answer.headers);
            answer.pipe(response);
        });
        onward.on("error", () => response.destroy());
        request.pipe(onward);
    });
    server.on("connect", (request, socket) => {
        asked.push(`CONNECT ${request.url ?? ""}`);
        const [host = "", port = ""] = (request.url ?? "").split(":");
        const onward = connect(Number(port), host, () => {
            socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
            onward.pipe(socket);
            socket.pipe(onward);
        });
        onward.on("error", () => socket.destroy());
        socket.on("error", () => onward.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        asked,
        close: () =>
            new Promise((resolve) => {
                server.close(() => {
                    resolve();
                });
                server.closeAllConnections();
            }),
    };
}
