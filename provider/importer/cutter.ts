// Cuts a stream into pieces: copies the bytes of each into buffers of the target, and waits only where that holds it back.
import type { Piece, Placed, Target } from "./contract.js";
import type { Pieces } from "./feed.js";
import { lentMemory } from "./lent.js";

/** Bytes that two compressed pieces may share: the sector in which one ends and the next begins. */
const sharedBytes = 512;

/** Shorter parts of a chunk are copied, and written together with others. */
const leastLent = 64 * 1024;

/** Takes a stream chunk by chunk. Pieces may become known while it goes by, each before the stream reaches it. */
export class Cutter {
    readonly #pieces: Pieces;
    readonly #target: Target;
    /** The piece that was begun, or what is left of it. */
    #begun: Piece | undefined;
    /** Bytes of the present compressed piece that lie in the buffer already; undefined before it begins. */
    #got: number | undefined;
    #at = 0;
    /** Bytes of the stream that were taken. */
    position = 0;
    #buffer: Uint8Array = new Uint8Array(0);
    #fill = 0;
    #placed: Placed[] = [];
    /** The last bytes of the buffer given away, for a piece that begins within them. */
    #tail: Uint8Array = new Uint8Array(0);
    /** Where the last compressed piece ended in the source, in whole sectors. */
    compressedEnd = 0;

    constructor(pieces: Pieces, target: Target) {
        this.#pieces = pieces;
        this.#target = target;
    }

