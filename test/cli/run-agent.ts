// Runs a bootsource agent in a process of its own, and listens to its log.
import { type ChildProcess, spawn } from "node:child_process";
import { program } from "./run-command.js";

/** One line of the log. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string };

/** A running agent. */
export interface RunningAgent {
    readonly process: ChildProcess;
    readonly lines: readonly Line[];
    readonly ended: Promise<{ code: number | null; signal: string | null; stderr: string }>;
    /** The first line, from the beginning, of which that is true; fails after half a minute. */
    told(what: string | ((line: Line) => boolean)): Promise<Line>;
    /** The address that it listens on. */
    address(): Promise<string>;
    /** Tells it to end, and waits until it has. */
    stop(signal?: NodeJS.Signals): Promise<{ code: number | null; signal: string | null; stderr: string }>;
}

/** Starts one; whoever starts it stops it. */
export function runAgent(...parameters: string[]): RunningAgent {
    const child = spawn(process.execPath, [program, "agent", ...parameters], { stdio: ["ignore", "pipe", "pipe"] });
    const lines: Line[] = [];
    const waiting = new Set<() => void>();
    let rest = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
        const parts = (rest + chunk.toString()).split("\n");
        rest = parts.pop() ?? "";
        for (const part of parts) if (part.startsWith("{")) lines.push(JSON.parse(part) as Line);
        for (const look of [...waiting]) look();
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
        child.on("close", (code, signal) => {
            resolve({ code, signal, stderr });
        });
    });
    const told: RunningAgent["told"] = (what) =>
        new Promise((resolve, reject) => {
            const fits = typeof what === "string" ? (line: Line): boolean => line.event === what : what;
            const timer = setTimeout(() => {
                waiting.delete(look);
                reject(new Error(`it never told of ${String(what)}: ${JSON.stringify(lines)} ${stderr}`));
            }, 30_000);
            const look = (): void => {
                const found = lines.find(fits);
                if (found === undefined) return;
                waiting.delete(look);
                clearTimeout(timer);
                resolve(found);
            };
            waiting.add(look);
            look();
        });
    return {
        process: child,
        lines,
        ended,
        told,
        address: async () => `http://${String((await told("listening"))["listening"])}`,
        stop: (signal = "SIGTERM") => {
            child.kill(signal);
            return ended;
        },
    };
}
