// The real registry (Debian's docker-registry) on the loopback interface: plain, with TLS, or with a password.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import type { Containerdisk } from "../images/containerdisk.js";
import { pushTo } from "./push.js";

/** How a registry is started. */
export interface RegistryOptions {
    readonly tls?: { readonly key: string; readonly cert: string; readonly ca: string };
    /** Asks everybody for `registryLogin`. */
    readonly login?: boolean;
}

/** A running registry. */
export interface Registry {
    /** "127.0.0.1:port", as it stands in references. */
    readonly host: string;
    /** Pushes an image under a tag and returns its reference. */
    push(repository: string, tag: string, image: Containerdisk): Promise<string>;
    close(): Promise<void>;
}

/** Who may read a registry with a login. */
export const registryLogin = { username: "disk", password: "s3cret-of-the-registry" } as const;

/** The same as htpasswd(1) writes it: bcrypt, which Node does not have. */
const passwordFile = "disk:\$2y\$04\$nmtNw5iR81fuJdfbzqVnsOnvpRo.zDb.qtVKv5RPNhwY0UuEfLzLy\n";

/** Starts the program at a path; resolves when it listens. */
export async function startRegistry(program: string, options: RegistryOptions = {}): Promise<Registry> {
    const directory = mkdtempSync(join(tmpdir(), "bootsource-registry-"));
    const write = (name: string, text: string): string => {
        const path = join(directory, name);
        writeFileSync(path, text);
        return path;
    };
    const { tls, login = false } = options;
    const http =
        tls === undefined ? {} : { tls: { certificate: write("tls.crt", tls.cert), key: write("tls.key", tls.key) } };
    // JSON is YAML.
    const config = write(
        "config.yml",
        JSON.stringify({
            version: "0.1",
            log: { level: "info", formatter: "json" },
            storage: { filesystem: { rootdirectory: directory } },
            http: { addr: "127.0.0.1:0", ...http },
            ...(login ? { auth: { htpasswd: { realm: "test", path: write("htpasswd", passwordFile) } } } : {}),
        }),
    );
    const child = spawn(program, ["serve", config], { stdio: ["ignore", "ignore", "pipe"] });
    const host = await listening(child);
    const dispatcher = new Agent(tls === undefined ? {} : { connect: { ca: tls.ca } });
    return {
        host,
        async push(repository, tag, image) {
            const base = `${tls === undefined ? "http" : "https"}://${host}/v2/${repository}/`;
            await pushTo({ base, tag, image, dispatcher, login: login ? registryLogin : undefined });
            return `docker://${host}/${repository}:${tag}`;
        },
        async close() {
            await dispatcher.destroy();
            const ended = new Promise((resolve) => child.once("close", resolve));
            child.kill("SIGKILL");
            await ended;
            rmSync(directory, { recursive: true, force: true });
        },
    };
}

/** The address that a registry says it listens at. */
function listening(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
        let log = "";
        child.once("error", reject);
        child.once("close", () => {
            reject(new Error(`the registry did not start: ${log}`));
        });
        child.stderr?.on("data", (chunk: Buffer) => {
            log = (log + chunk.toString("utf8")).slice(-20_000);
            const [, host] = /listening on ([0-9.]+:[0-9]+)/.exec(log) ?? [];
            if (host !== undefined) resolve(host);
        });
    });
}
