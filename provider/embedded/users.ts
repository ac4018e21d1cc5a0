// Who has a disk open or locked on this machine: qemu locks its images, other programs are seen by their open files.
import { execFile } from "node:child_process";
import type { BigIntStats } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import type { Volume } from "../cluster/contract.js";

/** "qemu-system-x86 (pid 4711)" for each program that has the file open or locked, as far as this user may see. */
export async function usersOf(path: string): Promise<string[]> {
    if (process.platform !== "linux") return usersByLsof(path);
    const file = await stat(path, { bigint: true }).catch(() => undefined);
    return file === undefined ? [] : usersByProc(file);
}

/** The same of a disk that may be missing. */
export async function usersOfVolume({ path, state }: Partial<Volume> = {}): Promise<readonly string[]> {
    return path === undefined || state === "missing" ? [] : usersOf(path);
}

/** The same, of those alone that may write to it: as far as can be told, else of all. */
export async function writersOf(path: string): Promise<string[]> {
    if (process.platform !== "linux") return usersByLsof(path);
    const file = await stat(path, { bigint: true }).catch(() => undefined);
    return file === undefined ? [] : usersByProc(file, isWriting);
}

/** Whether a descriptor of a process counts. */
type Counts = (process: string, descriptor: string) => boolean | Promise<boolean>;

async function usersByProc(file: BigIntStats, counts: Counts = () => true): Promise<string[]> {
    const users = new Set<string>();
    for (const process of await readdir("/proc").catch(() => [])) {
        if (/^\d+$/.test(process) && (await hasOpen(process, file, counts))) users.add(await nameOf(process));
    }
    // Locks are listed for all users, open files only for our own: a disk locked by another user's qemu is seen here.
    if (users.size === 0 && (await isLocked(file))) users.add("another program (it holds a lock)");
    return [...users];
}

async function hasOpen(process: string, file: BigIntStats, counts: Counts): Promise<boolean> {
    const descriptors = await readdir(`/proc/${process}/fd`).catch(() => []);
    for (const descriptor of descriptors) {
        const open = await stat(`/proc/${process}/fd/${descriptor}`, { bigint: true }).catch(() => undefined);
        if (open?.ino === file.ino && open.dev === file.dev && (await counts(process, descriptor))) return true;
    }
    return false;
}

// A line "flags:\t0100002" in octal; its last digit is how the file was opened: 0 to read, 1 to write, 2 both.
async function isWriting(process: string, descriptor: string): Promise<boolean> {
    const info = await readFile(`/proc/${process}/fdinfo/${descriptor}`, "utf8").catch(() => "");
    const [, flags = "2"] = /^flags:\s*([0-7]+)/m.exec(info) ?? [];
    return (Number.parseInt(flags, 8) & 3) !== 0;
}

// By the command line, not by `comm`: that is the main thread's name, cut at 15 characters.
async function nameOf(process: string): Promise<string> {
    const command = await readFile(`/proc/${process}/cmdline`, "utf8").catch(() => "");
    const [program = ""] = command.split("\0");
    return `${basename(program) || "a program"} (pid ${process})`;
}

// A line of /proc/locks: "1: OFDLCK ADVISORY READ -1 08:01:131090 100 100"; the sixth word ends in the inode.
async function isLocked(file: BigIntStats): Promise<boolean> {
    const locks = await readFile("/proc/locks", "utf8").catch(() => "");
    const device = `${hex(file.dev >> 8n)}:${hex(file.dev & 0xffn)}:${file.ino}`;
    return locks.split("\n").some((line) => line.split(/\s+/)[5] === device);
}

function hex(part: bigint): string {
    return part.toString(16).padStart(2, "0");
}

// macOS and others: lsof prints one "p<pid>" and "c<command>" line per program. Without lsof nothing is known, and nothing said.
async function usersByLsof(path: string): Promise<string[]> {
    const output = await promisify(execFile)("lsof", ["-F", "pc", "--", path]).then(
        ({ stdout }) => stdout,
        () => "",
    );
    return [...output.matchAll(/^p(\d+)\nc(.*)$/gm)].map(([, pid = "", command = ""]) => `${command} (pid ${pid})`);
}
