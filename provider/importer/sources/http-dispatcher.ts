// Connections for the vendors' client libraries: shared by all with the same trust and the same proxies, and idle ones never keep a
// program alive.
import type { Dispatcher } from "undici";
import { proxyFor } from "./http-proxy.js";
import { largeReads } from "./large-reads.js";
import { trustedContext, type Trust } from "./trust.js";

const dispatchers = new Map<string, Dispatcher>();

/** Connections to an address through the environment's proxy. */
export async function dispatcherFor(url: URL, trust: Trust): Promise<Dispatcher> {
    // Loaded only where such a library is used: it takes as long as all the rest of the program.
    const { Agent, ProxyAgent } = await import("undici");
    const secure = url.protocol === "https:";
    const proxy = proxyFor(url, process.env);
    const { caCertificates, insecureSkipVerify = false } = trust;
    // Connections that were checked are never shared with ones that were not.
    const key = JSON.stringify([secure, secure ? [caCertificates, insecureSkipVerify] : undefined, proxy]);
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
        const tls = secure
            ? { secureContext: trustedContext(caCertificates), rejectUnauthorized: !insecureSkipVerify }
            : {};
        const options = {
            connect: { timeout: 30_000, ...tls },
            // Stalls are noticed by the source, which knows whether it is waiting.
            headersTimeout: 0,
            bodyTimeout: 0,
        };
        dispatcher =
            proxy === undefined
                ? // TLS comes in records of 16 KiB, whatever is read.
                  new Agent(secure ? options : { ...options, connect: { ...options.connect, onread: largeReads } })
                : // Plain http goes through a proxy by its address, as curl does it: many proxies tunnel to port 443 only.
                  new ProxyAgent({ ...options, uri: proxy, requestTls: tls, proxyTunnel: secure });
        dispatchers.set(key, dispatcher);
    }
    return dispatcher;
}
