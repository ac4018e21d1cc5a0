// A file as the input of the tar reader: what is skipped is not read.
import type { FileHandle } from "node:fs/promises";
import type { ByteInput } from "../../byte-reader.js";

/** Headers lie far apart in an archive of large files. */
const stepBytes = 16 * 1024;

/** An open file, from its first byte; whoever opened it closes it. */
export class FileInput implements ByteInput {
    readonly #file: FileHandle;
    readonly #step = Buffer.alloc(stepBytes);
    #stepStart = 0;
    #stepLength = 0;
    position = 0;

    constructor(file: FileHandle) {
        this.#file = file;
    }

    async take(length: number): Promise<Uint8Array> {
        const taken = Buffer.alloc(length);
        let filled = 0;
        while (filled < length) {
            const part = await this.some(length - filled);
            if (part.length === 0) break;
            taken.set(part, filled);
            filled += part.length;
        }
        return taken.subarray(0, filled);
    }

    async some(atMost: number): Promise<Uint8Array> {
        if (this.position < this.#stepStart || this.position >= this.#stepStart + this.#stepLength) {
            this.#stepStart = this.position;
            this.#stepLength = (await this.#file.read(this.#step, 0, stepBytes, this.position)).bytesRead;
        }
        const at = this.position - this.#stepStart;
        const part = this.#step.subarray(at, Math.min(at + atMost, this.#stepLength));
        this.position += part.length;
        return part;
    }

    async skip(length: number): Promise<number> {
        const { size } = await this.#file.stat();
        const skipped = Math.min(length, Math.max(0, size - this.position));
        this.position += skipped;
        return skipped;
    }

    close(): Promise<void> {
        return Promise.resolve();
    }
}
