// The file that is uploaded, piece by piece: its last bytes are let go only once the sum of all is known to be right.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { Upload } from "../cluster/upload.js";
import { parseChecksum } from "../model/digest.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";

/** Large enough that a piece costs nothing, small enough to show progress over a slow line. */
const pieceSize = 256 << 10;

/** Bytes of the file. */
export async function sizeOfUpload(path: string): Promise<number> {
    const found = await stat(path).catch((thrown: unknown) => {
        throw unreadable(path, thrown);
    });
    if (!found.isFile()) {
        throw new BootsourceError("invalid-argument", `cannot upload ${path}: it is no file; name one`);
    }
    if (found.size === 0) throw new BootsourceError("empty-source", `cannot upload ${path}: it is empty`);
    return found.size;
}

/** Its bytes. What reads them is answered `checksum-mismatch` in place of the last piece where the sum is another one. */
export async function* readUpload(upload: Upload, size: number): AsyncGenerator<Uint8Array> {
    const { path, checksum } = upload;
    const wanted = checksum === undefined ? undefined : parseChecksum(checksum);
    const hash = wanted && createHash(wanted.algorithm);
    let read = 0;
    let held: Buffer | undefined;
    try {
        for await (const piece of createReadStream(path, { highWaterMark: pieceSize }) as AsyncIterable<Buffer>) {
            hash?.update(piece);
            if (held !== undefined) {
                yield held;
                upload.sent(read, size);
            }
            read += piece.length;
            held = piece;
        }
    } catch (thrown) {
        throw isBootsourceError(thrown) ? thrown : unreadable(path, thrown);
    }
    if (read !== size) throw changed(path);
    const found = hash?.digest("hex");
    if (wanted !== undefined && found !== wanted.hex) {
        throw new BootsourceError(
            "checksum-mismatch",
            `cannot upload ${path}: its ${wanted.algorithm} is ${found ?? ""}, not ${wanted.hex}; correct the checksum or the ` +
                "file, and run the update again (the last bytes were kept back: no disk was made of them)",
        );
    }
    if (held !== undefined) yield held;
    upload.sent(read, size);
}

function changed(path: string): BootsourceError {
    return new BootsourceError(
        "source-changed",
        `cannot upload ${path}: its length changed while it was being sent; run the update again once nobody writes to it`,
    );
}

function unreadable(path: string, thrown: unknown): BootsourceError {
    const { code, message } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT") {
        return new BootsourceError("not-found", `cannot upload ${path}: there is no such file; check the path`);
    }
    const why = code === "EACCES" ? "permission denied; check its rights" : message;
    return new BootsourceError(code === "EACCES" ? "access-denied" : "failed", `cannot upload ${path}: ${why}`, {
        cause: thrown,
    });
}
