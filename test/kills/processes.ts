// The processes of one `pulumi up`, as the operating system lists them.
import { execFileSync } from "node:child_process";

interface Listed {
    readonly pid: number;
    readonly parent: number;
    readonly command: string;
}

/** The dynamic provider processes below a process; empty while none has been started. */
export function providersOf(ancestor: number): number[] {
    const all = list();
    const below = new Set([ancestor]);
    for (let grew = true; grew;) {
        const size = below.size;
        for (const { pid, parent } of all) if (below.has(parent)) below.add(pid);
        grew = below.size > size;
    }
    return all
        .filter(({ pid, command }) => below.has(pid) && /^\S*node\s.*cmd\/dynamic-provider/.test(command))
        .map(({ pid }) => pid);
}

/** Whether the process still runs (a zombie does not). */
export function isAlive(pid: number): boolean {
    return list().some((process) => process.pid === pid);
}

function list(): Listed[] {
    const output = execFileSync("ps", ["-eo", "pid=,ppid=,stat=,args="], { encoding: "utf8" });
    return output.split("\n").flatMap((line) => {
        const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line);
        if (match === null || match[3]?.startsWith("Z") === true) return [];
        return [{ pid: Number(match[1]), parent: Number(match[2]), command: match[4] ?? "" }];
    });
}
