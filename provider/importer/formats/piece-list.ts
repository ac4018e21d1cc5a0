// Pieces of a disk, kept in plain numbers: twenty bytes for each, however many million there are.
import type { Encoding, Piece, PieceRun } from "../contract.js";
import { BootsourceError } from "../../model/errors.js";

const blockEntries = 65_536;
const sector = 512;
/** More pieces than this are an attack or a mistake: 1 TiB in compressed clusters of 64 KiB. */
const maxPieces = 2 ** 24;
/** A run is cut here, so that its sectors fit into 31 bits beside the mark for compression. */
const maxRunSectors = 2 ** 30;
const compressedMark = 2 ** 31;

interface Block {
    readonly source: Float64Array;
    readonly guest: Float64Array;
    /** Sectors of the source, with the mark of a compressed piece. */
    readonly sectors: Uint32Array;
}

/** Pieces by ascending source offset, once `sort` was called. */
export class PieceList implements Iterable<Piece> {
    readonly #blocks: Block[] = [];
    readonly #name: string;
    readonly #compression: Encoding;
    readonly #clusterSize: number;
    readonly #virtualSize: number;
    readonly #sourceSize: number;
    readonly #bounded: true | undefined;
    #order: Uint32Array | undefined;
    #count = 0;
    #sorted = true;
    #lastSource = -1;
    /** Entries before this one are told of already: nothing is joined to them any more. */
    #marked = 0;
    /** Guest bytes that the pieces cover. */
    guestBytes = 0;
    /** Source bytes that plain pieces name; they may not overlap, so they cannot be more than the source has. */
    plainBytes = 0;

    constructor(options: {
        readonly name: string;
        readonly compression: Encoding;
        readonly clusterSize: number;
        readonly virtualSize: number;
        readonly sourceSize: number | undefined;
        /** Whether the length of a compressed piece is a bound alone. */
        readonly bounded?: true;
    }) {
        this.#bounded = options.bounded;
        this.#name = options.name;
        this.#compression = options.compression;
        this.#clusterSize = options.clusterSize;
        this.#virtualSize = options.virtualSize;
        this.#sourceSize = options.sourceSize ?? Infinity;
    }

    /** A run of guest bytes that lie in the source as they are; joined with the last one where it goes on from there. */
    addPlain(source: number, guest: number, length: number): void {
        this.plainBytes += length;
        this.guestBytes += Math.min(length, this.#virtualSize - guest);
        const last = this.#count - 1;
        const block = last < this.#marked ? undefined : this.#blocks[Math.floor(last / blockEntries)];
        const slot = last % blockEntries;
        if (block !== undefined) {
            const sectors = block.sectors[slot] ?? 0;
            const bytes = sectors * sector;
            if (
                sectors < maxRunSectors &&
                (block.source[slot] ?? 0) + bytes === source &&
                (block.guest[slot] ?? 0) + bytes === guest
            ) {
                block.sectors[slot] = sectors + length / sector;
                return;
            }
        }
        this.#add(source, guest, length / sector);
    }

    /** A compressed cluster, with the number of sectors that its data touches. */
    addCompressed(source: number, guest: number, sectors: number): void {
        this.guestBytes += Math.min(this.#clusterSize, this.#virtualSize - guest);
        this.#add(source, guest, sectors + compressedMark);
    }

    /** Where the list ends now; what is added from here on is a run of its own. */
    mark(): number {
        return (this.#marked = this.#count);
    }

    /** What was added since a mark, by ascending source offset. */
    since(mark: number): PieceRun {
        const length = this.#count - mark;
        let sorted = true;
        for (let entry = mark + 1; entry < this.#count && sorted; entry += 1) {
            sorted = this.#source(entry - 1) <= this.#source(entry);
        }
        const order = sorted
            ? undefined
            : Uint32Array.from({ length }, (_, index) => mark + index).sort(
                  (left, right) => this.#source(left) - this.#source(right),
              );
        const entryAt = (index: number): number => order?.[index] ?? mark + index;
        return {
            length,
            sourceOffset: (index) => this.#source(entryAt(index)),
            piece: (index) => this.#entry(entryAt(index)),
        };
    }

    /** Brings the pieces into the order of the source. */
    sort(): void {
        if (this.#sorted) return;
        const order = Uint32Array.from({ length: this.#count }, (_, index) => index);
        this.#order = order.sort((left, right) => this.#source(left) - this.#source(right));
    }

    *[Symbol.iterator](): Iterator<Piece> {
        for (let index = 0; index < this.#count; index += 1) yield this.#entry(this.#order?.[index] ?? index);
    }

    #add(source: number, guest: number, packed: number): void {
        if (this.#count >= maxPieces) {
            throw new BootsourceError(
                "limit-exceeded",
                `cannot import ${this.#name}: its tables name more than ${maxPieces} pieces; ` +
                    'convert it with "qemu-img convert -O qcow2" and larger clusters',
            );
        }
        const slot = this.#count % blockEntries;
        let block = this.#blocks.at(-1);
        if (slot === 0 || block === undefined) {
            block = {
                source: new Float64Array(blockEntries),
                guest: new Float64Array(blockEntries),
                sectors: new Uint32Array(blockEntries),
            };
            this.#blocks.push(block);
        }
        block.source[slot] = source;
        block.guest[slot] = guest;
        block.sectors[slot] = packed;
        this.#count += 1;
        if (source < this.#lastSource) this.#sorted = false;
        this.#lastSource = source;
    }

    #source(entry: number): number {
        return this.#blocks[Math.floor(entry / blockEntries)]?.source[entry % blockEntries] ?? 0;
    }

    #entry(entry: number): Piece {
        const block = this.#blocks[Math.floor(entry / blockEntries)];
        const slot = entry % blockEntries;
        const sourceOffset = block?.source[slot] ?? 0;
        const guestOffset = block?.guest[slot] ?? 0;
        const packed = block?.sectors[slot] ?? 0;
        const room = this.#virtualSize - guestOffset;
        if (packed < compressedMark) {
            // Where the disk ends within a cluster, the rest of that cluster need not even be in the file.
            const length = Math.min(packed * sector, room);
            return {
                sourceOffset,
                sourceLength: length,
                guestOffset,
                guestLength: length,
                decodedLength: length,
                encoding: "plain",
            };
        }
        const end = (Math.floor(sourceOffset / sector) + packed - compressedMark) * sector;
        return {
            sourceOffset,
            // The last sector of a file need not be whole.
            sourceLength: Math.min(end, this.#sourceSize) - sourceOffset,
            bounded: this.#bounded,
            guestOffset,
            guestLength: Math.min(this.#clusterSize, room),
            decodedLength: this.#clusterSize,
            encoding: this.#compression,
        };
    }
}
