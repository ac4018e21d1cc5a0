// Goes on with a disk that a killed run left: its bytes are read from there, to be hashed with the rest, and not downloaded.
import { lstat, open, rename, rm } from "node:fs/promises";
import { BootsourceError, throwIfCancelled } from "../model/errors.js";
import type { Bytes, Identity, Source } from "./contract.js";
import { journalPath, readJournal } from "./journal.js";
import { sameIdentity } from "./same-identity.js";

/** A source of which a beginning may be at hand. */
export interface ResumableSource extends Source {
    /** From here on the first bytes of the whole image are those of a file; the source itself is asked for the rest. */
    resume(path: string, length: number): void;
}

/** Makes a source resumable. */
export function resumable(source: Source): ResumableSource {
    let known: Identity | undefined;
    let have: { readonly path: string; readonly length: number } | undefined;
    return {
        name: source.name,
        identify: async (signal) => (known = await source.identify(signal)),
        resume: (path, length) => (have = { path, length }),
        open: (range, signal) => {
            if (range !== undefined || have === undefined || known === undefined) return source.open(range, signal);
            return Promise.resolve({ identity: known, bytes: readBoth(source, known, have, signal) });
        },
    };
}

/**
 * Takes over what was left for a content, under a new name. Returns how many bytes of it are good; where there are none, nothing
 * is there any more.
 */
export async function takeOver(leftover: string, path: string, key: string | undefined): Promise<number> {
    const reached = key === undefined ? 0 : await reachedSafely(leftover, key);
    if (reached > 0) {
        try {
            // The journal first: a disk without one is good for nothing.
            await rename(journalPath(leftover), journalPath(path));
            await rename(leftover, path);
            return reached;
        } catch {
            // Somebody else took it at the same moment.
            await rm(journalPath(path), { force: true });
        }
    }
    await removeLeftover(leftover);
    return 0;
}

/** Removes a disk that nobody goes on with, and its journal. */
export async function removeLeftover(leftover: string): Promise<void> {
    await rm(leftover, { force: true });
    await rm(journalPath(leftover), { force: true });
}

async function reachedSafely(leftover: string, key: string): Promise<number> {
    const reached = await readJournal(leftover, key);
    const [disk, journal] = [await ownSize(leftover), await ownSize(journalPath(leftover))];
    if (reached === undefined || journal === undefined || disk === undefined) return 0;
    return disk >= reached.length ? reached.offset : 0;
}

/** The size of a file that nobody but us can have written: in a directory of many users, others could leave files for us. */
async function ownSize(path: string): Promise<number | undefined> {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isFile() !== true) return undefined;
    // Windows has neither users by number nor these modes; a user's directories are the user's alone there.
    const user = process.getuid?.();
    const own = user === undefined || (found.uid === user && (found.mode & 0o077) === 0 && found.nlink === 1);
    return own ? found.size : undefined;
}

async function* readBoth(
    source: Source,
    known: Identity,
    { path, length }: { readonly path: string; readonly length: number },
    signal: AbortSignal,
): Bytes {
    yield* readStart(path, length, source.name, signal);
    // Asked only now: a server would not wait so long for somebody to take what it sends.
    const opened = await source.open({ offset: length, length: (known.size ?? 0) - length }, signal);
    sameIdentity(source.name, known, opened.identity);
    if (opened.identity.version === known.version) {
        yield* opened.bytes;
        return;
    }
    throw new BootsourceError(
        "source-changed",
        `cannot import ${source.name}: nothing says that the rest is of the image of which the beginning is here; try again`,
    );
}

const stepBytes = 1024 * 1024;

async function* readStart(path: string, length: number, name: string, signal: AbortSignal): Bytes {
    const file = await open(path, "r");
    try {
        const buffer = Buffer.allocUnsafeSlow(stepBytes);
        for (let at = 0; at < length;) {
            throwIfCancelled(signal, `import ${name}`);
            const wanted = Math.min(stepBytes, length - at);
            const { bytesRead } = await file.read(buffer, 0, wanted, at);
            // Behind the end of the file are zeros that were left out.
            const filled =
                bytesRead === 0 ? buffer.fill(0, 0, wanted).subarray(0, wanted) : buffer.subarray(0, bytesRead);
            at += filled.length;
            yield filled;
        }
    } finally {
        await file.close();
    }
}
