// What S3 can answer instead of an object, as our own errors. Of its answers only status and code are repeated: its messages name
// keys, and its error objects hold signatures.
import { BootsourceError, isBootsourceError, type ErrorCode } from "../../model/errors.js";
import { connectionError, statusError } from "./http-errors.js";

/** Our error for what the vendor's client threw. */
export function s3Error(name: string, thrown: unknown): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const { status, code, headers } = answerOf(thrown);
    if (code === "CredentialsProviderError") {
        return new BootsourceError(
            "access-denied",
            `cannot read ${name}: no keys were found; give accessKeyId and secretKey, set up the AWS credentials of this ` +
                "machine, or set anonymous where the object is public",
        );
    }
    if (status === undefined) return connectionError(name, thrown);
    const facts = { status, ...(code === undefined ? {} : { reason: code }) };
    const got = `the server answered ${code === undefined ? `with status ${status}` : `${code} (status ${status})`}`;
    const known = code === undefined ? undefined : meanings[code];
    if (known !== undefined) {
        return new BootsourceError(known.code, `cannot read ${name}: ${got}; ${known.then}`, { facts });
    }
    if (status === 412 || status === 416) {
        return new BootsourceError(
            "source-changed",
            `cannot read ${name}: the object was replaced while it was being read; try again`,
            { facts },
        );
    }
    const region = regionOf(thrown);
    if (region !== undefined && status !== 403) {
        const then = `the bucket is in the region ${region}; name that region`;
        return new BootsourceError("unexpected-response", `cannot read ${name}: ${got}; ${then}`, { facts });
    }
    const plain = statusError(name, status, headers["retry-after"]);
    if (plain === undefined) return foreign(name);
    return new BootsourceError(plain.code, `cannot read ${name}: ${got}; ${advice(status)}`, {
        facts: { ...plain.facts, ...facts },
    });
}

function advice(status: number): string {
    if (status === 401 || status === 403) return "check the keys, and what they may read";
    if (status === 408 || status === 429 || status >= 500) return "try again later";
    return "check the address and the region";
}

/** The region that a refusal says the bucket is in. */
export function regionOf(thrown: unknown): string | undefined {
    const named = answerOf(thrown).headers["x-amz-bucket-region"] ?? (thrown as { Region?: unknown } | null)?.Region;
    return typeof named === "string" && /^[a-z0-9-]{2,40}$/.test(named) ? named : undefined;
}

/** What can be told of a refusal by its code alone, and what to do. */
const meanings: Readonly<Record<string, { readonly code: ErrorCode; readonly then: string }>> = {
    NoSuchKey: { code: "not-found", then: "check the key of the object" },
    NoSuchBucket: { code: "not-found", then: "check the name of the bucket" },
    NoSuchVersion: { code: "not-found", then: "check the key of the object" },
    SignatureDoesNotMatch: { code: "access-denied", then: "check secretKey, and the region" },
    InvalidAccessKeyId: { code: "access-denied", then: "check accessKeyId" },
    ExpiredToken: { code: "access-denied", then: "the temporary keys have expired; get new ones" },
    InvalidToken: { code: "access-denied", then: "check sessionToken, which belongs to temporary keys" },
    TokenRefreshRequired: { code: "access-denied", then: "the temporary keys have expired; get new ones" },
    RequestTimeTooSkewed: { code: "access-denied", then: "set the clock of this machine" },
    RequestExpired: { code: "access-denied", then: "set the clock of this machine" },
    AccessDenied: {
        code: "access-denied",
        then: "check that whoever asks may read it (S3 also says this of a missing object in a bucket that may not be listed)",
    },
    AllAccessDisabled: { code: "access-denied", then: "ask the owner of the bucket" },
    AccountProblem: { code: "access-denied", then: "ask the owner of the account" },
    InvalidObjectState: { code: "unexpected-response", then: "the object is archived; restore it first" },
    SlowDown: { code: "unreachable", then: "try again later" },
    RequestTimeout: { code: "unreachable", then: "try again" },
    InternalError: { code: "unreachable", then: "try again later" },
    ServiceUnavailable: { code: "unreachable", then: "try again later" },
};

/** A good status with an answer that is no object: a web page, most often. */
function foreign(name: string): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot read ${name}: the server does not answer as S3 does; check the address, or use an http source`,
    );
}

interface Refusal {
    readonly status: number | undefined;
    readonly code: string | undefined;
    readonly headers: Readonly<Record<string, string | undefined>>;
}

function answerOf(thrown: unknown): Refusal {
    const error = (thrown ?? {}) as {
        readonly name?: unknown;
        readonly $metadata?: { readonly httpStatusCode?: number };
        readonly $response?: { readonly statusCode?: number; readonly headers?: Record<string, string> };
    };
    const status = error.$metadata?.httpStatusCode ?? error.$response?.statusCode;
    // Without a body (HEAD) the client makes up a name.
    const made = /^(Unknown|UnknownError|NotFound|Forbidden|BadRequest|Error|SyntaxError|\d+)$/;
    const code = typeof error.name === "string" && /^[A-Za-z]{3,60}$/.test(error.name) ? error.name : undefined;
    return {
        status,
        code: code === undefined || made.test(code) ? undefined : code,
        headers: error.$response?.headers ?? {},
    };
}
