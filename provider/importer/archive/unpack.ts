// Unpacks a tar stream into a new directory: permissions and times kept, owners not (as CDI's tar --no-same-owner).
import { constants } from "node:fs";
import { link, lutimes, mkdir, open, symlink } from "node:fs/promises";
import { join } from "node:path";
import { throwIfCancelled } from "../../model/errors.js";
import type { Bytes } from "../contract.js";
import { fileSystemError } from "../file-system-error.js";
import { readTar, type TarEntry } from "../tar/read-tar.js";
import { Inside } from "./inside.js";

/** What an archive is held to. */
export interface UnpackOptions {
    /** The archive for messages. */
    readonly name: string;
    /** Says no to more bytes in files than there is room for. */
    readonly checkRoom: (bytes: number) => void;
    readonly signal: AbortSignal;
}

/** Mode and times come last: nothing could be put into a directory that may not be written. */
interface Finish {
    readonly mode: number;
    readonly mtime: number;
}

/** Files that are made durable at the same time: a journal commits many at once. */
const syncedTogether = 16;

/** Unpacks, and makes durable. Resolves with the bytes that the files hold. */
export async function unpack(bytes: Bytes, directory: string, options: UnpackOptions): Promise<number> {
    const { name, signal } = options;
    try {
        await mkdir(directory, { mode: 0o700 });
        const unpacking = new Unpacking(directory, options);
        for await (const entry of readTar(bytes, name)) {
            throwIfCancelled(signal, `unpack ${name}`);
            await unpacking.place(entry);
        }
        await unpacking.finish();
        return unpacking.written;
    } catch (thrown) {
        throw fileSystemError(thrown, `unpack ${name} into ${directory}`);
    }
}

class Unpacking {
    readonly #directory: string;
    readonly #options: UnpackOptions;
    readonly #inside: Inside;
    readonly #files = new Map<string, Finish>();
    /** In the order of their making: children come after their parents. */
    readonly #directories = new Map<string, Finish>();
    /** Bytes in files so far. */
    written = 0;

    constructor(directory: string, options: UnpackOptions) {
        this.#directory = directory;
        this.#options = options;
        this.#inside = new Inside(options.name);
    }

    async place(entry: TarEntry): Promise<void> {
        const { type, mtime, linkPath } = entry;
        const mode = entry.mode & 0o7777;
        refuseUnlessPlain(entry, this.#inside);
        const target = type === "link" ? this.#inside.linked(entry.path, linkPath) : undefined;
        if (type === "symlink") this.#inside.checkLink(entry.path, linkPath);
        const what = type === "directory" || type === "symlink" ? type : "file";
        const { path, parents } = this.#inside.take(entry.path, what);
        // The archive's own root says nothing about the claim's directory, which stays its owner's alone.
        if (path === "") return;
        for (const parent of parents) await this.#makeDirectory(parent, { mode: 0o755, mtime });
        const at = join(this.#directory, path);
        if (type === "directory") {
            if (this.#directories.has(path)) this.#directories.set(path, { mode, mtime });
            else await this.#makeDirectory(path, { mode, mtime });
        } else if (type === "symlink") {
            await symlink(linkPath, at);
            await lutimes(at, mtime, mtime);
        } else if (target !== undefined) {
            await link(join(this.#directory, target), at);
        } else {
            this.written += entry.size;
            this.#options.checkRoom(this.written);
            await writeFile(at, entry.bytes);
            this.#files.set(path, { mode, mtime });
        }
    }

    /** Makes everything durable, and gives it its mode and its time. */
    async finish(): Promise<void> {
        const files = [...this.#files];
        const worker = async (): Promise<void> => {
            for (let next = files.pop(); next !== undefined; next = files.pop()) await this.#settle(...next);
        };
        await Promise.all(Array.from({ length: syncedTogether }, worker));
        for (const [path, finish] of [...this.#directories].reverse()) await this.#settle(path, finish);
        await this.#settle("", undefined);
    }

    async #makeDirectory(path: string, finish: Finish): Promise<void> {
        await mkdir(join(this.#directory, path), { mode: 0o700 });
        this.#directories.set(path, finish);
    }

    async #settle(path: string, finish: Finish | undefined): Promise<void> {
        const { name, signal } = this.#options;
        throwIfCancelled(signal, `unpack ${name}`);
        const opened = await open(join(this.#directory, path), constants.O_RDONLY | constants.O_NOFOLLOW);
        try {
            if (finish !== undefined) {
                await opened.chmod(finish.mode);
                await opened.utimes(finish.mtime, finish.mtime);
            }
            await opened.sync();
        } finally {
            await opened.close();
        }
    }
}

function refuseUnlessPlain(entry: TarEntry, inside: Inside): void {
    if (entry.sparse) throw inside.refuse(entry.path, "it is stored as a sparse file, whose map cannot be trusted");
    if (["file", "directory", "symlink", "link"].includes(entry.type)) return;
    throw inside.refuse(entry.path, `it is neither a file, a directory nor a link (${entry.type})`);
}

async function writeFile(path: string, bytes: Bytes): Promise<void> {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
    const file = await open(path, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0o600);
    try {
        for await (const chunk of bytes) {
            for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
        }
    } finally {
        await file.close();
    }
}
