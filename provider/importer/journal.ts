// How far a disk has come, written beside it: what a killed run brought durably is not brought again by the next one.
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open, readFile, rm, type FileHandle } from "node:fs/promises";
import type { Identity } from "./contract.js";

/** Where the journal of a disk lies. */
export function journalPath(disk: string): string {
    return `${disk}.journal`;
}

/**
 * What a journal is of: one content, written in one way. Undefined where nothing says that the source will still hold the same
 * content, or where it cannot begin in the middle.
 */
export function journalKey(name: string, { version, size, ranges }: Identity, keepZeros: boolean): string | undefined {
    if (version === undefined || size === undefined || !ranges) return undefined;
    // A hash, because an address is nobody else's business, and because all lines are then of one length.
    return hash(JSON.stringify([name, version, size, keepZeros]));
}

/** How far a disk has come. */
export interface Reached {
    /** All bytes before this one are durable. */
    readonly offset: number;
    /** The length that the file must have for that: less where the last of those bytes are zeros, and holes. */
    readonly length: number;
}

/** How far a disk has come; undefined where no journal says so of exactly this content. */
export async function readJournal(disk: string, key: string): Promise<Reached | undefined> {
    const line = await readFile(journalPath(disk), "utf8").catch(() => "");
    const [, offset, length] = / (\d{16}) (\d{16}) /.exec(line) ?? [];
    const reached = { offset: Number(offset), length: Number(length) };
    return line === format(key, reached) ? reached : undefined;
}

/** The journal of one disk; there is no file before the first line. */
export class Journal {
    readonly #path: string;
    readonly #key: string;
    #file: Promise<FileHandle> | undefined;

    constructor(disk: string, key: string) {
        this.#path = journalPath(disk);
        this.#key = key;
    }

    /** One line over the last, of the same length: it is never half there. */
    async write(reached: Reached): Promise<void> {
        // Not emptied: the line of the run before holds until there is another.
        this.#file ??= open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
        await (await this.#file).write(format(this.#key, reached), 0);
    }

    /** The disk is whole, or gone. */
    async remove(): Promise<void> {
        await this.#file?.then((file) => file.close()).catch(() => undefined);
        await rm(this.#path, { force: true });
    }
}

function format(key: string, { offset, length }: Reached): string {
    const numbers = [offset, length].map((number) => String(number).padStart(16, "0"));
    const line = `bootsource 1 ${key} ${numbers.join(" ")}`;
    return `${line} ${hash(line)}\n`;
}

function hash(text: string): string {
    return createHash("sha256").update(text).digest("hex");
}
