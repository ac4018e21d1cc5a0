// The one disk of an archive that can be read by ranges: headers are looked at one after the other, and nothing between them is read.
import type { ByteInput } from "./byte-reader.js";
import { placeOfDisk } from "./codecs/tar.js";
import type { RandomAccess, Range } from "./contract.js";
import type { Ranged } from "./ranged.js";
import type { Seen } from "./served.js";

/** Random access to the disk in an archive. */
export class InArchive implements RandomAccess {
    readonly seeks = true;
    readonly size: number;
    readonly #archive: Ranged;
    readonly #offset: number;

    constructor(archive: Ranged, place: Range) {
        this.#archive = archive;
        this.#offset = place.offset;
        this.size = Math.min(place.length, Math.max(0, archive.size - place.offset));
    }

    get name(): string {
        return this.#archive.name;
    }

    /** The ranges read so far, of the archive. */
    get seen(): readonly Seen[] {
        return this.#archive.seen;
    }

    read(offset: number, length: number): Promise<Uint8Array> {
        return this.#archive.read(this.#offset + offset, Math.min(length, this.size - offset));
    }
}

/** Finds the disk; undefined where an archive has so much in it that it had better be read as it goes by. */
export async function openInArchive(archive: Ranged): Promise<InArchive | undefined> {
    const place = await placeOfDisk(new RangedInput(archive), archive.name);
    return place && new InArchive(archive, place);
}

/** An archive as the input of the tar reader. */
class RangedInput implements ByteInput {
    readonly #archive: Ranged;
    position = 0;

    constructor(archive: Ranged) {
        this.#archive = archive;
    }

    async take(length: number): Promise<Uint8Array> {
        const taken = await this.#archive.read(this.position, length);
        this.position += taken.length;
        return taken;
    }

    some(atMost: number): Promise<Uint8Array> {
        return this.take(Math.min(atMost, 64 * 1024));
    }

    skip(length: number): Promise<number> {
        const skipped = Math.min(length, this.#archive.size - this.position);
        this.position += skipped;
        return Promise.resolve(skipped);
    }

    close(): Promise<void> {
        return Promise.resolve();
    }
}
