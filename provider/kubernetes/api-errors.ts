// What an API server refuses, and what a connection to it suffers, as our own errors: the server's own words are kept.
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import { type Subject, describe, groupOf } from "./subjects.js";

/** Kubernetes' Status, as far as it is read. */
export interface Status {
    readonly kind?: string;
    readonly message?: string;
    readonly reason?: string;
    readonly code?: number;
    /** Ours: an earlier attempt may have done it already. */
    readonly repeated?: boolean;
    readonly details?: { readonly name?: string; readonly kind?: string; readonly retryAfterSeconds?: number };
}

/** Reads a body as a Status; an empty one where it is something else (a proxy's page, "404 page not found"). */
export function readStatus(text: string): Status {
    try {
        const found = JSON.parse(text) as Status | null;
        return found?.kind === "Status" ? found : {};
    } catch {
        return {};
    }
}

/** Whether a 404 speaks of the kind, not of one object: the server knows no such path, and says so in plain text. */
export function isNotServed(status: number, said: Status): boolean {
    return status === 404 && said.reason === undefined;
}

/** Our error for an answer that is none; `cluster` is the cluster's name for messages. */
export function refusal(subject: Subject, status: number, said: Status, cluster: string): BootsourceError {
    const doing = `cannot ${describe(subject)}`;
    const words = said.message?.trim() || `the server answered with status ${status}`;
    const facts = { status, reason: said.reason ?? null, ...(said.repeated === true ? { repeated: true } : {}) };
    if (isNotServed(status, said)) return notServed(subject, cluster);
    switch (status) {
        case 401:
            return new BootsourceError(
                "unauthenticated",
                `${doing}: ${cluster} does not know who asks (401 ${words}); renew the token or the certificate of the kubeconfig`,
                { facts },
            );
        case 403:
            if (/admission webhook|violates|exceeded quota/i.test(words)) break;
            return new BootsourceError("forbidden", `${doing}: ${words}; ${ruleFor(subject)}`, { facts });
        case 404:
            return new BootsourceError("missing-object", `${doing}: ${words}; make it, or name another one`, { facts });
        case 409:
            if (said.reason === "AlreadyExists") {
                const then = "give the resource another name, or delete what is there";
                return new BootsourceError("already-exists", `${doing}: ${words}; ${then}`, { facts });
            }
            return new BootsourceError("conflict", `${doing}: ${words}; try again`, { facts });
        case 410:
            return new BootsourceError("conflict", `${doing}: ${words}; try again`, { facts, terminal: false });
    }
    if (mayPass(status)) {
        return new BootsourceError("unreachable", `${doing}: ${cluster} failed (${status} ${words}); try again later`, {
            facts,
        });
    }
    return new BootsourceError("refused", `${doing}: ${words}`, { facts });
}

/** Whether the same request may succeed later. */
export function mayPass(status: number): boolean {
    return status === 408 || status === 429 || status >= 500;
}

/** The error for a kind that the cluster does not know. */
export function notServed(subject: Subject, cluster: string): BootsourceError {
    const group = groupOf(subject.api);
    const missing = bringers[group] ?? `the API group ${group}`;
    return new BootsourceError(
        "not-served",
        `cannot ${describe(subject)}: ${missing} is not installed in ${cluster}; install it there, or name another cluster`,
        { facts: { group, kind: subject.api.kind } },
    );
}

const bringers: Readonly<Record<string, string>> = {
    "cdi.kubevirt.io": "KubeVirt's Containerized Data Importer (CDI)",
    "upload.cdi.kubevirt.io": "the upload API of KubeVirt's Containerized Data Importer (CDI)",
    "snapshot.storage.k8s.io": "the snapshot controller of Kubernetes CSI (its VolumeSnapshot CRDs)",
    "kubevirt.io": "KubeVirt",
};

