// The bytes of one pass as they are served: counted, hashed, bounded, and compared with what was read ahead of them.
import { createHash, type Hash } from "node:crypto";
import { BootsourceError } from "../model/errors.js";
import { BackgroundHash } from "./background-hash.js";
import { formatChecksum, type Checksum } from "../model/digest.js";
import { describeBytes } from "../model/quantity.js";
import type { Bytes, Range } from "./contract.js";

/** A range that was read before, by its hash. */
export interface Seen extends Range {
    readonly sha256: string;
}

/** What a pass over the served bytes is held to. */
export interface ServedOptions {
    readonly name: string;
    readonly limit: number;
    readonly checksum: Checksum | undefined;
    /** The source proves its bytes by a digest of its own: only the checksum is computed, and nothing is compared here. */
    readonly proven: boolean;
    /** The image is large: it is worth a thread. */
    readonly large: boolean;
    /** Called with the bytes taken so far. */
    readonly progress: (taken: number) => void;
}

/** One pass over the bytes of a source, from the first to the last. */
export class Served {
    readonly #options: ServedOptions;
    readonly #needed: boolean;
    #sha256: Hash | BackgroundHash | undefined;
    #digest: string | undefined;
    readonly #other: Hash | undefined;
    #waiting: Seen[] = [];
    #comparing: { readonly seen: Seen; readonly hash: Hash }[] = [];
    /** Bytes taken so far. */
    count = 0;

    constructor(options: ServedOptions) {
        this.#options = options;
        const algorithm = options.checksum?.algorithm ?? "sha256";
        this.#other = algorithm === "sha256" ? undefined : createHash(algorithm);
        this.#needed = !options.proven || options.checksum?.algorithm === "sha256";
    }

    /** Ranges that the rest of the stream must agree with; none may begin before what was taken already. */
    expect(seen: readonly Seen[]): void {
        this.#waiting = [...this.#waiting, ...seen].sort((left, right) => right.offset - left.offset);
    }

    /** Everything taken so far, as a range that another pass must agree with; nothing where the source sees to that. */
    async taken(): Promise<Seen[]> {
        if (this.count === 0 || this.#options.proven) return [];
        const sha256 = this.#digest ?? (await digestOf(this.#sha256));
        return sha256 === undefined ? [] : [{ offset: 0, length: this.count, sha256 }];
    }

    /** Ends what works beside; the bytes end as well. */
    close(): void {
        if (this.#sha256 instanceof BackgroundHash) this.#sha256.close();
    }

    /** The bytes themselves; an error ends them where they break a limit or contradict what was seen. */
    async *through(input: Bytes): Bytes {
        if (this.#needed) this.#sha256 = this.#options.large ? new BackgroundHash() : createHash("sha256");
        try {
            for await (const chunk of input) {
                this.#compare(chunk);
                await this.#hash(chunk);
                this.count += chunk.length;
                if (this.count > this.#options.limit) throw overLimit(this.#options);
                this.#options.progress(this.count);
                yield chunk;
            }
            // What was seen behind the end was never streamed.
            if (this.#waiting.length > 0 || this.#comparing.length > 0) throw inconsistent(this.#options.name);
            this.#digest = await digestOf(this.#sha256);
        } finally {
            this.close();
        }
    }

    /** The digest of all bytes, where it was computed, after the checksum was found right. */
    verify(): string | undefined {
        const { checksum, name } = this.#options;
        const sha256 = this.#digest;
        if (this.#needed && sha256 === undefined) throw new Error("a digest was asked for before the last byte");
        if (checksum !== undefined) {
            const found = { algorithm: checksum.algorithm, hex: this.#other?.digest("hex") ?? sha256 ?? "" };
            if (found.hex !== checksum.hex) throw mismatch(name, checksum, found);
        }
        return sha256 === undefined ? undefined : `sha256:${sha256}`;
    }

    #hash(chunk: Uint8Array): Promise<void> | undefined {
        this.#other?.update(chunk);
        if (this.#sha256 instanceof BackgroundHash) return this.#sha256.update(chunk);
        this.#sha256?.update(chunk);
        return undefined;
    }

    #compare(chunk: Uint8Array): void {
        const end = this.count + chunk.length;
        for (let next = this.#waiting.at(-1); next !== undefined && next.offset < end; next = this.#waiting.at(-1)) {
            this.#waiting.pop();
            this.#comparing.push({ seen: next, hash: createHash("sha256") });
        }
        if (this.#comparing.length === 0) return;
        this.#comparing = this.#comparing.filter(({ seen, hash }) => {
            const seenEnd = seen.offset + seen.length;
            hash.update(chunk.subarray(Math.max(0, seen.offset - this.count), Math.max(0, seenEnd - this.count)));
            if (seenEnd > end) return true;
            if (hash.digest("hex") !== seen.sha256) throw inconsistent(this.#options.name);
            return false;
        });
    }
}

async function digestOf(hash: Hash | BackgroundHash | undefined): Promise<string | undefined> {
    return hash instanceof BackgroundHash ? hash.digest() : hash?.copy().digest("hex");
}

/** The hash of bytes that were read ahead, to be compared later. */
export function seenRange(offset: number, bytes: Uint8Array): Seen {
    return { offset, length: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function inconsistent(name: string): BootsourceError {
    return new BootsourceError(
        "inconsistent-source",
        `cannot import ${name}: it gave other bytes when read as a whole than when its tables were read; ` +
            "do not trust this server, or ask its administrator",
    );
}

function mismatch(name: string, want: Checksum, found: Checksum): BootsourceError {
    return new BootsourceError(
        "checksum-mismatch",
        `cannot import ${name}: checksum mismatch: expected ${formatChecksum(want)}, calculated ${formatChecksum(found)}; ` +
            "check the checksum, or fetch the image from a source that you trust",
        { facts: { expected: formatChecksum(want), calculated: formatChecksum(found) } },
    );
}

function overLimit(options: ServedOptions): BootsourceError {
    return new BootsourceError(
        "limit-exceeded",
        `cannot import ${options.name}: it is longer than the limit of ${describeBytes(options.limit)}; ` +
            "raise the limit if that is right",
        { facts: { limit: options.limit } },
    );
}
