// The API server's audit log: what was asked of it, told by itself.
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Api } from "./api.js";
import { until } from "./until.js";
import { parts } from "./settings.js";

/** One request, as the audit log has it (audit.k8s.io/v1). */
export interface AuditEvent {
    readonly auditID: string;
    /** get, list, watch, create, update, patch, delete, deletecollection. */
    readonly verb: string;
    readonly requestURI: string;
    readonly user: { readonly username: string; readonly groups?: readonly string[] };
    readonly userAgent?: string;
    /** Absent where no object was asked for ("/apis", "/version"). */
    readonly objectRef?: {
        readonly resource?: string;
        readonly subresource?: string;
        readonly namespace?: string;
        readonly name?: string;
        readonly apiGroup?: string;
        readonly apiVersion?: string;
    };
    readonly responseStatus?: { readonly code: number; readonly reason?: string; readonly message?: string };
    /** What was sent, for writes of CDI's and HCO's kinds, claims, snapshots and storage classes. */
    readonly requestObject?: unknown;
    /** A watch is there twice: when it begins (ResponseStarted) and when it has ended. */
    readonly stage: "ResponseStarted" | "ResponseComplete" | "Panic";
    readonly requestReceivedTimestamp: string;
}

/** Reads the log. */
export interface Audit {
    /** A place in the log: what has been answered by now lies before it. */
    mark(): Promise<number>;
    /** What was asked since a mark, without the harness's own parts unless `everybody`; in the order of the answers. */
    requests(since?: number, everybody?: boolean): Promise<AuditEvent[]>;
}

/** Reads the log in a file. */
export function readAudit(file: string, api: Api): Audit {
    /** An event is written just after its answer is sent: once a later request is there, the earlier ones are. */
    const upToNow = async (): Promise<Buffer> => {
        const sign = randomUUID();
        await api.text(`/version?mark=${sign}`);
        return until(`the audit log holds ${sign}`, async () => {
            const log = await readFile(file);
            return log.includes(sign) ? log : undefined;
        });
    };
    return {
        async mark() {
            return (await upToNow()).length;
        },
        async requests(since = 0, everybody = false) {
            const log = await upToNow();
            const lines = log.subarray(since).toString("utf8").split("\n");
            // The last line may be half written by now.
            const events = lines.slice(0, -1).map((line) => JSON.parse(line) as AuditEvent);
            return events.filter(
                ({ user, requestURI }) =>
                    !requestURI.startsWith("/version?mark=") && (everybody || !isOwn(user.username)),
            );
        },
    };
}

function isOwn(user: string): boolean {
    return user.startsWith("system:") && !user.startsWith("system:serviceaccount:")
        ? true
        : (parts as readonly string[]).includes(user);
}
