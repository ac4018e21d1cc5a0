// Runs a command line and says how long it took and how much memory all of its processes held together at most.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** What one run took. */
export interface Took {
    readonly seconds: number;
    /** Resident bytes of the process and all that it started, summed, at their peak; pages that they share count twice. */
    readonly peakBytes: number;
}

const sampleEvery = 20;
/** Samples after which new processes are looked for: that reads of every process there is, and slows down what is measured. */
const searchEvery = 10;
const pageBytes = 4096;

/** Runs a command line of bash to its end; throws with its output where it fails. */
export function measure(commandLine: string, env: Readonly<Record<string, string>> = {}): Promise<Took> {
    return new Promise((resolve, reject) => {
        const begun = performance.now();
        let peakBytes = 0;
        let output = "";
        const child = spawn("bash", ["-euo", "pipefail", "-c", commandLine], {
            // A group of its own: its processes are found by it.
            detached: true,
            stdio: ["ignore", "pipe", "pipe"],
            env: { ...process.env, ...env },
        });
        let samples = 0;
        let members: string[] = [];
        const sampler = setInterval(() => {
            if (samples % searchEvery === 0) members = membersOf(child.pid ?? 0);
            samples += 1;
            peakBytes = Math.max(peakBytes, residentOf(members));
        }, sampleEvery);
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (text: Buffer) => (output += text.toString()));
        child.once("error", reject);
        child.once("close", (code) => {
            clearInterval(sampler);
            if (code === 0) resolve({ seconds: (performance.now() - begun) / 1000, peakBytes });
            else reject(new Error(`${commandLine}\nfailed (${String(code)}): ${output}`));
        });
    });
}

function membersOf(group: number): string[] {
    return readdirSync("/proc").filter((name) => {
        if (!/^\d+$/.test(name)) return false;
        // Behind the name in brackets: state, parent, group.
        const [, , member] = read(`/proc/${name}/stat`)
            .replace(/^.*\) /s, "")
            .split(" ");
        return Number(member) === group;
    });
}

function residentOf(members: readonly string[]): number {
    const pages = members.map((name) => Number(read(`/proc/${name}/statm`).split(" ")[1] ?? 0));
    return pages.reduce((sum, next) => sum + next, 0) * pageBytes;
}

/** Nothing, where the process has ended meanwhile. */
function read(path: string): string {
    try {
        return readFileSync(path, "utf8");
    } catch {
        return "";
    }
}
