// What becomes of an import that CDI does: how far it is, and when to stop waiting for what CDI itself would try for ever.
import type { ErrorCode } from "../model/errors.js";
import type { DataVolume } from "../model/objects.js";

/** Why trying again is pointless, and what to do about it. */
export interface Verdict {
    readonly code: ErrorCode;
    readonly message: string;
    readonly advice: string;
}

/**
 * CDI restarts a failed importer without end (its phase stays ImportInProgress); these of its messages never end well. Texts:
 * CDI 1.65, pkg/importer and pkg/controller/util.go.
 */
const hopeless: readonly { readonly said: RegExp; readonly code: ErrorCode; readonly advice: string }[] = [
    { said: /checksum mismatch/, code: "checksum-mismatch", advice: "compare the checksum with the image's publisher" },
    { said: /expected status code 200, got 40[13]\b/, code: "access-denied", advice: "check the credentials" },
    { said: /expected status code 200, got 4(04|10)\b/, code: "not-found", advice: "check the url" },
    {
        said: /unauthorized|authentication required|requested access .* denied/i,
        code: "access-denied",
        advice: "check the credentials",
    },
    { said: /manifest unknown|name unknown/i, code: "not-found", advice: "check the repository and its tag" },
    { said: /x509: /, code: "untrusted", advice: "give the server's CA as caCertificates or certConfigMap" },
    {
        said: /too small to contain image|larger than the reported available storage/,
        code: "too-large",
        advice: "ask for a size that holds it",
    },
    { said: /has invalid backing file/, code: "unsafe-image", advice: "flatten it with qemu-img convert" },
    {
        said: /Invalid format \S+ for image|could not process image header/,
        code: "unsupported-image",
        advice: "convert it",
    },
    {
        said: /Failed to find VM disk image file|image directory (contains|does not exist)/,
        code: "not-an-image",
        advice: "a containerdisk has exactly one file, under /disk",
    },
    { said: /doesn't match requested architecture/, code: "unexpected-response", advice: "name another architecture" },
];

/** Undefined while there is hope. */
export function hopelessness({ status }: DataVolume): Verdict | undefined {
    const running = status?.conditions?.find(({ type }) => type === "Running");
    if (running?.status !== "False") return undefined;
    const found = hopeless.find(({ said }) => said.test(running.message));
    return found && { code: found.code, message: running.message, advice: found.advice };
}

/** Percent that came in, as CDI counts them; undefined where it does not ("N/A": no length is known). */
export function percentOf({ status }: DataVolume): number | undefined {
    const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(status?.progress ?? "") ?? [];
    return percent === undefined ? undefined : Number(percent);
}
