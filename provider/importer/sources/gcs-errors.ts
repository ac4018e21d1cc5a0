// What Google Cloud Storage can answer instead of an object, as our own errors. Of its answers only the status is repeated.
import { BootsourceError } from "../../model/errors.js";
import { statusError } from "./http-errors.js";

/** How somebody asked: with credentials or as nobody. */
export type AskedAs = "somebody" | "nobody";

/** Our error for a status that is no object; undefined where the status is one. */
export function gcsStatusError(
    name: string,
    status: number,
    retryAfter: string | undefined,
    as: AskedAs,
): BootsourceError | undefined {
    const facts = { status };
    const got = `the server answered with status ${status}`;
    if (status === 404 || status === 410) {
        const then = "check the names of the bucket and of the object";
        return new BootsourceError("not-found", `cannot read ${name}: ${got}; ${then}`, { facts });
    }
    if (status === 401 || status === 403) {
        const then =
            as === "nobody"
                ? "the object is not public; give credentials that may read it"
                : "check that the credentials may read it (storage.objects.get)";
        return new BootsourceError("access-denied", `cannot read ${name}: ${got}; ${then}`, { facts });
    }
    if (status === 412 || status === 416) {
        return new BootsourceError(
            "source-changed",
            `cannot read ${name}: the object was replaced while it was being read; try again`,
            { facts },
        );
    }
    return statusError(name, status, retryAfter);
}
