// Passes over a source: each streams it from the first byte through its compressions, and agrees with all that was seen
// of the source before.
import { BootsourceError } from "../model/errors.js";
import type { Checksum } from "../model/digest.js";
import { codecs } from "./codecs/index.js";
import type { Bytes, Codec, Identity, Limits, Progress, Source } from "./contract.js";
import { headBytes } from "./detect.js";
import { endless } from "./limits.js";
import { peek } from "./peek.js";
import { ProgressScale } from "./progress-scale.js";
import { sameIdentity } from "./same-identity.js";
import { Served, type Seen } from "./served.js";

/** What every pass is held to. */
export interface PassOptions {
    readonly limits: Limits;
    readonly checksum: Checksum | undefined;
    readonly signal: AbortSignal;
    readonly progress: ((progress: Progress) => void) | undefined;
}

/** More compressions around each other than this are an attack. */
const maxCodecs = 4;

/** The passes of one import; one at a time is under way. */
export class Passes {
    readonly #source: Source;
    readonly #identity: Identity;
    readonly #options: PassOptions;
    #seen: Seen[] = [];
    #served: Served | undefined;
    #ending: AbortController | undefined;
    readonly #scale: ProgressScale | undefined;
    /** Compressions found, outermost first. */
    readonly codecs: Codec[] = [];

    constructor(source: Source, identity: Identity, options: PassOptions) {
        this.#source = source;
        this.#identity = identity;
        this.#options = options;
        const { progress } = options;
        if (progress !== undefined) this.#scale = new ProgressScale(identity.size, progress);
    }

    /** The tables are known: the pass under way, or the next one where none is, is the one that is written. */
    settle(): void {
        this.#scale?.settle();
    }

    /** Ranges read beside the passes, which the next pass must agree with. */
    expect(seen: readonly Seen[]): void {
        this.#seen.push(...seen);
    }

    /** The first pass: peels one compression after another, and remembers them for the passes to come. */
    async first(): Promise<Bytes> {
        let bytes = await this.begin();
        for (;;) {
            const start = await peek(bytes, headBytes);
            const codec = codecs.find((candidate) => candidate.match(start.head));
            if (codec === undefined) return start.bytes;
            if (this.codecs.length >= maxCodecs) {
                throw new BootsourceError(
                    "limit-exceeded",
                    `cannot import ${this.#source.name}: more than ${maxCodecs} compressions lie around each other; ` +
                        "publish the image compressed once",
                );
            }
            this.codecs.push(codec);
            bytes = this.#inside(codec, start.bytes);
        }
    }

    /** Ends the pass under way and starts another, inside the compressions found by the first. */
    async begin(): Promise<Bytes> {
        this.close();
        if (this.#served !== undefined && this.#served.count > 0) this.#seen.push(this.#served.taken());
        const { limits, checksum, signal } = this.#options;
        const { name } = this.#source;
        const scale = this.#scale;
        scale?.begin();
        const served = new Served({
            name,
            limit: limits.sourceBytes,
            checksum,
            progress: (taken) => scale?.taken(taken),
        });
        served.expect(this.#seen);
        this.#served = served;
        this.#ending = new AbortController();
        const opened = await this.#source.open(undefined, AbortSignal.any([signal, this.#ending.signal]));
        sameIdentity(name, this.#identity, opened.identity);
        let bytes = served.through(opened.bytes);
        for (const codec of this.codecs) bytes = this.#inside(codec, bytes);
        return bytes;
    }

    /** The digest of all bytes of the last pass; throws where the checksum asked for is another. */
    verify(): { readonly digest: string; readonly sourceSize: number } {
        const verified = { digest: this.#served?.verify() ?? "", sourceSize: this.#served?.count ?? 0 };
        this.#scale?.end();
        return verified;
    }

    /** Ends the pass under way, wherever it is. */
    close(): void {
        this.#ending?.abort();
    }

    async *#inside(codec: Codec, input: Bytes): Bytes {
        const limit = this.#options.limits.streamBytes;
        const { name } = this.#source;
        let count = 0;
        for await (const chunk of codec.decode(input, name)) {
            count += chunk.length;
            if (count > limit) throw endless(name, `its ${codec.name} compression`, limit);
            yield chunk;
        }
    }
}
