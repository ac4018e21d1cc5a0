// The process that owns the servers of a control plane: when the tests end, however they end, it ends the servers and removes their files.
import { spawn, type ChildProcess } from "node:child_process";
import { openSync, closeSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What the tests ask for. */
export type Order =
    | { readonly id: number; readonly start: Program }
    | { readonly id: number; readonly stop: string }
    | { readonly id: number; readonly end: true };

/** A server. */
export interface Program {
    readonly name: string;
    readonly command: string;
    readonly args: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    /** Started again where it ends by itself, as a Deployment's pod is: CDI ends where it loses its lease. */
    readonly keep?: boolean;
}

/** What the tests are told: an order is done, or a server ended that nobody had stopped. */
export type Answer = { readonly done: number } | { readonly ended: string };

const directory = process.argv[2] ?? "";
const running = new Map<string, ChildProcess>();

function start(program: Program): void {
    const log = openSync(join(directory, `${program.name}.log`), "a");
    const child = spawn(program.command, program.args, { env: program.env, stdio: ["ignore", log, log] });
    closeSync(log);
    running.set(program.name, child);
    const ended = (): void => {
        if (running.get(program.name) !== child) return;
        running.delete(program.name);
        if (program.keep === true) setTimeout(start, 500, program);
        else answer({ ended: program.name });
    };
    child.once("exit", ended);
    child.once("error", ended);
}

async function stop(name: string): Promise<void> {
    const child = running.get(name);
    running.delete(name);
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await ended;
}

async function end(): Promise<never> {
    await Promise.all([...running.keys()].map(stop));
    rmSync(directory, { recursive: true, force: true });
    process.exit(0);
}

function answer(message: Answer): void {
    if (process.connected) process.send?.(message);
}

async function obey(order: Order): Promise<void> {
    if ("start" in order) start(order.start);
    else if ("stop" in order) await stop(order.stop);
    else await end();
    answer({ done: order.id });
}

process.on("message", (order: Order) => void obey(order));
process.on("disconnect", () => void end());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void end());
