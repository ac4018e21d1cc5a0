// An API server that answers what a test tells it to: for the faults that a real one does not show when asked.
import { createServer as createPlain, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createSecure, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { KubernetesCluster } from "../../provider/kubernetes/cluster.js";
import { readKubeconfig } from "../../provider/kubernetes/kubeconfig.js";
import type { UploadSettings } from "../../provider/kubernetes/upload-proxy.js";
import type { Clock } from "../../provider/model/clock.js";
import { HurryClock } from "../servers/hurry-clock.js";

/** What was asked. */
export interface Asked {
    readonly method: string;
    readonly path: string;
    readonly query: URLSearchParams;
    readonly headers: IncomingMessage["headers"];
    readonly body: unknown;
}

/** An answer. */
export interface Reply {
    readonly status?: number;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
}

/** One answer, or whatever the test does with the connection. */
export type Play = Reply | Hand;
type Hand = (response: ServerResponse, asked: Asked) => void;

/** The server: answers by "METHOD path", each key's plays in their order; the last one stays. */
export interface ScriptedApi {
    readonly url: string;
    readonly asked: Asked[];
    /** "GET /api/v1/..." of all that was asked. */
    readonly lines: () => string[];
    on(line: string, ...plays: Play[]): void;
    /** A cluster over it, in a hurry; closed with the server. */
    cluster(extra?: {
        user?: object;
        cluster?: object;
        clock?: Clock;
        uploads?: UploadSettings;
    }): Promise<KubernetesCluster>;
    close(): Promise<void>;
}

/** Starts one on a free port of the loopback interface; with TLS where options for it are given. */
export async function startScriptedApi(tls?: ServerOptions): Promise<ScriptedApi> {
    const plays = new Map<string, Play[]>();
    const asked: Asked[] = [];
    const clusters: KubernetesCluster[] = [];
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        request.on("end", () => {
            const url = new URL(request.url ?? "/", "http://loopback");
            const text = Buffer.concat(chunks).toString();
            const one: Asked = {
                method: request.method ?? "",
                path: url.pathname,
                query: url.searchParams,
                headers: request.headers,
                body: text === "" ? undefined : (JSON.parse(text) as unknown),
            };
            asked.push(one);
            const watches = one.query.has("watch") ? "WATCH" : one.method;
            const script = plays.get(`${watches} ${one.path}`) ?? [];
            const play = script.length > 1 ? script.shift() : script[0];
            act(play ?? notFound(one.path), response, one);
        });
    };
    const server = tls === undefined ? createPlain(answer) : createSecure(tls, answer);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const scheme = tls === undefined ? "http" : "https";
    const url = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return {
        url,
        asked,
        lines: () => asked.map(({ method, path }) => `${method} ${path}`),
        on: (line, ...script) => void plays.set(line, script),
        async cluster({ user = {}, cluster = {}, clock = new HurryClock(), uploads = {} } = {}) {
            const kubeconfig = kubeconfigText({ server: url, ...cluster }, user);
            const target = await readKubeconfig({ kubeconfig, resolvePath: (path) => path });
            const opened = new KubernetesCluster(target, { clock, uploads });
            clusters.push(opened);
            return opened;
        },
        async close() {
            await Promise.all(clusters.map((one) => one.close()));
            server.closeAllConnections();
            await new Promise((resolve) => server.close(resolve));
        },
    };
}

/** A kubeconfig with one context, as JSON, which is YAML too. */
export function kubeconfigText(cluster: object, user: object = {}, namespace?: string): string {
    return JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        "current-context": "lab",
        contexts: [
            { name: "lab", context: { cluster: "lab", user: "me", ...(namespace === undefined ? {} : { namespace }) } },
        ],
        clusters: [{ name: "lab", cluster }],
        users: [{ name: "me", user }],
    });
}

/** Kubernetes' answer to what it refuses. */
export function status(code: number, reason: string, message: string, details: object = {}): Reply {
    return {
        status: code,
        body: { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message, details },
    };
}

/** One line of a watch. */
export function event(type: string, object: unknown): string {
    return `${JSON.stringify({ type, object })}\n`;
}

/** A Secret as the server has it. */
export function secret(
    name: string,
    resourceVersion: string,
    more: { uid?: string; annotations?: object } = {},
): object {
    const { uid = `uid-of-${name}`, annotations } = more;
    return {
        apiVersion: "v1",
        kind: "Secret",
        metadata: {
            name,
            namespace: "default",
            uid,
            resourceVersion,
            ...(annotations === undefined ? {} : { annotations }),
        },
        data: {},
    };
}

/** A page of a list. */
export function listOf(items: object[], resourceVersion: string, next?: string): Reply {
    return {
        body: { kind: "List", metadata: { resourceVersion, ...(next === undefined ? {} : { continue: next }) }, items },
    };
}

function notFound(path: string): Reply {
    return status(404, "NotFound", `"${path}" not found`);
}

function act(play: Play, response: ServerResponse, asked: Asked): void {
    if (typeof play === "function") {
        play(response, asked);
        return;
    }
    const text = typeof play.body === "string" ? play.body : JSON.stringify(play.body ?? {});
    response.writeHead(play.status ?? 200, { "content-type": "application/json", ...play.headers }).end(text);
}
