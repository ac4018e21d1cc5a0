// A piece of network on the loopback interface: passes bytes on to a server at a socket, and is cut where a test says so.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A running link. */
export interface Link {
    readonly port: number;
    /** Connections so far. */
    readonly connections: { count: number };
    /** Cuts the connection that brings the last of the next so many bytes; nobody gets through again before `meanwhile` is over. */
    cut(bytes: number, meanwhile?: () => Promise<void>): void;
    /** Falls silent after the next so many bytes, on the connection that brings the last of them, until the client ends it. */
    silence(bytes: number): Silence;
    close(): Promise<void>;
}

/** A connection that says nothing any more. */
export interface Silence {
    readonly begun: Promise<void>;
    /** Whether the client has given the connection up. */
    over(): boolean;
}

interface Fault {
    bytes: number;
    strike(client: Socket, server: Socket): void;
}

/** Starts a link to the server at a path, or at a port of the loopback interface. */
export async function startLink(to: string | number): Promise<Link> {
    const faults: Fault[] = [];
    const connections = { count: 0 };
    const sockets = new Set<Socket>();
    let open: Promise<unknown> = Promise.resolve();
    const join = (client: Socket): void => {
        connections.count += 1;
        const server = typeof to === "string" ? connect(to) : connect(to, "127.0.0.1");
        for (const [from, into] of [
            [client, server],
            [server, client],
        ] as const) {
            sockets.add(from);
            from.on("error", () => into.destroy());
            from.on("close", () => {
                sockets.delete(from);
                into.destroy();
            });
        }
        client.on("data", (chunk) => server.write(chunk));
        server.on("data", (chunk: Buffer) => {
            const fault = faults[0];
            const passed = chunk.subarray(0, fault?.bytes ?? chunk.length);
            if (!client.write(passed)) {
                server.pause();
                client.once("drain", () => server.resume());
            }
            if (fault === undefined) return;
            fault.bytes -= passed.length;
            if (fault.bytes > 0) return;
            faults.shift();
            fault.strike(client, server);
        });
    };
    const listener = createServer((client) => {
        client.on("error", () => undefined);
        void open.then(() => {
            join(client);
        });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return {
        port: (listener.address() as AddressInfo).port,
        connections,
        cut(bytes, meanwhile) {
            faults.push({
                bytes,
                strike(client) {
                    if (meanwhile !== undefined) open = meanwhile();
                    client.resetAndDestroy();
                },
            });
        },
        silence(bytes) {
            let over = false;
            const begun = new Promise<void>((resolve) => {
                faults.push({
                    bytes,
                    strike(client, server) {
                        server.removeAllListeners("data");
                        server.resume();
                        client.once("close", () => (over = true));
                        resolve();
                    },
                });
            });
            return { begun, over: () => over };
        },
        close: () =>
            new Promise((resolve) => {
                listener.close(() => {
                    resolve();
                });
                for (const socket of sockets) socket.destroy();
            }),
    };
}
