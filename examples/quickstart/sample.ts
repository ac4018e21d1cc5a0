// The small image that this repository ships, served by HTTP on this machine for as long as the program runs.
import * as fs from "node:fs";
import * as http from "node:http";
import * as path from "node:path";

const image = path.join(__dirname, "image", "hello.qcow2");

/** Where the image can be had, and the sum it must have. A second run serves at the same address, so that nothing changes. */
export async function serveSample(): Promise<{ url: string; checksum: string }> {
    const server = http.createServer((request, response) => {
        answer(request, response);
    });
    server.on("connection", (socket) => socket.unref()); // the program ends when Pulumi is done, not when the server is
    const port = await listenSomewhere(server);
    server.unref();
    const [sum = ""] = fs.readFileSync(`${image}.sha256`, "utf8").split(" ");
    return { url: `http://127.0.0.1:${port}/hello.qcow2`, checksum: `sha256:${sum}` };
}

/** The whole image, or the range asked for. */
function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const bytes = fs.readFileSync(image);
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
    const from = Number(range?.[1] ?? 0);
    const last = bytes.length - 1;
    const to = range?.[2] ? Math.min(Number(range[2]), last) : last;
    if (from > to) {
        response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
        return;
    }
    response.writeHead(range ? 206 : 200, {
        "accept-ranges": "bytes",
        "content-length": to + 1 - from,
        ...(range ? { "content-range": `bytes ${from}-${to}/${bytes.length}` } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(from, to + 1));
}

/** The first free port of a few fixed ones: the next run finds the same one, and so the same address. */
async function listenSomewhere(server: http.Server): Promise<number | undefined> {
    for (let port = 18641; port < 18661; port++) {
        if ((await listen(server, port)) !== undefined) return port;
    }
    return listen(server, 0);
}

/** The port once the server listens there; undefined when another program has it. */
function listen(server: http.Server, port: number): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
        const failed = (error: NodeJS.ErrnoException) => {
            if (error.code === "EADDRINUSE") resolve(undefined);
            else reject(error);
        };
        server.once("error", failed);
        server.listen(port, "127.0.0.1", () => {
            server.off("error", failed);
            const address = server.address();
            resolve(typeof address === "object" ? address?.port : undefined);
        });
    });
}