    async take(chunk: Uint8Array): Promise<void> {
        const end = this.position + chunk.length;
        const isLent = lentMemory(chunk) !== undefined;
        /** Pieces that are written from where they lie in the chunk. */
        const inPlace: Placed[] = [];
        for (let piece = this.#next(); piece !== undefined && piece.sourceOffset < end; piece = this.#next()) {
            const part = isLent ? this.#findInPlace(piece, chunk) : undefined;
            if (part !== undefined) {
                // Plain bytes are written in their order: who goes on with a disk later reckons with that.
                if (part.encoding === "plain" && this.#placed.length > 0) await this.#flush(0);
                append(inPlace, part);
                this.#passInPlace(piece, part.sourceLength);
            } else if (piece.encoding === "plain") {
                if (inPlace.length > 0) await this.#target.place(chunk, inPlace.splice(0));
                if (this.#fill >= this.#buffer.length) await this.#flush(1);
                this.#takePlain(piece, chunk);
            } else {
                if (this.#got === undefined) await this.#begin(piece);
                if (!this.#takeCompressed(piece, chunk)) break;
            }
        }
        if (inPlace.length > 0) await this.#target.place(chunk, inPlace);
        this.position = end;
    }

    /** Writes what is left; returns the piece that the stream ended before. */
    async finish(): Promise<Piece | undefined> {
        for (let piece = this.#next(); piece !== undefined && piece.encoding !== "plain"; piece = this.#next()) {
            if (piece.sourceOffset >= this.position) break;
            if (this.#got === undefined) await this.#begin(piece);
            // Only whole sectors are counted in a compressed piece, and a file may end within one.
            if (this.#got === undefined) break;
            if (piece.bounded !== true && piece.sourceLength - this.#got >= sharedBytes) break;
            this.#place(piece, this.#got);
        }
        // A raw stream of unknown length ends where it ends.
        const left = this.#next();
        if (left !== undefined && left.sourceLength !== Infinity) return left;
        if (this.#placed.length > 0) await this.#target.place(this.#buffer, this.#placed);
        return undefined;
    }

    /** A piece, or a long part of a plain one, that can be written from where it lies; undefined where it has to be copied. */
    #findInPlace(piece: Piece, chunk: Uint8Array): Placed | undefined {
        const { encoding, guestOffset, guestLength, decodedLength, bounded } = piece;
        const at = piece.sourceOffset - this.position;
        const length = Math.min(piece.sourceLength, chunk.length - at);
        if (encoding === "plain") {
            if (length < leastLent) return undefined;
            return { at, sourceLength: length, guestOffset, guestLength: length, decodedLength: length, encoding };
        }
        if (this.#got !== undefined || at < 0 || length < piece.sourceLength) return undefined;
        return { at, sourceLength: length, guestOffset, guestLength, decodedLength, encoding, bounded };
    }

    #passInPlace(piece: Piece, length: number): void {
        this.#pin(piece);
        if (piece.encoding === "plain") {
            this.#passPlain(piece, length);
            return;
        }
        this.compressedEnd = piece.sourceOffset + length;
        this.#advance();
    }

    #takePlain(piece: Piece, chunk: Uint8Array): void {
        this.#pin(piece);
        const from = piece.sourceOffset - this.position;
        const length = Math.min(piece.sourceLength, chunk.length - from, this.#buffer.length - this.#fill);
        this.#buffer.set(chunk.subarray(from, from + length), this.#fill);
        const { guestOffset, encoding } = piece;
        const part = { guestOffset, encoding, guestLength: length, decodedLength: length, sourceLength: length };
        append(this.#placed, { at: this.#fill, ...part });
        this.#fill += length;
        this.#passPlain(piece, length);
    }

    /** So much of a plain piece is done. */
    #passPlain(piece: Piece, length: number): void {
        if (length === piece.sourceLength) {
            this.#advance();
            return;
        }
        const rest = piece.sourceLength - length;
        this.#begun = {
            ...piece,
            sourceOffset: piece.sourceOffset + length,
            guestOffset: piece.guestOffset + length,
            sourceLength: rest,
            guestLength: rest,
            decodedLength: rest,
        };
    }

    /** Makes sure that a compressed piece fits in one buffer, together with the bytes that it shares with the last one. */
    async #begin(piece: Piece): Promise<void> {
        this.#pin(piece);
        // What has passed already is in the buffer: the piece before ends there.
        const shared = piece.sourceOffset < this.position ? Math.max(0, this.compressedEnd - piece.sourceOffset) : 0;
        if (this.#fill + piece.sourceLength - shared > this.#buffer.length) {
            await this.#flush(piece.sourceLength);
            this.#buffer.set(this.#tail.subarray(this.#tail.length - shared));
            this.#fill = shared;
        }
        this.#at = this.#fill - shared;
        this.#got = shared;
    }

    /** True once the piece is whole; false where the chunk ended before it. */
    #takeCompressed(piece: Piece, chunk: Uint8Array): boolean {
        const got = this.#got ?? 0;
        const from = piece.sourceOffset + got - this.position;
        const length = Math.min(piece.sourceLength - got, chunk.length - from);
        this.#buffer.set(chunk.subarray(from, from + length), this.#fill);
        this.#fill += length;
        this.#got = got + length;
        if (this.#got < piece.sourceLength) return false;
        this.#place(piece, piece.sourceLength);
        return true;
    }

    #place(piece: Piece, sourceLength: number): void {
        const { guestOffset, guestLength, decodedLength, encoding, bounded } = piece;
        this.#placed.push({ at: this.#at, sourceLength, guestOffset, guestLength, decodedLength, encoding, bounded });
        this.compressedEnd = piece.sourceOffset + sourceLength;
        this.#advance();
    }

    async #flush(minimum: number): Promise<void> {
        this.#tail = this.#buffer.slice(Math.max(0, this.#fill - sharedBytes), this.#fill);
        if (this.#placed.length > 0) {
            await this.#target.place(this.#buffer, this.#placed);
            this.#buffer = new Uint8Array(0);
        }
        if (this.#buffer.length < minimum) this.#buffer = await this.#target.buffer(minimum);
        this.#fill = 0;
        this.#placed = [];
    }

    /** The piece that is worked on: the begun one, else the earliest that is known by now. */
    #next(): Piece | undefined {
        return this.#begun ?? this.#pieces.peek();
    }

    /** A piece is worked on: no earlier one can come between any more. */
    #pin(piece: Piece): void {
        if (this.#begun === undefined) this.#pieces.take();
        this.#begun = piece;
    }

    #advance(): void {
        this.#begun = undefined;
        this.#got = undefined;
    }
}

/** Parts of one run are written together. */
function append(placed: Placed[], part: Placed): void {
    const last = placed.at(-1);
    const joins =
        part.encoding === "plain" &&
        last?.encoding === "plain" &&
        last.at + last.sourceLength === part.at &&
        last.guestOffset + last.guestLength === part.guestOffset;
    if (!joins) {
        placed.push(part);
        return;
    }
    const length = last.sourceLength + part.sourceLength;
    placed[placed.length - 1] = { ...last, sourceLength: length, guestLength: length, decodedLength: length };
}
