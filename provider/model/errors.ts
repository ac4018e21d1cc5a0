// The one error class of the package: a stable code, terminal or worth another try, facts as fields, the cause kept.

/**
 * Every code an error can carry, with what it means. `terminal` is the default of the code: whether trying the same thing
 * again is pointless until somebody changes something. The page docs/errors.md is made from this table.
 */
export const codes = {
    "invalid-argument": { terminal: true, means: "An argument can never work as written." },
    "not-configured": { terminal: true, means: "No store or cluster is named for this stack." },
    "not-found": { terminal: true, means: "The source has no such image (404, 410, or no such file)." },
    "access-denied": { terminal: true, means: "The source or the file system refused the credentials or the right." },
    "unexpected-response": {
        terminal: true,
        means: "The server answered with something that is not the image, or not what an API server says.",
    },
    unreachable: {
        terminal: false,
        means: "The source or the cluster could not be reached, or failed in passing (5xx, reset, DNS).",
    },
    untrusted: { terminal: true, means: "The server's certificate is not trusted." },
    stalled: { terminal: false, means: "No byte arrived for too long." },
    "source-changed": { terminal: false, means: "The image at the source changed while it was being read." },
    "inconsistent-source": { terminal: true, means: "The server showed one image by ranges and streamed another." },
    "checksum-mismatch": { terminal: true, means: "The bytes served do not have the checksum asked for." },
    "empty-source": { terminal: true, means: "The source has no bytes." },
    truncated: { terminal: true, means: "The image ends before its own tables say it does." },
    "not-an-image": { terminal: true, means: "A web page or another document was served instead of an image." },
    "unsafe-image": { terminal: true, means: "The image refers to other files, is encrypted, or is marked corrupt." },
    "unsupported-image": { terminal: true, means: "The image uses a feature that this version does not know." },
    "corrupt-image": { terminal: true, means: "The image's tables contradict themselves or point outside it." },
    "too-large": { terminal: true, means: "The image does not fit into the room asked for." },
    "limit-exceeded": { terminal: true, means: "The image asks for more bytes than the limits allow." },
    "no-space": { terminal: true, means: "The file system has no room for the disk." },
    "already-exists": { terminal: true, means: "Something of that name is there already and is not ours." },
    "not-owned": { terminal: true, means: "The object belongs to another stack or resource." },
    "in-use": { terminal: true, means: "The disk is open in another program, or was written since its import." },
    "wrong-cluster": {
        terminal: true,
        means: "The stack's state names another store or cluster than the configuration.",
    },
    "missing-object": {
        terminal: false,
        means: "A Secret, ConfigMap or StorageClass that is named is not there (yet).",
    },
    unauthenticated: { terminal: true, means: "The cluster does not know who asks (401), or nobody could sign in." },
    forbidden: { terminal: true, means: "The cluster's roles do not give the right that is needed (403)." },
    refused: { terminal: true, means: "The cluster refused the object, in its own words." },
    "not-served": { terminal: true, means: "The cluster does not know the kind: what brings it is not installed." },
    conflict: { terminal: false, means: "The object was changed by somebody else at the same moment." },
    gone: { terminal: false, means: "The object was deleted while it was being worked on." },
    "store-unusable": { terminal: true, means: "The store's directory or database cannot be used." },
    timeout: { terminal: false, means: "No progress within the time allowed." },
    cancelled: { terminal: false, means: "The work was cancelled." },
    failed: { terminal: true, means: "Anything else, with the cause kept." },
} as const satisfies Record<string, { terminal: boolean; means: string }>;

/** A code of the table above. Codes are part of the public interface: programs match on them, never on messages. */
export type ErrorCode = keyof typeof codes;

/** Facts of an error, as plain data; never a secret. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

const brand = Symbol.for("pulumi-bootsource.error");

/**
 * What this package throws. The message is a sentence for the person who must act: `cannot <do what>: <why>; <what to do>`.
 * Recognise it with `isBootsourceError`, never with `instanceof`: two copies of the package may meet in one process.
 */
export class BootsourceError extends Error {
    /** What went wrong, as a stable word. */
    readonly code: ErrorCode;
    /** True where trying the same again is pointless. */
    readonly terminal: boolean;
    /** What the message says, as data. */
    readonly facts: Facts;

    constructor(
        code: ErrorCode,
        message: string,
        options: { cause?: unknown; facts?: Facts; terminal?: boolean } = {},
    ) {
        super(message, options.cause === undefined ? undefined : { cause: options.cause });
        this.name = "BootsourceError";
        this.code = code;
        this.terminal = options.terminal ?? codes[code].terminal;
        this.facts = options.facts ?? {};
        Object.defineProperty(this, brand, { value: true });
    }
}

/** Whether a thrown thing is ours, whichever copy of the package threw it. */
export function isBootsourceError(thrown: unknown): thrown is BootsourceError {
    return typeof thrown === "object" && thrown !== null && brand in thrown;
}

/** The error itself where it is ours; else a `failed` one with the thrown thing as its cause. */
export function toBootsourceError(thrown: unknown, doing: string): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    return new BootsourceError("failed", `cannot ${doing}: ${reason}`, { cause: thrown });
}

/** Throws `cancelled` once the signal is aborted, with what was being done. A reason that is ours is thrown as it is. */
export function throwIfCancelled(signal: AbortSignal | undefined, doing: string): void {
    if (signal?.aborted !== true) return;
    if (isBootsourceError(signal.reason)) throw signal.reason;
    throw new BootsourceError("cancelled", `cannot ${doing}: it was cancelled`, { cause: signal.reason });
}
