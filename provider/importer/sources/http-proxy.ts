// Which proxy an address is reached through, by the environment: as curl and Go programs read it, so that what works for the
// platform's own importer works here. Networks in no_proxy are understood, because clusters name theirs that way.
import { BlockList, isIP } from "node:net";
import { BootsourceError } from "../../model/errors.js";

/** The proxy's address (with its credentials); undefined where the address is asked directly. */
export function proxyFor(url: URL, environment: NodeJS.ProcessEnv): string | undefined {
    const name = url.protocol === "https:" ? "https_proxy" : "http_proxy";
    const value = (environment[name] ?? environment[name.toUpperCase()] ?? "").trim();
    if (value === "" || isExempt(url, environment["no_proxy"] ?? environment["NO_PROXY"] ?? "")) return undefined;
    // "proxy:3128" is a common way to write it.
    const complete = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
    const proxy = URL.canParse(complete) ? new URL(complete) : undefined;
    if (proxy?.protocol === "http:" || proxy?.protocol === "https:") return proxy.href;
    // The value may hold a password, so it is not repeated.
    throw new BootsourceError(
        "invalid-argument",
        `cannot use the proxy of the environment: ${name} is not a url of a web proxy; write for example http://proxy:3128`,
    );
}

/**
 * Whether no_proxy names the host: by "*", by name (which stands for the names below it too, with or without a dot before
 * it), by address, or by network; with ":port" for that port only.
 */
function isExempt(url: URL, noProxy: string): boolean {
    const host = url.hostname
        .toLowerCase()
        .replace(/^\[|\]$/g, "")
        .replace(/\.$/, "");
    const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
    return noProxy
        .toLowerCase()
        .split(/[,\s]+/)
        .filter((entry) => entry !== "")
        .some((entry) => {
            if (entry === "*") return true;
            const [named, wanted] = splitPort(entry);
            if (wanted !== undefined && wanted !== port) return false;
            if (isIP(host) !== 0) return isWithin(host, named);
            const domain = named.replace(/^\*?\./, "");
            return host === domain || host.endsWith(`.${domain}`);
        });
}

/** "host:port", "[address]:port", "[address]" or an IPv6 address, whose colons speak of no port. */
function splitPort(entry: string): [host: string, port: string | undefined] {
    const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(entry);
    if (bracketed?.[1] !== undefined) return [bracketed[1], bracketed[2]];
    const plain = /^([^:]+):(\d+)$/.exec(entry);
    return plain?.[1] === undefined ? [entry, undefined] : [plain[1], plain[2]];
}

function isWithin(address: string, named: string): boolean {
    const [network = "", bits] = named.split("/");
    const family = isIP(network) === 6 ? "ipv6" : "ipv4";
    const longest = family === "ipv6" ? 128 : 32;
    const length = bits === undefined ? longest : Number(bits);
    if (isIP(network) === 0 || isIP(network) !== isIP(address) || !(length >= 0 && length <= longest)) return false;
    const list = new BlockList();
    list.addSubnet(network, length, family);
    return list.check(address, family);
}
