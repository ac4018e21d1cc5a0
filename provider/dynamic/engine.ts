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

const settings = [
    "store",
    "parallelImports",
    "storageClasses",
    "kubeconfig",
    "context",
    "namespace",
    "onClusterChange",
    "uploadProxyUrl",
    "uploadProxyCaCertificates",
    "uploadProxyInsecure",
    "unreachable",
    "mirrors",
    "caCertificates",
    "pullSecret",
    "insecureRegistries",
    "upstream",
] as const satisfies (keyof Host["configuration"])[];

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
        configuration: Object.fromEntries(settings.map((key) => [key, config.get(`bootsource:${key}`)])),
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
    said = sent.catch(() => undefined);
}

/** The last line's delivery: Pulumi sends one after the other. */
let said: Promise<unknown> = Promise.resolve();

/**
 * Until the engine has every line. A preview is over with the last answer, and what is still on its way then is never shown: no
 * answer is given before. An engine that does not take them is not waited for longer than a moment.
 */
export async function untilSaid(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const moment = new Promise((resolve) => (timer = setTimeout(resolve, patience)));
    await Promise.race([said, moment]);
    clearTimeout(timer);
}

const patience = 10_000;
