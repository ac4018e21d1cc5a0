// The file in which a disk comes to be, beside its final name; and what is left of it by a process that was killed.
import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { removeTree } from "./archive/remove-tree.js";
import { journalPath } from "./journal.js";

/** The partial files of this process: a process that has the number of a dead one is not that one. */
const own = new Set<string>();

/** A partial file that this process may write. */
export interface PartialFile {
    readonly path: string;
    /** It has got its final name, or is gone. */
    end(): void;
}

/**
 * A new name beside the target: in the same directory, because only there a rename is one step; hidden, because it is not a
 * disk yet; with the place and the number of the process, so that others can tell whether somebody is still writing it.
 */
export async function startPartial(target: string): Promise<PartialFile> {
    const name = `${prefixOf(target)}${await place()}.${process.pid}.${randomBytes(6).toString("hex")}.partial`;
    const path = join(dirname(target), name);
    own.add(path);
    return { path, end: () => void own.delete(path) };
}

/**
 * Removes what processes that are dead left beside a target, and nothing else: not the files of other targets, nor those of
 * living processes, nor those of other machines and containers, whose processes cannot be seen from here.
 */
export async function removeLeftovers(target: string): Promise<void> {
    for (const path of await leftovers(target)) await removeTree(path).catch(() => undefined);
}

/** Removes them but for the last one that says how far it came: perhaps it can be gone on with. */
export async function keepLastLeftover(target: string): Promise<string | undefined> {
    const paths = await leftovers(target);
    let last: { readonly path: string; readonly time: number } | undefined;
    for (const path of paths.filter((one) => paths.includes(journalPath(one)))) {
        const time = await stat(journalPath(path)).then(
            ({ mtimeMs }) => mtimeMs,
            () => 0,
        );
        if (last === undefined || time > last.time) last = { path, time };
    }
    for (const path of paths) {
        if (last !== undefined && (path === last.path || path === journalPath(last.path))) continue;
        await removeTree(path).catch(() => undefined);
    }
    return last?.path;
}

async function leftovers(target: string): Promise<string[]> {
    const directory = dirname(target);
    const prefix = `${prefixOf(target)}${await place()}.`;
    // A directory that cannot be listed is no reason not to import: it may well be writable.
    const names = await readdir(directory).catch((): string[] => []);
    return names
        .filter((name) => {
            const rest = name.startsWith(prefix)
                ? /^(\d{1,10})\.[0-9a-f]{12}\.partial(?:\.journal)?$/.exec(name.slice(prefix.length))
                : null;
            const disk = join(directory, name.replace(/\.journal$/, ""));
            return rest !== null && !own.has(disk) && !isAlive(Number(rest[1]));
        })
        .map((name) => join(directory, name));
}

/** A process of another user is alive as well, although it cannot be signalled. Our own number may be that of a dead one. */
function isAlive(pid: number): boolean {
    if (pid === process.pid) return false;
    try {
        process.kill(pid, 0);
        return true;
    } catch (thrown) {
        return !(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH");
    }
}

/** File names end at 255 bytes: a target whose name is nearly so long is known by its hash. */
function prefixOf(target: string): string {
    const name = basename(target);
    const label = Buffer.byteLength(name) <= 160 ? name : createHash("sha256").update(name).digest("hex").slice(0, 32);
    return `.${label}.`;
}

/** Where process numbers mean what they mean here: this machine, and the container within it. */
async function place(): Promise<string> {
    const machine = await readFile("/etc/machine-id", "utf8").catch(() => "");
    const container = await readlink("/proc/self/ns/pid").catch(() => "");
    return createHash("sha256").update([hostname(), machine.trim(), container].join("\n")).digest("hex").slice(0, 8);
}
