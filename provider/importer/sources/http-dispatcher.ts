// Connections: shared by all sources with the same trust and the same proxies, and idle ones never keep a program alive.
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { Agent, ProxyAgent, type Dispatcher } from "undici";
import { BootsourceError } from "../../model/errors.js";
import { proxyFor } from "./http-proxy.js";

const dispatchers = new Map<string, Dispatcher>();

/** Connections to an address, with own certificates trusted beside Node's and the system's, through the environment's proxy. */
export function dispatcherFor(url: URL, caCertificates: string | undefined): Dispatcher {
    const secure = url.protocol === "https:";
    const proxy = proxyFor(url, process.env);
    const key = JSON.stringify([secure, secure ? caCertificates : undefined, proxy]);
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
        const tls = secure ? { secureContext: trustedContext(caCertificates) } : {};
        const options = {
            connect: { timeout: 30_000, ...tls },
            // Stalls are noticed by the source, which knows whether it is waiting.
            headersTimeout: 0,
            bodyTimeout: 0,
        };
        dispatcher =
            proxy === undefined
                ? new Agent(options)
                : // Plain http goes through a proxy by its address, as curl does it: many proxies tunnel to port 443 only.
                  new ProxyAgent({ ...options, uri: proxy, requestTls: tls, proxyTunnel: secure });
        dispatchers.set(key, dispatcher);
    }
    return dispatcher;
}

function trustedContext(caCertificates: string | undefined): SecureContext {
    const own = caCertificates?.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [];
    if (caCertificates !== undefined && own.length === 0) {
        throw new BootsourceError(
            "invalid-argument",
            'cannot use the CA certificates: there is no "-----BEGIN CERTIFICATE-----" in them; give them in PEM form',
        );
    }
    const trusted = [...getCACertificates("default"), ...getCACertificates("system"), ...own];
    try {
        return createSecureContext({ ca: [...new Set(trusted)], minVersion: "TLSv1.2" });
    } catch (thrown) {
        throw new BootsourceError("invalid-argument", "cannot use the CA certificates: they are not valid PEM", {
            cause: thrown,
        });
    }
}
