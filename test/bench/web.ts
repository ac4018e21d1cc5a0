// The benchmark's web server, in a process of its own: nginx where there is one, else Node's.
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Certificates } from "../servers/certificates.js";
import { findTool } from "../tools.js";

/** A server of the files of a directory. */
export interface FileServer {
    readonly url: string;
    /** What it is, for the report. */
    readonly name: string;
    /** The path of the authority's certificate, where it has one. */
    readonly authority?: string;
    close(): Promise<void>;
}

/** Starts the server; resolves when it answers. With certificates it is nginx, over TLS. */
export async function serveDirectory(directory: string, certificates?: Certificates): Promise<FileServer> {
    const nginx = findTool("nginx");
    if (nginx !== undefined) return startNginx(nginx, directory, certificates);
    if (certificates !== undefined) throw new Error("nginx is not installed: apt-get install nginx-light");
    return startNode(directory);
}

async function startNginx(program: string, directory: string, certificates?: Certificates): Promise<FileServer> {
    const state = mkdtempSync(join(tmpdir(), "bootsource-bench-nginx-"));
    const port = await freePort();
    const config = join(state, "nginx.conf");
    for (const name of ["cert", "key", "ca"] as const) writeFileSync(join(state, name), certificates?.[name] ?? "");
    const tls =
        certificates === undefined ? "" : ` ssl; ssl_certificate ${state}/cert; ssl_certificate_key ${state}/key`;
    writeFileSync(
        config,
        `daemon off; master_process off; pid ${state}/pid; error_log ${state}/error.log;
events {}
http { access_log off; default_type application/octet-stream; sendfile on; client_body_temp_path ${state}; proxy_temp_path ${state}; fastcgi_temp_path ${state};
uwsgi_temp_path ${state}; scgi_temp_path ${state}; server { listen 127.0.0.1:${port}${tls}; root ${directory}; } }`,
    );
    const child = spawn(program, ["-c", config, "-p", state], { stdio: "ignore" });
    await answers(port);
    return {
        url: `${certificates === undefined ? "http" : "https"}://127.0.0.1:${port}`,
        name: "nginx",
        authority: join(state, "ca"),
        close: async () => {
            const ended = new Promise((resolve) => child.once("close", resolve));
            child.kill("SIGKILL");
            await ended;
            rmSync(state, { recursive: true, force: true });
        },
    };
}

async function startNode(directory: string): Promise<FileServer> {
    const child = spawn(process.execPath, [__filename, directory], { stdio: ["ignore", "pipe", "inherit"] });
    const url = await new Promise<string>((resolve, reject) => {
        child.once("error", reject);
        child.stdout.once("data", (line: Buffer) => {
            resolve(line.toString().trim());
        });
    });
    return {
        url,
        name: "node:http",
        close: async () => {
            const ended = new Promise((resolve) => child.once("close", resolve));
            child.kill("SIGKILL");
            await ended;
        },
    };
}

async function answers(port: number): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
        const answered = await new Promise<boolean>((resolve) => {
            const socket = connect(port, "127.0.0.1", () => {
                resolve(true);
            });
            socket.once("error", () => {
                resolve(false);
            });
            socket.once("connect", () => socket.destroy());
        });
        if (answered) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`nothing listens on port ${port}`);
}

function freePort(): Promise<number> {
    return new Promise((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => {
            const { port } = server.address() as AddressInfo;
            server.close(() => {
                resolve(port);
            });
        });
    });
}

if (require.main === module) {
    const root = process.argv[2] ?? ".";
    const server = createServer((request, response) => {
        const path = join(root, new URL(request.url ?? "/", "http://any").pathname);
        const { size, mtimeMs } = statSync(path);
        const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
        const start = Number(asked?.[1] ?? 0);
        const end = asked?.[2] ? Number(asked[2]) : size - 1;
        response.writeHead(asked === null ? 200 : 206, {
            "accept-ranges": "bytes",
            etag: `"${size}-${mtimeMs}"`,
            "content-length": end - start + 1,
            ...(asked === null ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
        });
        if (request.method === "HEAD") response.end();
        else createReadStream(path, { start, end, highWaterMark: 2 ** 20 }).pipe(response);
    });
    server.listen(0, "127.0.0.1", () => {
        process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
    });
}
