// Runs the bootsource command as a user does: the program in bin, in a process of its own.
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";

/** How a run ended. */
export interface Ended {
    readonly code: number | null;
    readonly stdout: string;
    readonly stderr: string;
}

/** The program. */
export const program = join(__dirname, "..", "..", "..", "bin", "bootsource.cjs");

/** Starts it, and resolves when it has ended; `started` gets the process, which has our environment and `more`. */
export function runCommand(
    parameters: readonly string[],
    started?: (child: ChildProcess) => void,
    input?: Uint8Array,
    more: Readonly<Record<string, string>> = {},
): Promise<Ended> {
    return new Promise((resolve, reject) => {
        const env = { ...process.env, ...more };
        for (const name of ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"])
            Reflect.deleteProperty(env, name);
        const child = spawn(process.execPath, [program, ...parameters], { stdio: "pipe", env });
        // A program that does not want it all closes its end.
        child.stdin.on("error", () => undefined).end(input);
        let stdout = "";
        let stderr = "";
        child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
        child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        child.on("error", reject);
        child.on("close", (code) => {
            resolve({ code, stdout, stderr });
        });
        started?.(child);
    });
}
