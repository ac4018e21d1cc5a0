// Where the entries of an archive may go: inside its directory, each to a place of its own, and never through a link.
import { BootsourceError } from "../../model/errors.js";

/** What lies at a place of the directory that is being filled. */
export type Placed = "directory" | "file" | "symlink";

/** Entries more than this are an attack: each costs an inode. */
const maxEntries = 2_000_000;
/** No path of Linux is longer. */
const maxPathBytes = 4096;
/** Names of files and directories are at most so long on all file systems of Linux and macOS. */
const maxNameBytes = 255;
/** What the paths of all entries may come to: they are kept in memory, and a few bytes of an archive can name many parents. */
const maxPathsLength = 2 ** 28;

/** The places taken so far. The directory is new and ours alone: what is not in here is not there. */
export class Inside {
    readonly #name: string;
    readonly #taken = new Map<string, Placed>();
    #pathsLength = 0;

    /** `name` is the archive's, for messages. */
    constructor(name: string) {
        this.#name = name;
    }

    /**
     * Takes a place for an entry. Gives its path below the directory, "" for the directory itself, and the parents that have to
     * be made first. Throws `unsafe-image` for a path that is absolute, climbs, leads through what is no directory, or is taken.
     */
    take(written: string, what: Placed): { readonly path: string; readonly parents: readonly string[] } {
        const steps = this.#steps(written);
        const path = steps.join("/");
        const parents: string[] = [];
        for (let count = 1; count < steps.length; count += 1) {
            const parent = steps.slice(0, count).join("/");
            const there = this.#taken.get(parent);
            if (there === undefined) {
                parents.push(parent);
                this.#put(parent, "directory");
            } else if (there !== "directory") {
                throw this.#refuse(written, `"${parent}" is a ${words[there]} in the same archive`);
            }
        }
        const there = path === "" ? "directory" : this.#taken.get(path);
        if (there !== undefined && !(there === "directory" && what === "directory")) {
            throw this.#refuse(written, `the same archive has a ${words[there]} of that name already`);
        }
        if (path !== "") this.#put(path, what);
        return { path, parents };
    }

    /** The path of the earlier file that a hard link is to. */
    linked(written: string, target: string): string {
        const path = this.#steps(target).join("/");
        if (this.#taken.get(path) === "file") return path;
        throw this.#refuse(
            written,
            `it is a link to "${shorten(target)}", which is no earlier file of the same archive`,
        );
    }

    /**
     * Checks where a symbolic link leads. It may climb at its beginning only, and not out of the directory: a ".." behind a name
     * would be counted from wherever that name leads.
     */
    checkLink(written: string, target: string): void {
        this.#checkText(written, target);
        const steps = target.split("/").filter((step) => step !== "" && step !== ".");
        const down = steps.findIndex((step) => step !== "..");
        const climbs = down === -1 ? steps.length : down;
        const depth = this.#steps(written).length - 1;
        if (!target.startsWith("/") && climbs <= depth && !steps.slice(climbs).includes("..") && target !== "") return;
        throw this.#refuse(written, `it is a link to "${shorten(target)}", which leads out of the archive`);
    }

    /** The error for an entry that is let in nowhere. */
    refuse(written: string, why: string): BootsourceError {
        return this.#refuse(written, why);
    }

    #steps(written: string): string[] {
        this.#checkText(written, written);
        const steps = written.split("/").filter((step) => step !== "" && step !== ".");
        if (written.startsWith("/")) throw this.#refuse(written, "its path is absolute");
        if (steps.includes("..")) throw this.#refuse(written, 'its path climbs by ".."');
        if (steps.some((step) => Buffer.byteLength(step) > maxNameBytes)) {
            throw this.#refuse(written, `a name in it is longer than ${maxNameBytes} bytes`);
        }
        return steps;
    }

    /** Before anything is made of it: a path of a megabyte has half a million parents. */
    #checkText(written: string, path: string): void {
        if (Buffer.byteLength(path) >= maxPathBytes) {
            throw this.#refuse(written, `a path is at most ${maxPathBytes - 1} bytes long`);
        }
        // What was read as no character would come out under another name than it has.
        if (path.includes("\ufffd")) throw this.#refuse(written, "its name is not UTF-8");
    }

    #put(path: string, what: Placed): void {
        if (!this.#taken.has(path)) this.#pathsLength += path.length;
        this.#taken.set(path, what);
        if (this.#taken.size <= maxEntries && this.#pathsLength <= maxPathsLength) return;
        const much = this.#taken.size > maxEntries ? `more than ${maxEntries} entries` : "too many deep directories";
        throw new BootsourceError(
            "limit-exceeded",
            `cannot unpack ${this.#name}: it has ${much}; split it, or import a disk image instead`,
        );
    }

    #refuse(written: string, why: string): BootsourceError {
        return new BootsourceError(
            "unsafe-image",
            `cannot unpack ${this.#name}: ${JSON.stringify(shorten(written))} is refused, because ${why}; make the archive again without it`,
        );
    }
}

function shorten(path: string): string {
    return path.length > 200 ? `${path.slice(0, 200)}...` : path;
}

const words: Readonly<Record<Placed, string>> = { directory: "directory", file: "file", symlink: "symbolic link" };
