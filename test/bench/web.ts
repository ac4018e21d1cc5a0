// The benchmark's web server, in a process of its own: nginx where there is one, else Node's.
import { spawn } from "node:child_process";
import { createReadStream, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../tools.js";

/** A server of the files of a directory. */
export interface FileServer {
    readonly url: string;
    /** What it is, for the report. */
    readonly name: string;
    close(): Promise<void>;
}

/** Starts the server; resolves when it answers. */
export async function serveDirectory(directory: string): Promise<FileServer> {
    const nginx = findTool("nginx");
    return nginx === undefined ? startNode(directory) : startNginx(nginx, directory);
}

async function startNginx(program: string, directory: string): Promise<FileServer> {
    const state = mkdtempSync(join(tmpdir(), "bootsource-bench-nginx-"));
    const port = await freePort();
    const config = join(state, "nginx.conf");
    writeFileSync(
        config,
        `daemon off; master_process off; pid ${state}/pid; error_log ${state}/error.log;
events {}
http { access_log off; default_type application/octet-stream; sendfile on; client_body_temp_path ${state}; proxy_temp_path ${state}; fastcgi_temp_path ${state};
uwsgi_temp_path ${state}; scgi_temp_path ${state}; server { listen 127.0.0.1:${port}; root ${directory}; } }`,
    );
    const child = spawn(program, ["-c", config, "-p", state], { stdio: "ignore" });
    const url = `http://127.0.0.1:${port}`;
    await answers(url);
    return {
        url,
        name: "nginx",
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

async function answers(url: string): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt += 1) {
        const answered = await fetch(url).then(
            () => true,
            () => false,
        );
        if (answered) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`${url} does not answer`);
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
