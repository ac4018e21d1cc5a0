// A piece of network in front of an upload proxy, on the loopback interface: it may be cut, or hold still, after so many bytes.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A running relay. */
export interface UploadRelay {
    /** "127.0.0.1:port" */
    readonly address: string;
    /** Bytes that clients have sent so far, over all connections. */
    sent(): number;
    /** Cuts the connection that brings so many bytes by itself; once. */
    cutOnceAfter(bytes: number): void;
    /** Passes nothing on any more once a connection has brought so many bytes; resolves then. */
    holdAfter(bytes: number): Promise<void>;
    /** Lets everything through that comes from now on. */
    release(): void;
    close(): Promise<void>;
}

/** Starts one before "host:port". */
export async function startUploadRelay(to: string): Promise<UploadRelay> {
    const [host = "", port = ""] = to.split(":");
    const sockets = new Set<Socket>();
    let all = 0;
    let cut = Infinity;
    let hold = { bytes: Infinity, tell: (): void => undefined };
    const listener = createServer((client) => {
        const server = connect(Number(port), host);
        let brought = 0;
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
        server.on("data", (chunk) => client.write(chunk));
        client.on("data", (chunk: Buffer) => {
            brought += chunk.length;
            all += chunk.length;
            if (brought >= cut) {
                cut = Infinity;
                client.resetAndDestroy();
            } else if (brought >= hold.bytes) {
                client.pause();
                hold.tell();
            } else if (!server.write(chunk)) {
                client.pause();
                server.once("drain", () => client.resume());
            }
        });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return {
        address: `127.0.0.1:${String((listener.address() as AddressInfo).port)}`,
        sent: () => all,
        cutOnceAfter: (bytes) => {
            cut = bytes;
        },
        holdAfter: (bytes) =>
            new Promise((tell) => {
                hold = { bytes, tell };
            }),
        release: () => {
            hold = { bytes: Infinity, tell: () => undefined };
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
