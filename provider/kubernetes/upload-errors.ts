// What CDI's upload proxy, and what stands before it, answers to an upload: whether to wait, to send again, or to give up and why.
import { BootsourceError } from "../model/errors.js";
import { readFailure } from "./api-errors.js";
import type { Receipt } from "./client.js";

/** What to do next. `cut` is sent again a few times, `login` once; to wait costs nothing but time. */
export type Verdict =
    | { readonly then: "received" }
    | { readonly then: "wait"; readonly reason: string }
    | { readonly then: "login" | "cut"; readonly error: BootsourceError }
    | { readonly then: "stop"; readonly error: BootsourceError };

/** One upload, for messages. */
export interface Sending {
    /** "cannot upload /srv/disk.qcow2 to images/disk" */
    readonly doing: string;
    readonly proxy: string;
    /** Whether the last byte had been handed over. */
    readonly whole: boolean;
}

/** Texts: CDI 1.65, pkg/uploadproxy and pkg/uploadserver. */
export function judgeAnswer({ status, location, text }: Receipt, { doing, proxy, whole }: Sending): Verdict {
    const words = text.trim().slice(0, 500);
    const said = words === "" ? `status ${status}` : `${status} ${words}`;
    const stop = (code: BootsourceError["code"], why: string): Verdict => ({
        then: "stop",
        error: new BootsourceError(code, `${doing}: ${why}`, { facts: { status } }),
    });
    if (status === 200) return { then: "received" };
    if (status === 409)
        return { then: "wait", reason: `the upload proxy says that the file came in already (${said})` };
    if (status === 503) return { then: "wait", reason: `the upload proxy is not ready (${said})` };
    if (status === 401) {
        const why = `the upload proxy ${proxy} does not accept the token of this cluster's CDI (${said}); is it the proxy of another cluster? ${name}`;
        return { then: "login", error: new BootsourceError("unauthenticated", `${doing}: ${why}`) };
    }
    if (status >= 300 && status < 400) {
        return stop("unexpected-response", `${proxy} wants to be asked at ${location ?? "another address"}; ${name}`);
    }
    if (status === 413) {
        const ingress = 'nginx.ingress.kubernetes.io/proxy-body-size: "0"';
        return stop(
            "refused",
            `what stands before the upload proxy takes no request so large (${said}); raise its limit (of an nginx Ingress: the ` +
                `annotation ${ingress})`,
        );
    }
    if (/larger than the reported available|too small to contain|no space left/.test(words)) {
        return stop("too-large", `${words}; ask for a size that holds the image`);
    }
    const refused = stop("refused", `the upload proxy refused it (${said}); correct the image`);
    if (status === 500 && words.startsWith("Saving stream failed") && whole) return refused;
    if (status >= 500) {
        const error = new BootsourceError(
            "unreachable",
            `${doing}: the upload proxy failed (${said}); try again later`,
        );
        return { then: "cut", error };
    }
    if (status === 404 || status === 405) {
        return stop("unexpected-response", `what answers at ${proxy} is not CDI's upload proxy (${said}); ${name}`);
    }
    return refused;
}

/** What the connection threw. */
export function judgeFailure(thrown: unknown, { doing, proxy }: Sending): Verdict {
    const { kind, reason, why } = readFailure(thrown);
    const options = { cause: thrown, facts: { reason } };
    if (kind === "cancelled") {
        return { then: "stop", error: new BootsourceError("cancelled", `${doing}: it was cancelled`, options) };
    }
    if (kind === "untrusted") {
        const what = `the certificate of the upload proxy ${proxy} is not trusted: ${why}`;
        const act =
            "give its CA as bootsource:uploadProxyCaCertificates (PEM), or, where nobody can stand in between, set " +
            "bootsource:uploadProxyInsecure to true";
        return { then: "stop", error: new BootsourceError("untrusted", `${doing}: ${what}; ${act}`, options) };
    }
    const what = `the upload proxy ${proxy} cannot be reached, or broke off: ${why}`;
    return { then: "cut", error: new BootsourceError("unreachable", `${doing}: ${what}; ${name}`, options) };
}

const name = "name the address that reaches it from here as bootsource:uploadProxyUrl";
