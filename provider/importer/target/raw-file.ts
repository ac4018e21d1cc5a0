// A raw, sparse disk file: pieces are decoded and written at their final offsets by a few threads.
import { constants } from "node:fs";
import { open, rm, type FileHandle } from "node:fs/promises";
import { BootsourceError, throwIfCancelled } from "../../model/errors.js";
import type { Clock } from "../../model/clock.js";
import { describeBytes } from "../../model/quantity.js";
import type { Placed, Target } from "../contract.js";
import { fileSystemError } from "../file-system-error.js";
import type { Reached } from "../journal.js";
import { WriterPool } from "./writer-pool.js";

/** How a raw file is written. */
export interface RawFileOptions {
    /** Write zeros that the image holds, instead of leaving holes. */
    readonly keepZeros: boolean;
    /** Bytes that it may fill at most, holes left out: a disk of unknown size must not take all that a machine has. */
    readonly room?: number | undefined;
    /** Bytes that are there already, at the beginning of the file, and are not written again. Default: there is no file. */
    readonly have?: number | undefined;
    /** It is a block device: opened for us alone, never cut or removed; what fails leaves zeros at its beginning. */
    readonly device?: boolean | undefined;
    /** Told now and then up to where everything is durable; for a disk that is written from its first byte to its last. */
    readonly reached?: { readonly clock: Clock; tell(reached: Reached): Promise<void> } | undefined;
}

/** A raw file being written. */
export interface RawFile extends Target {
    /** Writes real zeros from one offset up to another. */
    fill(from: number, to: number, signal: AbortSignal): Promise<void>;
}

/** Bytes after which what was written so far is flushed meanwhile, so that the last fsync is short. */
const flushEvery = 256 * 1024 * 1024;

/** What a machine begins to boot from lies in so many bytes of a disk. */
const bootBytes = 1024 * 1024;

/** Milliseconds after which somebody who is told how far the disk is wants to hear of it again. */
const tellEvery = 2000;

/**
 * Makes a new file, readable by its owner only; one that is there already is an error and stays as it is, unless it is said to
 * have bytes that are wanted.
 */
export async function createRawFile(path: string, options: RawFileOptions): Promise<RawFile> {
    const doing = `write the disk ${path}`;
    const { room = Infinity, have = 0, reached, device = false } = options;
    let file: FileHandle;
    try {
        const flags = device ? constants.O_RDWR | constants.O_EXCL : have > 0 ? "r+" : "wx+";
        file = await open(path, flags, 0o600);
    } catch (thrown) {
        throw fileSystemError(thrown, doing);
    }
    const pool = new WriterPool(file.fd, options.keepZeros);
    let unflushed = 0;
    let placed = have;
    let told = reached?.clock.now() ?? 0;
    let flushing: Promise<void> | undefined;

    const flushNow = (): void => {
        const isTime = reached !== undefined && placed > have && reached.clock.now() - told >= tellEvery;
        if (flushing !== undefined || (unflushed < flushEvery && !isTime)) return;
        unflushed = 0;
        const end = placed;
        flushing = pool
            .settled()
            .then(() => (reached === undefined ? undefined : file.stat()))
            .then(async (stats) => {
                await file.datasync();
                if (stats !== undefined) await reached?.tell({ offset: end, length: Math.min(end, stats.size) });
            })
            // The final fsync reports what matters; a flush under way may lose against an abort.
            .catch(() => undefined)
            .finally(() => {
                told = reached?.clock.now() ?? 0;
                flushing = undefined;
            });
    };
    const explain = (thrown: unknown): BootsourceError => {
        const error = fileSystemError(thrown, doing);
        if (error.code !== "no-space") return error;
        const message = `${error.message} (after ${describeBytes(pool.written)} of the disk)`;
        return new BootsourceError("no-space", message, { cause: thrown, facts: { path, written: pool.written } });
    };

    return {
        buffer: (minimum) => pool.buffer(minimum).catch((thrown: unknown) => Promise.reject(explain(thrown))),
        async place(buffer: Uint8Array, pieces: readonly Placed[]) {
            try {
                const missing = pieces.filter(({ guestOffset, guestLength }) => guestOffset + guestLength > have);
                await pool.place(buffer, missing);
            } catch (thrown) {
                throw explain(thrown);
            }
            for (const { guestOffset, guestLength } of pieces) {
                unflushed += guestLength;
                placed = Math.max(placed, guestOffset + guestLength);
            }
            if (pool.written > room) throw filled(doing, room);
            flushNow();
        },
        async fill(from, to, signal) {
            const zeros = Buffer.alloc(4 * 1024 * 1024);
            try {
                for (let at = from; at < to;) {
                    throwIfCancelled(signal, doing);
                    const { bytesWritten } = await file.write(zeros, 0, Math.min(zeros.length, to - at), at);
                    at += bytesWritten;
                    unflushed += bytesWritten;
                    flushNow();
                }
            } catch (thrown) {
                throw explain(thrown);
            }
        },
        async finish(size) {
            try {
                await pool.drain();
                await pool.close();
                await flushing;
                if (!device) await file.truncate(size);
                await file.sync();
                await file.close();
            } catch (thrown) {
                throw explain(thrown);
            }
        },
        async abort() {
            // Threads first: a write after the close could land in a file that got the same number.
            await pool.close();
            await flushing;
            if (device) await file.write(Buffer.alloc(bootBytes), 0, bootBytes, 0).catch(() => undefined);
            await file.close().catch(() => undefined);
            if (!device) await rm(path, { force: true });
        },
    };
}

function filled(doing: string, room: number): BootsourceError {
    return new BootsourceError(
        "no-space",
        `cannot ${doing}: it has filled the ${describeBytes(room)} that could be spared; free some room or choose another place`,
        { facts: { room } },
    );
}
