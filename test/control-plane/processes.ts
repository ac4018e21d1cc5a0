// Servers that never outlive the tests: started and stopped by a supervisor, which notices when its tests are gone.
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import type { Answer, Order, Program } from "./supervisor.js";
import { Hopeless } from "./until.js";

/** Servers with one directory, which goes with them. */
export interface Processes {
    readonly directory: string;
    start(program: Program): Promise<void>;
    /** At once, without a farewell, as a crash would; does nothing where it does not run. */
    stop(name: string): Promise<void>;
    /** Throws with a server's last words where it has ended by itself. */
    check(name: string): void;
    /** The last lines that a server wrote. */
    log(name: string): string;
    end(): Promise<void>;
}

/** Starts the supervisor. */
export function startProcesses(): Processes {
    const directory = mkdtempSync(path.join(tmpdir(), "bootsource-control-plane-"));
    // A group of its own: Ctrl-C at the terminal is for the tests, which then let go of it.
    const child = fork(path.join(__dirname, "supervisor.js"), [directory], { detached: true, execArgv: [] });
    const gone = new Promise<void>((resolve) => child.once("exit", resolve));
    const waiting = new Map<number, () => void>();
    const ended = new Set<string>();
    let orders = 0;
    child.on("message", (answer: Answer) => {
        if ("ended" in answer) ended.add(answer.ended);
        else waiting.get(answer.done)?.();
    });
    child.unref();
    child.channel?.unref();
    const order = async (make: (id: number) => Order): Promise<void> => {
        const id = ++orders;
        child.ref();
        child.channel?.ref();
        const done = new Promise<void>((resolve) => waiting.set(id, resolve));
        child.send(make(id));
        await Promise.race([done, gone]);
        waiting.delete(id);
        if (waiting.size > 0) return;
        child.unref();
        child.channel?.unref();
    };
    const log = (name: string): string => {
        try {
            return readFileSync(path.join(directory, `${name}.log`), "utf8").slice(-4000);
        } catch {
            return "(it wrote nothing)";
        }
    };
    return {
        directory,
        log,
        async start(program) {
            ended.delete(program.name);
            await order((id) => ({ id, start: program }));
        },
        stop: (name) => order((id) => ({ id, stop: name })),
        check(name) {
            if (ended.has(name)) throw new Hopeless(`${name} ended: ${log(name)}`);
        },
        end: () => order((id) => ({ id, end: true })),
    };
}
