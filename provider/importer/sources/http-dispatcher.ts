// Connections: shared by all sources with the same trust and the same proxies, and idle ones never keep a program alive.
import { createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import { EnvHttpProxyAgent, type Dispatcher } from "undici";
import { BootsourceError } from "../../model/errors.js";

const dispatchers = new Map<string, Dispatcher>();

/** Connections for one protocol, with own certificates trusted beside Node's and the system's, through the environment's proxies. */
export function dispatcherFor(protocol: string, caCertificates: string | undefined): Dispatcher {
    const secure = protocol === "https:";
    const key = JSON.stringify([
        secure,
        secure ? caCertificates : undefined,
        ...proxyVariables.map((name) => process.env[name]),
    ]);
    let dispatcher = dispatchers.get(key);
    if (dispatcher === undefined) {
        const tls = secure ? { secureContext: trustedContext(caCertificates) } : {};
        dispatcher = connections({
            connect: { timeout: 30_000, ...tls },
            requestTls: tls,
            // Plain http goes through a proxy by its address, as curl does it: many proxies tunnel to port 443 only.
            proxyTunnel: false,
            // Stalls are noticed by the source, which knows whether it is waiting.
            headersTimeout: 0,
            bodyTimeout: 0,
        });
        dispatchers.set(key, dispatcher);
    }
    return dispatcher;
}

function connections(options: EnvHttpProxyAgent.Options): Dispatcher {
    try {
        return new EnvHttpProxyAgent(options);
    } catch (thrown) {
        // The value may hold a password, so it is not repeated.
        throw new BootsourceError(
            "invalid-argument",
            "cannot use the proxy of the environment: http_proxy or https_proxy is not a url; write for example http://proxy:3128",
            { cause: thrown },
        );
    }
}

const proxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"];

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
