// A program that has a file open, to be found by whoever asks for users.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

/** The program; `close` ends it, also when it has ended. */
export interface Holder {
    readonly pid: number | undefined;
    close(): Promise<void>;
}

/** Resolves as soon as the file is open, to read ("r") or to write too ("r+"). */
export async function holdOpen(path: string, flags: "r" | "r+"): Promise<Holder> {
    const script = `require("fs").openSync(process.argv[1], process.argv[2]); console.log("open"); setInterval(() => 0, 1e6);`;
    const program: ChildProcess = spawn(process.execPath, ["-e", script, path, flags], {
        stdio: ["ignore", "pipe", "ignore"],
    });
    if (program.stdout !== null) await once(program.stdout, "data");
    return {
        pid: program.pid,
        close: async () => {
            if (program.exitCode !== null || program.signalCode !== null) return;
            program.kill("SIGKILL");
            await once(program, "exit");
        },
    };
}
