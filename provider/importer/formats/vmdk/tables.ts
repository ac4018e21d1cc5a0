// The grain tables of a VMDK: a directory names tables, a table names grains. A compressed grain ends where the next thing begins.
import type { Passing, RandomAccess } from "../../contract.js";
import { refuseOverlaps } from "../overlaps.js";
import type { PieceList } from "../piece-list.js";
import { checkInside, refusal, remake, type Extent, type Refuse } from "../refusal.js";
import { type VmdkHeader, atEnd } from "./header.js";
import { compressedPieces, grainHeader, mostCompressed, pieceList } from "./grains.js";

/** Tables asked for before the first of them is worked on: hides the way to a distant server. */
const ahead = 8;
/** More grains than this are an attack or a mistake: 1 TiB in grains of 64 KiB. */
const maxGrains = 2 ** 24;

/** Reads the tables and returns the pieces, checked and in the order of the source. */
export async function readGrainTables(
    input: RandomAccess,
    header: VmdkHeader,
    refuse: Refuse,
    passing?: Passing,
): Promise<PieceList> {
    const { virtualSize, grainBytes, grainsPerTable } = header;
    const grains = Math.ceil(virtualSize / grainBytes);
    const directory = await readDirectory(input, header, Math.ceil(grains / grainsPerTable), refuse);
    const pieces = pieceList(input, header);
    const found = new Grains(input.name);
    const reads: Promise<Uint8Array>[] = [];
    for (let next = 0, done = 0; done < directory.tables.length; done += 1) {
        for (; next < directory.tables.length && next < done + ahead; next += 1) {
            const reading = input.read(directory.tables[next]?.offset ?? 0, grainsPerTable * 4);
            // Whichever fails first is reported; the others must not become unhandled meanwhile.
            reading.catch(() => undefined);
            reads.push(reading);
        }
        const bytes = await reads.shift();
        if (bytes?.length !== grainsPerTable * 4) throw refuse("truncated", "it ends within its tables", remake);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const first = (directory.tables[done]?.index ?? 0) * grainsPerTable;
        for (let index = 0; index < grainsPerTable && first + index < grains; index += 1) {
            const sector = view.getUint32(index * 4, true);
            if (sector === 0 || (sector === 1 && header.zeroed)) continue;
            found.add(first + index, sector);
        }
    }
    const extents: Extent[] = [...header.extents, directory.place, ...directory.tables];
    addGrains(found, { input, header, pieces, extents }, refuse);
    passing?.learn(pieces.since(0));
    refuseOverlaps(pieces, extents, refuse);
    return pieces;
}

async function readDirectory(
    input: RandomAccess,
    { tablesAt, virtualSize, grainsPerTable }: VmdkHeader,
    count: number,
    refuse: Refuse,
): Promise<{ place: Extent; tables: (Extent & { index: number })[] }> {
    const image = { fileSize: input.size, virtualSize };
    const place = { what: "its grain directory", offset: tablesAt === atEnd ? 0 : tablesAt, length: count * 4 };
    checkInside(place, image, refuse);
    const tables: (Extent & { index: number })[] = [];
    const part = 2 ** 20;
    for (let at = 0; at < place.length; at += part) {
        const bytes = await input.read(place.offset + at, Math.min(part, place.length - at));
        if (bytes.length < Math.min(part, place.length - at))
            throw refuse("truncated", "it ends within its grain directory", remake);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        for (let entry = 0; entry < bytes.length; entry += 4) {
            const sector = view.getUint32(entry, true);
            if (sector === 0) continue;
            const index = (at + entry) / 4;
            const table = { what: `the grain table ${index}`, offset: sector * 512, length: grainsPerTable * 4, index };
            checkInside(table, image, refuse);
            tables.push(table);
        }
    }
    tables.sort((left, right) => left.offset - right.offset);
    return { place, tables };
}

/** Grains and their sectors, as one number each, so that sorting them costs little. */
class Grains {
    readonly #name: string;
    #packed = new BigUint64Array(1024);
    #count = 0;

    constructor(name: string) {
        this.#name = name;
    }

    add(grain: number, sector: number): void {
        if (this.#count === this.#packed.length) {
            if (this.#count >= maxGrains) throw tooMany(this.#name);
            const larger = new BigUint64Array(this.#count * 2);
            larger.set(this.#packed);
            this.#packed = larger;
        }
        this.#packed[this.#count++] = (BigInt(sector) << 32n) | BigInt(grain);
    }

    /** By ascending sector. */
    *sorted(): Generator<{ readonly grain: number; readonly offset: number }> {
        for (const packed of this.#packed.subarray(0, this.#count).sort()) {
            yield { grain: Number(packed & 0xffffffffn), offset: Number(packed >> 32n) * 512 };
        }
    }
}

function addGrains(
    found: Grains,
    {
        input,
        header,
        pieces,
        extents,
    }: { input: RandomAccess; header: VmdkHeader; pieces: PieceList; extents: Extent[] },
    refuse: Refuse,
): void {
    const { grainBytes, virtualSize, compressed } = header;
    const image = { fileSize: input.size, virtualSize };
    // What lies between grains ends the one before it too.
    const others = extents.map(({ offset }) => offset).sort((left, right) => left - right);
    let other = 0;
    let before: { readonly grain: number; readonly offset: number } | undefined;
    const end = (offset: number): void => {
        if (before === undefined) return;
        while (other < others.length && (others[other] ?? 0) <= before.offset) other += 1;
        const next = Math.min(offset, others[other] ?? Infinity, before.offset + mostCompressed(grainBytes));
        compressedPieces(pieces, before, next, grainBytes);
    };
    for (const grain of found.sorted()) {
        const length = compressed ? grainHeader + 1 : Math.min(grainBytes, virtualSize - grain.grain * grainBytes);
        checkInside({ what: `the grain ${grain.grain}`, offset: grain.offset, length }, image, refuse);
        if (!compressed) pieces.addPlain(grain.offset, grain.grain * grainBytes, Math.ceil(length / 512) * 512);
        else {
            if (before?.offset === grain.offset) throw refuse("corrupt-image", "two of its grains are one", remake);
            end(grain.offset);
            before = grain;
        }
    }
    if (compressed) end(input.size === undefined ? Infinity : Math.ceil(input.size / 512) * 512);
}

function tooMany(name: string) {
    return refusal(name)(
        "limit-exceeded",
        `its tables name more than ${maxGrains} grains`,
        'convert it with "qemu-img convert -O qcow2"',
    );
}
