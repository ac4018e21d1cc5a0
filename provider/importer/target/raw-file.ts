// A raw, sparse disk file: pieces are decoded and written at their final offsets by a few threads.
import { open, rm, type FileHandle } from "node:fs/promises";
import { BootsourceError, throwIfCancelled } from "../../model/errors.js";
import { describeBytes } from "../../model/quantity.js";
import type { Placed, Target } from "../contract.js";
import { fileSystemError } from "../file-system-error.js";
import { WriterPool } from "./writer-pool.js";

/** How a raw file is written. */
export interface RawFileOptions {
    /** Write zeros that the image holds, instead of leaving holes. */
    readonly keepZeros: boolean;
    /** Bytes that it may fill at most, holes left out: a disk of unknown size must not take all that a machine has. */
    readonly room?: number | undefined;
}

/** A raw file being written. */
export interface RawFile extends Target {
    /** Writes real zeros from one offset up to another. */
    fill(from: number, to: number, signal: AbortSignal): Promise<void>;
}

/** Bytes after which what was written so far is flushed meanwhile, so that the last fsync is short. */
const flushEvery = 256 * 1024 * 1024;

/** Makes a new file, readable by its owner only; one that is there already is an error and stays as it is. */
export async function createRawFile(path: string, options: RawFileOptions): Promise<RawFile> {
    const doing = `write the disk ${path}`;
    let file: FileHandle;
    try {
        file = await open(path, "wx+", 0o600);
    } catch (thrown) {
        throw fileSystemError(thrown, doing);
    }
    const pool = new WriterPool(file.fd, options.keepZeros);
    let unflushed = 0;
    const { room = Infinity } = options;
    let flushing: Promise<void> | undefined;

    const flushNow = (): void => {
        if (flushing !== undefined || unflushed < flushEvery) return;
        unflushed = 0;
        flushing = file
            .datasync()
            // The final fsync reports what matters; a flush under way may lose against an abort.
            .catch(() => undefined)
            .finally(() => {
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
                await pool.place(buffer, pieces);
            } catch (thrown) {
                throw explain(thrown);
            }
            for (const piece of pieces) unflushed += piece.guestLength;
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
                await file.truncate(size);
                await file.sync();
                await file.close();
            } catch (thrown) {
                throw explain(thrown);
            }
        },
        async abort() {
            // Threads first: a write after the close could land in a file that got the same number.
            await pool.close();
            await file.close().catch(() => undefined);
            await rm(path, { force: true });
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
