// The one sequential pass: cuts the stream into the pieces that the layout names, and hands them to the target in buffers.
import { BootsourceError } from "../model/errors.js";
import type { Bytes, Layout, Piece, Placed, Target } from "./contract.js";
import { endless } from "./limits.js";
import { outgrown } from "./room.js";

/** Bytes that two compressed pieces may share: the sector in which one ends and the next begins. */
const sharedBytes = 512;

/** Streams an image into a target. Resolves with the bytes of the guest disk that the image holds. */
export async function transfer(
    bytes: Bytes,
    layout: Layout,
    target: Target,
    image: { readonly name: string; readonly room: number | undefined; readonly limit: number },
): Promise<number> {
    const cutter = new Cutter(layout.pieces[Symbol.iterator](), target);
    let position = 0;
    for await (const chunk of bytes) {
        position += chunk.length;
        if (layout.virtualSize === undefined) {
            if (image.room !== undefined && position > image.room) throw outgrown(image.name, image.room);
            if (position > image.limit) throw endless(image.name, "its source", image.limit);
        }
        await cutter.take(chunk);
    }
    const missing = await cutter.finish();
    if (missing !== undefined) {
        throw new BootsourceError(
            "truncated",
            `cannot import ${image.name}: it ended after ${position} bytes, before the data of guest offset ` +
                `${missing.guestOffset}; fetch or make the image again`,
            { facts: { size: position, guestOffset: missing.guestOffset } },
        );
    }
    return layout.virtualSize ?? position;
}

/** Copies the bytes of pieces into buffers; waits only where the target holds it back. */
class Cutter {
    readonly #pieces: Iterator<Piece>;
    readonly #target: Target;
    #piece: Piece | undefined;
    /** Bytes of the present compressed piece that lie in the buffer already; undefined before it begins. */
    #got: number | undefined;
    #at = 0;
    #position = 0;
    #buffer: Uint8Array = new Uint8Array(0);
    #fill = 0;
    #placed: Placed[] = [];
    /** The last bytes of the buffer given away, for a piece that begins within them. */
    #tail: Uint8Array = new Uint8Array(0);
    /** Where the last compressed piece ended in the source. */
    #end = 0;

    constructor(pieces: Iterator<Piece>, target: Target) {
        this.#pieces = pieces;
        this.#target = target;
        this.#advance();
    }

    async take(chunk: Uint8Array): Promise<void> {
        const end = this.#position + chunk.length;
        for (let piece = this.#piece; piece !== undefined && piece.sourceOffset < end; piece = this.#piece) {
            if (piece.encoding === "plain") {
                if (this.#fill >= this.#buffer.length) await this.#flush(1);
                this.#takePlain(piece, chunk);
            } else {
                if (this.#got === undefined) await this.#begin(piece);
                if (!this.#takeCompressed(piece, chunk)) break;
            }
        }
        this.#position = end;
    }

    /** Writes what is left; returns the piece that the stream ended before. */
    async finish(): Promise<Piece | undefined> {
        for (let piece = this.#piece; piece !== undefined && piece.encoding !== "plain"; piece = this.#piece) {
            if (piece.sourceOffset >= this.#position) break;
            if (this.#got === undefined) await this.#begin(piece);
            // Only whole sectors are counted in a compressed piece, and a file may end within one.
            if (this.#got === undefined || piece.sourceLength - this.#got >= sharedBytes) break;
            this.#place(piece, this.#got);
        }
        // A raw stream of unknown length ends where it ends.
        if (this.#piece !== undefined && this.#piece.sourceLength !== Infinity) return this.#piece;
        if (this.#placed.length > 0) await this.#target.place(this.#buffer, this.#placed);
        return undefined;
    }

    #takePlain(piece: Piece, chunk: Uint8Array): void {
        const from = piece.sourceOffset - this.#position;
        const length = Math.min(piece.sourceLength, chunk.length - from, this.#buffer.length - this.#fill);
        this.#buffer.set(chunk.subarray(from, from + length), this.#fill);
        const { guestOffset, encoding } = piece;
        const part = { guestOffset, encoding, guestLength: length, decodedLength: length, sourceLength: length };
        this.#append({ at: this.#fill, ...part });
        this.#fill += length;
        if (length === piece.sourceLength) {
            this.#advance();
            return;
        }
        const rest = piece.sourceLength - length;
        this.#piece = {
            ...piece,
            sourceOffset: piece.sourceOffset + length,
            guestOffset: guestOffset + length,
            sourceLength: rest,
            guestLength: rest,
            decodedLength: rest,
        };
    }

    /** Chunks of one run are written together. */
    #append(part: Placed): void {
        const last = this.#placed.at(-1);
        const joins =
            last?.encoding === "plain" &&
            last.at + last.sourceLength === part.at &&
            last.guestOffset + last.guestLength === part.guestOffset;
        if (!joins) {
            this.#placed.push(part);
            return;
        }
        const length = last.sourceLength + part.sourceLength;
        this.#placed[this.#placed.length - 1] = {
            ...last,
            sourceLength: length,
            guestLength: length,
            decodedLength: length,
        };
    }

    /** Makes sure that a compressed piece fits in one buffer, together with the bytes that it shares with the last one. */
    async #begin(piece: Piece): Promise<void> {
        const shared = Math.max(0, this.#end - piece.sourceOffset);
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
        const from = piece.sourceOffset + got - this.#position;
        const length = Math.min(piece.sourceLength - got, chunk.length - from);
        this.#buffer.set(chunk.subarray(from, from + length), this.#fill);
        this.#fill += length;
        this.#got = got + length;
        if (this.#got < piece.sourceLength) return false;
        this.#place(piece, piece.sourceLength);
        return true;
    }

    #place(piece: Piece, sourceLength: number): void {
        const { guestOffset, guestLength, decodedLength, encoding } = piece;
        this.#placed.push({ at: this.#at, sourceLength, guestOffset, guestLength, decodedLength, encoding });
        this.#end = piece.sourceOffset + sourceLength;
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

    #advance(): void {
        const next = this.#pieces.next();
        this.#piece = next.done === true ? undefined : next.value;
        this.#got = undefined;
    }
}