/** The error for an answer that no API server gives: a login page, for one. */
export function notAnApi(subject: Subject, cluster: string): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot ${describe(subject)}: what answers for ${cluster} is not a Kubernetes API; check the server's address in the ` +
            "kubeconfig, and what stands in between",
    );
}

/** Our error for what a connection threw. */
export function connectionFailure(subject: Subject, thrown: unknown, cluster: string): BootsourceError {
    if (isBootsourceError(thrown)) return thrown;
    const { kind, reason, why } = readFailure(thrown);
    const options = { cause: thrown, facts: { reason } };
    const doing = `cannot ${describe(subject)}`;
    if (kind === "cancelled") return new BootsourceError("cancelled", `${doing}: it was cancelled`, options);
    if (kind === "untrusted") {
        return new BootsourceError(
            "untrusted",
            `${doing}: the certificate of ${cluster} is not trusted: ${why}; correct certificate-authority-data or the server's ` +
                "address in the kubeconfig",
            options,
        );
    }
    if (kind === "timeout") {
        return new BootsourceError("timeout", `${doing}: ${cluster} does not answer: ${why}; try again later`, options);
    }
    return new BootsourceError(
        "unreachable",
        `${doing}: ${cluster} cannot be reached: ${why}; check the server's address in the kubeconfig, and the network`,
        options,
    );
}

/** What a connection threw: what it means, its own code, and its words. */
export function readFailure(thrown: unknown): {
    readonly kind: "cancelled" | "untrusted" | "timeout" | "unreachable";
    readonly reason: string;
    readonly why: string;
} {
    const { code, message } = innermost(thrown);
    const why = code === "" || message.includes(code) ? message : `${message} (${code})`;
    const cancelled = code === "ABORT_ERR" || (thrown instanceof Error && thrown.name === "AbortError");
    const kind = cancelled
        ? "cancelled"
        : untrusted.test(code)
          ? "untrusted"
          : timedOut.test(code)
            ? "timeout"
            : "unreachable";
    return { kind, reason: code, why };
}

/** Connections are tried by several addresses, and every attempt has an error of its own. */
function innermost(thrown: unknown): { code: string; message: string } {
    const { code, message, errors, cause } = (thrown ?? {}) as {
        code?: unknown;
        message?: unknown;
        errors?: unknown[];
        cause?: unknown;
    };
    if (Array.isArray(errors) && errors.length > 0) return innermost(errors[0]);
    if (cause !== undefined && (cause as { code?: unknown }).code !== undefined) return innermost(cause);
    const text = typeof message === "string" && message !== "" ? message : String(thrown);
    return { code: typeof code === "string" ? code : "", message: text };
}

/** Everything by which TLS says that the other side is not who it should be, or does not speak TLS at all. */
const untrusted =
    /^(?:CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|PATH_LENGTH_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|UND_ERR_PRX_TLS|EPROTO)/;
const timedOut = /^(?:UND_ERR_HEADERS_TIMEOUT|UND_ERR_BODY_TIMEOUT|UND_ERR_CONNECT_TIMEOUT|ETIMEDOUT)$/;

/** The rule that gives the right, and which of the roles that we ship holds it. */
function ruleFor({ verb, api, part }: Subject): string {
    const resource = part === undefined ? api.plural : `${api.plural}/${part}`;
    const rule = `{apiGroups: ["${groupOf(api)}"], resources: ["${resource}"], verbs: ["${verb}"]}`;
    return `the ClusterRole ${roleFor(verb, api)} of deploy/cluster-roles.yaml gives that right: ${rule}`;
}

function roleFor(verb: Subject["verb"], { kind, namespaced }: Subject["api"]): string {
    if (kind === "HyperConverged") return "bootsource-system";
    if (!namespaced) return "bootsource-cluster";
    const reads = verb === "get" || verb === "list" || verb === "watch";
    return reads && kind !== "Secret" ? "bootsource-preview" : "bootsource-admin";
}
