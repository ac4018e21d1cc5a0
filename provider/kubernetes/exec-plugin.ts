// Credentials from the program that a kubeconfig names, as kubectl asks it: client.authentication.k8s.io, not interactive.
import { execFile } from "node:child_process";
import { BootsourceError } from "../model/errors.js";
import type { ExecPlugin, Target } from "./kubeconfig.js";

/** What a plugin answered. */
export interface PluginCredentials {
    readonly token: string | undefined;
    readonly certificate: string | undefined;
    readonly key: string | undefined;
    /** Milliseconds since the epoch; undefined where it holds until it is refused. */
    readonly expires: number | undefined;
}

/** How long a plugin may take: some ask a cloud, none may ask a person. */
const patience = 60_000;

/** Runs the plugin; throws `unauthenticated` with the last thing that it said. */
export async function runPlugin(plugin: ExecPlugin, target: Target): Promise<PluginCredentials> {
    const printed = await run(plugin, {
        apiVersion: plugin.apiVersion,
        kind: "ExecCredential",
        spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster: clusterInfo(target) } : {}) },
    });
    try {
        const { status } = JSON.parse(printed) as { status?: Record<string, unknown> };
        const text = (key: string): string | undefined => (typeof status?.[key] === "string" ? status[key] : undefined);
        const expires = Date.parse(text("expirationTimestamp") ?? "");
        const [token, certificate, key] = [text("token"), text("clientCertificateData"), text("clientKeyData")];
        if (token === undefined && certificate === undefined) throw new Error("neither token nor certificate");
        return { token, certificate, key, expires: Number.isNaN(expires) ? undefined : expires };
    } catch {
        // What it printed is a credential, perhaps: it is not repeated.
        throw failed(plugin, "what it printed is not an ExecCredential with a status");
    }
}

function run(plugin: ExecPlugin, info: object): Promise<string> {
    const env = { ...process.env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
    return new Promise((resolve, reject) => {
        const options = { env, timeout: patience, maxBuffer: 1 << 20, encoding: "utf8" as const };
        const child = execFile(plugin.command, [...plugin.args], options, (error, stdout, stderr) => {
            if (error === null) {
                resolve(stdout);
                return;
            }
            const said = stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
            const why = error.code === "ENOENT" ? "there is no such program" : error.killed ? "it took too long" : said;
            reject(failed(plugin, why || `it ended with ${String(error.code ?? error.signal)}`, error));
        });
        child.stdin?.end();
    });
}

function clusterInfo({ server, insecureSkipVerify, serverName, authority, proxyUrl }: Target): object {
    return {
        server,
        "insecure-skip-tls-verify": insecureSkipVerify,
        ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
        ...(proxyUrl === undefined ? {} : { "proxy-url": proxyUrl }),
        ...(authority !== undefined && "data" in authority
            ? { "certificate-authority-data": authority.data.toString("base64") }
            : {}),
    };
}

function failed({ command, installHint }: ExecPlugin, why: string, cause?: unknown): BootsourceError {
    const hint = installHint === undefined ? "run it by hand to see what it needs" : installHint.trim();
    return new BootsourceError(
        "unauthenticated",
        `cannot sign in to the cluster: the kubeconfig's program ${command} gave no credentials: ${why}; ${hint}`,
        { cause },
    );
}
