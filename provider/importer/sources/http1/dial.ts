// Opens connections: directly or through a proxy, plain or by TLS, and proven to be the one that was meant.
import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import { connect as connectSecurely, type ConnectionOptions } from "node:tls";
import { proxyFor } from "../http-proxy.js";
import { trustedContext, type Trust } from "../trust.js";
import { Connection } from "./connection.js";
import { HttpError } from "./head.js";

/** The way to a server. */
export interface Route {
    readonly url: URL;
    readonly trust: Trust;
    /** The proxy's address, where there is one. */
    readonly proxy: URL | undefined;
}

/** Where connections to an address begin, by the environment. */
export function routeTo(url: URL, trust: Trust): Route {
    const proxy = proxyFor(url, process.env);
    return { url, trust, proxy: proxy === undefined ? undefined : new URL(proxy) };
}

const connectWithin = 30_000;

/** A connection to the server of an address, or to the proxy that is asked for plain addresses in its place. */
export async function dial(route: Route, signal: AbortSignal): Promise<Connection> {
    const { url, trust, proxy } = route;
    const connection = new Connection();
    const { onread } = connection;
    if (url.protocol === "https:") {
        const socket = proxy === undefined ? undefined : await tunnel(proxy, url, signal);
        const options: Proof = { ...endOf(url), ...proofOf(url, trust), onread };
        const secured = connectSecurely(socket === undefined ? options : { ...options, socket });
        return connection.open(await ready(secured, "secureConnect", signal));
    }
    // Plain http goes through a proxy by its address, as curl does it: many proxies tunnel to port 443 only.
    const end = proxy ?? url;
    if (end.protocol === "https:") {
        const options: Proof = { ...endOf(end), ...proofOf(end), onread };
        return connection.open(await ready(connectSecurely(options), "secureConnect", signal));
    }
    return connection.open(await ready(connect({ ...endOf(end), onread }), "connect", signal));
}

/** What a proxy wants to know of who asks, by the user and the password in its address. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
    if (proxy.username === "" && proxy.password === "") return {};
    const login = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    return { "proxy-authorization": `Basic ${Buffer.from(login).toString("base64")}` };
}

/** A connection to the server through a proxy, which sees nothing of what passes. */
async function tunnel(proxy: URL, url: URL, signal: AbortSignal): Promise<Socket> {
    // Loaded only where there is a proxy: who asks for images directly starts without.
    const { request } = proxy.protocol === "https:" ? await import("node:https") : await import("node:http");
    const { host, port } = endOf(url);
    const to = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
    return new Promise((resolve, reject) => {
        const asking = request({
            ...endOf(proxy),
            ...(proxy.protocol === "https:" ? proofOf(proxy) : {}),
            method: "CONNECT",
            path: to,
            headers: { host: to, "user-agent": "bootsource", ...proxyAuthorization(proxy) },
            agent: false,
            signal,
            timeout: connectWithin,
        });
        asking.once("timeout", () => {
            asking.destroy(late());
        });
        asking.once("error", reject);
        asking.once("response", (answer) => {
            asking.destroy(refusedTunnel(answer.statusCode));
        });
        asking.once("connect", (answer, socket, head) => {
            if (answer.statusCode === 200 && head.length === 0) {
                socket.setTimeout(0);
                socket.removeAllListeners("timeout");
                resolve(socket);
                return;
            }
            socket.destroy();
            reject(refusedTunnel(answer.statusCode));
        });
        asking.end();
    });
}

function refusedTunnel(status: number | undefined): HttpError {
    return new HttpError("HTTP_PROXY", `the proxy answered with status ${status ?? 0} instead of opening a tunnel`);
}

interface End {
    readonly host: string;
    readonly port: number;
}

function endOf(url: URL): End {
    const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}

/** Node reads so over TLS too, which its types do not tell. */
type Proof = ConnectionOptions & { readonly onread?: OnReadOpts };

/** What TLS is to be proven by. Proxies are trusted as the system trusts. */
function proofOf(url: URL, trust?: Trust): Proof {
    const { host } = endOf(url);
    const proven = trust?.insecureSkipVerify !== true;
    // Certificates that are not looked at need not be read, but for what a user gave: it may be none.
    const read = proven || trust.caCertificates !== undefined;
    return {
        ...(read ? { secureContext: trustedContext(trust?.caCertificates) } : { minVersion: "TLSv1.2" }),
        rejectUnauthorized: proven,
        // A name is asked for; of an address servers know without.
        servername: isIP(host) === 0 ? host : "",
        ALPNProtocols: ["http/1.1"],
    };
}

/** A socket that is connected, or none. */
function ready<T extends Socket>(socket: T, event: "connect" | "secureConnect", signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
        const abort = (): void => {
            fail(signal.reason as Error);
        };
        const settle = (): void => {
            clearTimeout(timer);
            signal.removeEventListener("abort", abort);
            socket.off("error", fail);
            socket.off("close", closed);
        };
        const fail = (error: Error): void => {
            settle();
            // What still goes wrong with it is of no interest.
            socket.on("error", () => undefined);
            socket.destroy();
            reject(error);
        };
        const closed = (): void => {
            fail(new HttpError("HTTP_CLOSED", "the server closed the connection"));
        };
        const timer = setTimeout(() => {
            fail(late());
        }, connectWithin);
        signal.addEventListener("abort", abort, { once: true });
        socket.once("error", fail);
        socket.once("close", closed);
        socket.once(event, () => {
            settle();
            resolve(socket);
        });
        if (signal.aborted) abort();
    });
}

function late(): Error {
    return Object.assign(new Error("no connection came about in time"), { code: "ETIMEDOUT" });
}
