// What can go wrong between us and a registry, with what to do about it there.
import { BootsourceError, isBootsourceError } from "../../../model/errors.js";
import { errorCode } from "../../file-system-error.js";
import { connectionError, statusError } from "../http-errors.js";

/** The error for a registry, or the service of its tokens, that does not let us in. */
export function refusedAccess(name: string, status: number, known: boolean): BootsourceError {
    const why = `the registry refused it with status ${status}`;
    const then = known
        ? "check the user name, the password and what they may read, and that the image's name is right"
        : "give credentials or dockerConfigJson (--user or --docker-config on the command line), and check the image's name";
    return new BootsourceError("access-denied", `cannot read ${name}: ${why}; ${then}`, { facts: { status } });
}

/** The error for a status that is not what was asked for; undefined where it is. `what` is the manifest or the blob. */
export function answerError(
    name: string,
    what: string,
    { status, headers }: { readonly status: number; readonly headers: Readonly<Record<string, string | undefined>> },
    known: boolean,
): BootsourceError | undefined {
    if (status === 401 || status === 403) return refusedAccess(name, status, known);
    if (status === 404) {
        return new BootsourceError(
            "not-found",
            `cannot read ${name}: the registry has no such ${what} (status 404); check the name and the tag`,
            { facts: { status } },
        );
    }
    return statusError(name, status, headers["retry-after"]);
}

/** The error for what a connection threw; `host` is the registry as the user would name it. */
export function registryConnectionError(name: string, host: string, thrown: unknown): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const error = connectionError(name, thrown);
    if (error.code !== "untrusted") return error;
    const allow = `name ${host} in bootsource:insecureRegistries (--insecure on the command line), if that is what you want`;
    const why = speaksNoTls(thrown)
        ? `the registry does not speak TLS; ${allow}`
        : `the registry's certificate is not trusted (${reasonOf(thrown)}); give its authority's certificate, or ${allow}`;
    return new BootsourceError("untrusted", `cannot read ${name}: ${why}`, { cause: thrown, facts: error.facts });
}

/** Whether a connection failed because the other side answered a TLS greeting with something else. */
export function speaksNoTls(thrown: unknown): boolean {
    return /^(?:EPROTO|ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST))/.test(errorCode(thrown));
}

function reasonOf(thrown: unknown): string {
    return thrown instanceof Error && thrown.message !== "" ? thrown.message : errorCode(thrown);
}
