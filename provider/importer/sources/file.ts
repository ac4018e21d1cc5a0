// Images on this machine: a regular file, read in large steps, watched for changes while it is read.
import { open, stat, type FileHandle } from "node:fs/promises";
import type { BigIntStats } from "node:fs";
import { BootsourceError, throwIfCancelled } from "../../model/errors.js";
import type { Bytes, Identity, Range, Source } from "../contract.js";
import { fileSystemError } from "../file-system-error.js";

const stepBytes = 512 * 1024;

/** A file of this machine as a source. */
export function fileSource(path: string): Source {
    const doing = `read ${path}`;
    return {
        name: path,
        async identify(signal) {
            throwIfCancelled(signal, doing);
            try {
                return toIdentity(path, await stat(path, { bigint: true }));
            } catch (thrown) {
                throw fileSystemError(thrown, doing);
            }
        },
        async open(range, signal) {
            throwIfCancelled(signal, doing);
            try {
                // Asked by name first: opening a named pipe would wait for a writer for ever.
                const identity = toIdentity(path, await stat(path, { bigint: true }));
                return { identity, bytes: readFile(path, identity, range, signal) };
            } catch (thrown) {
                throw fileSystemError(thrown, doing);
            }
        },
    };
}

async function* readFile(path: string, identity: Identity, range: Range | undefined, signal: AbortSignal): Bytes {
    const size = identity.size ?? 0;
    const end = range === undefined ? size : Math.min(size, range.offset + range.length);
    let at = range?.offset ?? 0;
    let file: FileHandle | undefined;
    try {
        file = await open(path, "r");
        // The next step is read while the last one is worked on; two buffers take turns.
        let spare: Buffer | undefined;
        let next = readStep(file, at, end, undefined);
        while (at < end) {
            const step = await next;
            throwIfCancelled(signal, `read ${path}`);
            if (step.length === 0) throw changed(path);
            at += step.length;
            next = readStep(file, at, end, spare);
            next.catch(() => undefined);
            spare = step.buffer;
            yield step.buffer.subarray(0, step.length);
        }
        const now = toIdentity(path, await file.stat({ bigint: true }));
        if (now.version !== identity.version) throw changed(path);
    } catch (thrown) {
        throw fileSystemError(thrown, `read ${path}`);
    } finally {
        await file?.close();
    }
}

async function readStep(
    file: FileHandle,
    at: number,
    end: number,
    spare: Buffer | undefined,
): Promise<{ readonly buffer: Buffer; readonly length: number }> {
    const length = Math.min(stepBytes, end - at);
    if (length <= 0) return { buffer: nothing, length: 0 };
    const { buffer, bytesRead } = await file.read(spare ?? Buffer.allocUnsafeSlow(length), 0, length, at);
    return { buffer, length: bytesRead };
}

const nothing = Buffer.alloc(0);

function toIdentity(path: string, stats: BigIntStats): Identity {
    if (!stats.isFile()) {
        const what = stats.isDirectory() ? "a directory" : "not a regular file";
        throw new BootsourceError("invalid-argument", `cannot read ${path}: it is ${what}; name an image file`);
    }
    return {
        size: Number(stats.size),
        version: `${stats.dev}-${stats.ino}-${stats.size}-${stats.mtimeNs}`,
        ranges: true,
        lastModified: new Date(Math.floor(Number(stats.mtimeMs) / 1000) * 1000).toISOString(),
        mediaType: undefined,
        edition: `${stats.size}-${stats.mtimeNs}`,
    };
}

function changed(path: string): BootsourceError {
    return new BootsourceError(
        "source-changed",
        `cannot read ${path}: it was written to while it was being read; try again when its writer is done`,
    );
}
