// A slow piece of network in front of a server of the loopback interface, which says when so many bytes have come through.
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** A running link. */
export interface SlowLink {
    readonly port: number;
    /** Bytes from the server to its clients since the count was last taken back. */
    passed: number;
    /** Resolves once so many bytes have come through. */
    reached(bytes: number): Promise<void>;
    close(): Promise<void>;
}

/** Milliseconds. */
const tick = 10;
/** What a timer that is later makes up for at most: a link has no bursts. */
const mostLate = 50;

/** Starts a link to a port that passes so many bytes in a hundredth of a second, over all its connections together. */
export async function startSlowLink(port: number, bytesPerTick: number): Promise<SlowLink> {
    const sockets = new Set<Socket>();
    const waiting: { bytes: number; tell: () => void }[] = [];
    const queue: { client: Socket; chunk: Buffer }[] = [];
    let last = performance.now();
    const timer = setInterval(() => {
        // A timer is late where processors are busy: the link has not been slower meanwhile.
        const now = performance.now();
        const late = Math.min(now - last, mostLate);
        last = now;
        for (let left = Math.ceil((bytesPerTick * late) / tick); left > 0 && queue.length > 0;) {
            const first = queue[0];
            if (first === undefined) break;
            if (first.client.destroyed) {
                queue.shift();
                continue;
            }
            const part = first.chunk.subarray(0, left);
            first.chunk = first.chunk.subarray(part.length);
            left -= part.length;
            link.passed += part.length;
            first.client.write(part);
            if (first.chunk.length === 0) queue.shift();
        }
        for (const one of waiting) if (link.passed >= one.bytes) one.tell();
    }, tick);
    const listener = createServer((client) => {
        const server = connect(port, "127.0.0.1");
        for (const [from, into] of [
            [client, server],
            [server, client],
        ] as const) {
            sockets.add(from);
            from.on("error", () => into.destroy());
        }
        client.on("close", () => server.destroy());
        client.on("data", (chunk) => server.write(chunk));
        server.on("data", (chunk: Buffer) => {
            queue.push({ client, chunk });
            // So much lies here at most: what a client does not take is not taken from the server either.
            if (queue.length > 64) server.pause();
            else server.resume();
        });
        const resume = setInterval(() => server.resume(), tick);
        server.on("close", () => {
            clearInterval(resume);
        });
    });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    const link: SlowLink = {
        port: (listener.address() as AddressInfo).port,
        passed: 0,
        reached: (bytes) => new Promise((tell) => waiting.push({ bytes, tell })),
        close: () =>
            new Promise((resolve) => {
                clearInterval(timer);
                for (const socket of sockets) socket.destroy();
                listener.close(() => {
                    resolve();
                });
            }),
    };
    return link;
}
