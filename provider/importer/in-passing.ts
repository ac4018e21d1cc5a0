// Writes a disk while its tables are still being looked for: what is known by the time the stream reaches it is written then.
import { ClusterTail } from "./cluster-tail.js";
import type { Passing, Piece, PieceRun } from "./contract.js";
import { Cutter } from "./cutter.js";
import { Feed } from "./feed.js";
import type { RawFile } from "./target/raw-file.js";

/** The first pass over an image that cannot be read by ranges. Most writers put each table before the data that it maps. */
export class InPassing implements Passing {
    readonly #open: (virtualSize: number) => Promise<RawFile>;
    readonly #feed = new Feed();
    #virtualSize: number | undefined;
    #tail: ClusterTail | undefined;
    /** Pieces that were known too late for the stream, with their bytes out of the tail. */
    #found: { readonly piece: Piece; readonly bytes: Uint8Array }[] = [];
    #late = false;
    #cutter: Cutter | undefined;
    /** Where the disk is written, once something was. */
    target: RawFile | undefined;

    /** `open` makes the target, as soon as the first bytes have to be let go. */
    constructor(open: (virtualSize: number) => Promise<RawFile>) {
        this.#open = open;
    }

    begin(virtualSize: number, clusterSize: number): void {
        this.#virtualSize = virtualSize;
        this.#tail = new ClusterTail(clusterSize);
    }

    learn(run: PieceRun): void {
        if (this.#late) return;
        const position = this.#cutter?.position ?? 0;
        let passed = 0;
        for (; passed < run.length && run.sourceOffset(passed) < position; passed += 1) {
            const piece = run.piece(passed);
            const bytes =
                piece.encoding === "plain" ? undefined : this.#tail?.take(piece.sourceOffset, piece.sourceLength);
            if (bytes === undefined) {
                this.#late = true;
                return;
            }
            this.#found.push({ piece, bytes });
        }
        this.#feed.learn(passed === 0 ? run : from(run, passed));
    }

    /** The next bytes of the stream, from the first on: they are not seen again in this pass. */
    async pass(chunk: Uint8Array): Promise<void> {
        if (this.#late) return;
        if (this.#virtualSize === undefined) {
            // Bytes were let go before anybody knew what they are.
            this.#late = true;
            return;
        }
        this.target ??= await this.#open(this.#virtualSize);
        this.#cutter ??= new Cutter(this.#feed, this.target);
        await this.#writeFound(this.target);
        const { position } = this.#cutter;
        await this.#cutter.take(chunk);
        this.#tail?.follow(chunk, position, this.#cutter.compressedEnd);
    }

    /** All tables are known. What goes on where this pass has come to; undefined where the disk needs a pass of its own. */
    async end(): Promise<Cutter | undefined> {
        if (this.#late || this.target === undefined) return undefined;
        await this.#writeFound(this.target);
        return this.#cutter;
    }

    async #writeFound(target: RawFile): Promise<void> {
        for (const { piece, bytes } of this.#found.splice(0)) {
            const buffer = await target.buffer(bytes.length);
            buffer.set(bytes);
            await target.place(buffer, [{ ...piece, at: 0 }]);
        }
    }
}

function from(run: PieceRun, first: number): PieceRun {
    return {
        length: run.length - first,
        sourceOffset: (index) => run.sourceOffset(first + index),
        piece: (index) => run.piece(first + index),
    };
}
