// What upper layers leave visible of the lower ones: deleted and replaced files, and directories that hide all that was in them.
import { posix } from "node:path";
import { BootsourceError } from "../../../model/errors.js";
import type { TarEntry } from "../../tar/read-tar.js";

/** The directory of a containerdisk. */
export const diskDirectory = "disk";

/** More names below it than this are an attack. */
const maxNames = 100_000;

/** A path of an archive as one from the root of the image, without dots and slashes at its ends. */
export function imagePath(path: string): string {
    return posix.normalize(`/${path}`).slice(1);
}

/** Learns from the layers that were read, the uppermost first, what of the disk directory a lower one still shows. */
export class Coverage {
    readonly #name: string;
    /** Hidden with all that is below them. */
    readonly #hidden = new Set<string>();
    /** Directories of which the content is hidden. */
    readonly #opaque = new Set<string>();
    /** Directories: they hide a file of the same name. */
    readonly #directories = new Set<string>();
    /** What the present layer has, which counts for the layers below it. */
    #layer: { readonly path: string; readonly to: Set<string> }[] = [];
    #seen = new Set<string>();

    constructor(name: string) {
        this.#name = name;
    }

    /** Whether the upper layers hide a file. */
    hides(path: string): boolean {
        if (this.#hidden.has(path) || this.#directories.has(path)) return true;
        for (let above = posix.dirname(path); ; above = posix.dirname(above)) {
            if (this.#hidden.has(above) || this.#opaque.has(above)) return true;
            if (above === ".") return false;
        }
    }

    /** Whether nothing of the disk directory is to be seen below the layers read so far. */
    get complete(): boolean {
        return this.#hidden.has(diskDirectory) || this.#opaque.has(diskDirectory) || this.#opaque.has(".");
    }

    /** Takes note of an entry; true where it is one of the image and not a mark about the layers below. */
    note(path: string, type: TarEntry["type"]): boolean {
        const base = posix.basename(path);
        const directory = posix.dirname(path);
        if (base === ".wh..wh..opq") {
            this.#add(directory, this.#opaque);
            return false;
        }
        if (base.startsWith(".wh.")) {
            this.#add(posix.join(directory, base.slice(4)), this.#hidden);
            return false;
        }
        if (path !== diskDirectory && !path.startsWith(`${diskDirectory}/`)) return true;
        if (type !== "directory" && this.#seen.has(path)) throw twice(this.#name, path);
        this.#seen.add(path);
        this.#add(path, type === "directory" ? this.#directories : this.#hidden);
        return true;
    }

    /** The present layer has ended: what was noted counts from here on. */
    endLayer(): void {
        for (const { path, to } of this.#layer) to.add(path);
        this.#layer = [];
        this.#seen = new Set();
    }

    #add(path: string, to: Set<string>): void {
        const about = path === "." || path === diskDirectory || path.startsWith(`${diskDirectory}/`);
        if (!about) return;
        if (this.#layer.length + this.#hidden.size + this.#directories.size + this.#opaque.size > maxNames) {
            throw new BootsourceError(
                "limit-exceeded",
                `cannot import ${this.#name}: more than ${maxNames} names lie below /disk; do not trust this image`,
            );
        }
        this.#layer.push({ path, to });
    }
}

function twice(name: string, path: string): BootsourceError {
    return new BootsourceError(
        "corrupt-image",
        `cannot import ${name}: a layer holds /${path} twice, and tools do not agree which one counts; push the image again`,
    );
}
