// Passes over a source: each streams it from the first byte through its compressions, and agrees with all that was seen
// of the source before.
import { BootsourceError } from "../model/errors.js";
import type { Checksum } from "../model/digest.js";
import type { ContainerFacts } from "../model/objects.js";
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
    /** What may lie around the bytes that are wanted. Default: compressions. */
    readonly wrappings?: readonly Codec[];
}

/** What is proven of an image once all of its bytes were taken. */
export interface Verified {
    readonly digest: string;
    readonly sourceSize: number;
    readonly container: ContainerFacts | undefined;
}

/** More compressions around each other than this are an attack. */
const maxCodecs = 4;

/** From here on a thread that hashes is started sooner than it is missed. */
const largeBytes = 64 * 1024 * 1024;

/** The passes of one import; one at a time is under way. */
export class Passes {
    readonly #source: Source;
    /** What the source has said of itself so far; what it did not know before it was opened is added then. */
    identity: Identity;
    readonly #options: PassOptions;
    #seen: Seen[] = [];
    #served: Served | undefined;
    #ending: AbortController | undefined;
    readonly #scale: ProgressScale | undefined;
    /** Compressions found, outermost first. */
    readonly codecs: Codec[] = [];

    constructor(source: Source, identity: Identity, options: PassOptions) {
        this.#source = source;
        this.identity = identity;
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
            const { wrappings = codecs } = this.#options;
            const codec = wrappings.find((candidate) => candidate.match(start.head));
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
        this.#ending?.abort();
        if (this.#served !== undefined) this.#seen.push(...(await this.#served.taken()));
        this.close();
        const { limits, checksum, signal } = this.#options;
        const { name } = this.#source;
        const scale = this.#scale;
        scale?.begin();
        this.#ending = new AbortController();
        const opened = await this.#source.open(undefined, AbortSignal.any([signal, this.#ending.signal]));
        sameIdentity(name, this.identity, opened.identity);
        this.#learn(opened.identity);
        const served = new Served({
            name,
            limit:
                this.identity.size === undefined
                    ? Math.min(limits.sourceBytes, limits.streamBytes)
                    : limits.sourceBytes,
            checksum,
            proven: this.identity.container !== undefined,
            large: (this.identity.size ?? 0) >= largeBytes,
            progress: (taken) => scale?.taken(taken),
        });
        served.expect(this.#seen);
        this.#served = served;
        let bytes = served.through(opened.bytes);
        for (const codec of this.codecs) bytes = this.#inside(codec, bytes);
        return bytes;
    }

    /** The digest of all bytes of the last pass; throws where the checksum asked for is another. */
    verify(): Verified {
        const { container } = this.identity;
        const digest = this.#served?.verify();
        // A container image is known by its manifest, which names all that was read.
        const verified = { digest: container?.digest ?? digest ?? "", sourceSize: this.#served?.count ?? 0, container };
        this.#scale?.end();
        return verified;
    }

    /** Ends the pass under way, wherever it is. */
    close(): void {
        this.#ending?.abort();
        this.#served?.close();
    }

    /** A containerdisk tells its size and its labels only where its disk begins. */
    #learn({ size, container }: Identity): void {
        this.identity = {
            ...this.identity,
            size: this.identity.size ?? size,
            container: container ?? this.identity.container,
        };
        if (size !== undefined) this.#scale?.know(size);
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
