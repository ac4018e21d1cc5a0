// Which server an object of Google Cloud Storage is asked of, and whether credentials may be shown to it.
import type { GcsAddress } from "../../model/bucket-url.js";
import { BootsourceError } from "../../model/errors.js";
import type { GcsSpec } from "../contract.js";

/** Where to ask: the address's own host, else the emulator that the environment names, else Google. */
export function endpointOf(address: GcsAddress): string {
    if (address.endpoint !== undefined) return address.endpoint;
    const emulator = (process.env["STORAGE_EMULATOR_HOST"] ?? "").trim().replace(/\/+$/, "");
    if (emulator === "") return "https://storage.googleapis.com";
    const url = /^https?:\/\//i.test(emulator) ? emulator : `http://${emulator}`;
    if (URL.canParse(url)) return new URL(url).origin;
    throw new BootsourceError(
        "invalid-argument",
        "cannot use the emulator of the environment: STORAGE_EMULATOR_HOST is no host; write for example 127.0.0.1:4443",
    );
}

/** Google's own hosts, private ones too: whoever has credentials of this machine shows them there and nowhere else. */
export function isGoogle(endpoint: string): boolean {
    const { protocol, hostname } = new URL(endpoint);
    return protocol === "https:" && (hostname === "googleapis.com" || hostname.endsWith(".googleapis.com"));
}

/** A token that is sent over plain http is anybody's. */
export function checkTransport(spec: GcsSpec, endpoint: string, name: string): void {
    const { protocol, hostname } = new URL(endpoint);
    const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname);
    if (spec.credentialsJson === undefined || protocol === "https:" || loopback) return;
    throw new BootsourceError(
        "untrusted",
        `cannot read ${name}: credentials would go over plain http, where anybody can take them; use https`,
    );
}
