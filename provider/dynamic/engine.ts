// The engine on the other side of a dynamic provider process: its configuration, its log, and its end.
import { fstatSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Severity } from "../lifecycle/host.js";
import { Session } from "../lifecycle/session.js";
import { systemClock } from "../model/clock.js";

/** What `configure` is given. */
export interface PulumiConfig {
    get(key: string): string | undefined;
}

/** How long work may take to let go once the engine is gone. */
const grace = 3_000;

let opened: Promise<Session> | undefined;

/** The process's one session: it serves one provider instance, so its configuration never changes. */
export function openSession(config: PulumiConfig): Promise<Session> {
    return (opened ??= Promise.resolve(open(config)));
}

/**
 * Tells Pulumi's log where the engine is. The provider process is given the address and does not use it; without it every line
 * is lost to the console. Must run before anything of Pulumi's runtime is asked: its settings are read once.
 */
export function reachEngine(): void {
    process.env["PULUMI_NODEJS_ENGINE"] ??= process.argv[2] ?? "";
}

function open(config: PulumiConfig): Session {
    const over = new AbortController();
    const host: Host = {
        configuration: { store: config.get("bootsource:store") },
        directory: process.cwd(),
        clock: systemClock,
        signal: over.signal,
        log,
    };
    const session = new Session(host);
    onEngineGone(() => {
        over.abort();
        setTimeout(() => process.exit(1), grace).unref();
        void session.close().finally(() => process.exit(1));
    });
    return session;
}

/** The engine holds our standard input open: a killed engine ends it, and a provider without an engine must not go on. */
function onEngineGone(leave: () => void): void {
    if (!isPipe(0)) return;
    process.stdin.once("end", leave).once("error", leave).resume();
}

function isPipe(descriptor: number): boolean {
    try {
        const found = fstatSync(descriptor);
        return found.isFIFO() || found.isSocket();
    } catch {
        return false;
    }
}

function log(severity: Severity, message: string, urn: string): void {
    const resource = urn === "" ? undefined : ({ urn: pulumi.output(urn) } as unknown as pulumi.Resource);
    const sent =
        severity === "warning"
            ? pulumi.log.warn(message, resource)
            : pulumi.log.info(message, resource, undefined, severity === "progress");
    // The engine may be gone already; its end is noticed elsewhere.
    sent.catch(() => undefined);
}
