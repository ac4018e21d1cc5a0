// What can go wrong on the way to a server, as our own errors: which of them pass by themselves, and which never will.
import { BootsourceError, isBootsourceError } from "../../model/errors.js";
import { errorCode } from "../file-system-error.js";

/** Our error for a status that is not the image; undefined where the status is one. */
export function statusError(name: string, status: number, retryAfter: string | undefined): BootsourceError | undefined {
    if (status === 200 || status === 206) return undefined;
    const facts = { status, ...waitFact(retryAfter) };
    const got = `the server answered with status ${status}`;
    if (status === 404 || status === 410) {
        return new BootsourceError("not-found", `cannot read ${name}: ${got}; check the address`, { facts });
    }
    if (status === 401 || status === 403 || status === 407) {
        const then = "check the user name, the password and what they may read";
        return new BootsourceError("access-denied", `cannot read ${name}: ${got}; ${then}`, { facts });
    }
    if (status === 408 || status === 429 || status >= 500) {
        return new BootsourceError("unreachable", `cannot read ${name}: ${got}; try again later`, { facts });
    }
    return new BootsourceError("unexpected-response", `cannot read ${name}: ${got}; check the address`, { facts });
}

/** Our error for what a connection threw. */
export function connectionError(name: string, thrown: unknown): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const code = errorCode(thrown);
    const why = thrown instanceof Error && thrown.message !== "" ? thrown.message : code;
    const options = { cause: thrown, facts: { reason: code } };
    if (untrustedCodes.test(code)) {
        return new BootsourceError(
            "untrusted",
            `cannot read ${name}: its certificate is not trusted (${why}); give the authority's certificate, or correct the address`,
            options,
        );
    }
    // Not all errors of the parser behind the vendors' libraries have a code.
    const isGarbage = code.startsWith("HPE_") || (thrown instanceof Error && thrown.name === "HTTPParserError");
    if (isGarbage || /^(?:HTTP_INVALID|UND_ERR_HEADERS_OVERFLOW|UND_ERR_INVALID_ARG)$/.test(code)) {
        const then = "check that the address is one of a web server";
        return new BootsourceError("unexpected-response", `cannot read ${name}: ${why}; ${then}`, options);
    }
    return new BootsourceError(
        "unreachable",
        `cannot reach ${name}: ${code === "" || why.includes(code) ? why : `${why} (${code})`}; check the address and the network`,
        options,
    );
}

/** Everything by which TLS says that the other side is not who it should be, or does not speak TLS at all. */
const untrustedCodes =
    /^(?:CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_|ERR_TLS_|ERR_SSL_|UND_ERR_PRX_TLS|EPROTO)/;

/** Seconds of a Retry-After header, whether it counts or names a date. */
function waitFact(retryAfter: string | undefined): { readonly retryAfterSeconds?: number } {
    if (retryAfter === undefined) return {};
    const seconds = /^\d+$/.test(retryAfter.trim())
        ? Number(retryAfter)
        : Math.ceil((Date.parse(retryAfter) - Date.now()) / 1000);
    return Number.isFinite(seconds) ? { retryAfterSeconds: Math.max(0, seconds) } : {};
}
