// Runs a command line and says how long it took and how much memory all of its processes held together at most.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Readable } from "node:stream";

/** What one run took. */
export interface Took {
    readonly seconds: number;
    /** Processor time of all its processes, of both kinds. */
    readonly user: number;
    readonly system: number;
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
        const child = spawn("bash", ["-euo", "pipefail", "-c", `${commandLine}\ntimes >&3`], {
            // A group of its own: its processes are found by it.
            detached: true,
            stdio: ["ignore", "pipe", "pipe", "pipe"],
            env: { ...process.env, ...env },
        });
        let samples = 0;
        let members: string[] = [];
        const sampler = setInterval(() => {
            if (samples % searchEvery === 0) members = membersOf(child.pid ?? 0);
            samples += 1;
            peakBytes = Math.max(peakBytes, residentOf(members));
        }, sampleEvery);
        let times = "";
        const [, stdout, stderr, last] = child.stdio as Readable[];
        for (const stream of [stdout, stderr]) stream?.on("data", (text: Buffer) => (output += text.toString()));
        last?.on("data", (text: Buffer) => (times += text.toString()));
        child.once("error", reject);
        child.once("close", (code) => {
            clearInterval(sampler);
            if (code === 0)
                resolve({ seconds: (performance.now() - begun) / 1000, ...processorTime(times), peakBytes });
            else reject(new Error(`${commandLine}\nfailed (${String(code)}): ${output}`));
        });
    });
}

/** What `times` of bash prints in its second line, of all that the shell has started: "0m2.170s 0m0.460s". */
function processorTime(times: string): { user: number; system: number } {
    const [user = NaN, system = NaN] = [...times.matchAll(/(\d+)m([\d.]+)s/g)]
        .slice(2)
        .map(([, minutes, seconds]) => 60 * Number(minutes) + Number(seconds));
    return { user, system };
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
