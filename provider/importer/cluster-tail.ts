// The rest of the cluster in which the last compressed piece ended. qemu-img fills it with the next compressed one, however much
// lies between the two, so that such a piece is known only long after its bytes have gone by.

/** Compressed pieces end within a sector, and the next one may begin there. */
const sector = 512;

/** The bytes from the end of the last compressed piece to the end of its cluster, as far as the stream has come. */
export class ClusterTail {
    readonly #clusterSize: number;
    #end = 0;
    #from = 0;
    #to = 0;
    #bytes: Uint8Array = new Uint8Array(0);
    #filled = 0;
    /** The last bytes that went by: a new tail begins within them. */
    #recent: Uint8Array = new Uint8Array(0);

    constructor(clusterSize: number) {
        this.#clusterSize = clusterSize;
    }

    /** A chunk from `start` on has gone by, and the last compressed piece of all so far ended at `end`. */
    follow(chunk: Uint8Array, start: number, end: number): void {
        if (end !== this.#end) this.#begin(end, start);
        const from = Math.max(start, this.#from + this.#filled);
        const to = Math.min(start + chunk.length, this.#to);
        if (from < to && from === this.#from + this.#filled) {
            this.#bytes.set(chunk.subarray(from - start, to - start), this.#filled);
            this.#filled += to - from;
        }
        this.#recent = Buffer.concat([this.#recent, chunk.subarray(-sector)]).subarray(-sector);
    }

    /** A copy of bytes that lie in the tail; undefined where they do not. No byte before them is given again. */
    take(offset: number, length: number): Uint8Array | undefined {
        const at = offset - this.#from;
        if (at < 0 || at + length > this.#filled) return undefined;
        const taken = this.#bytes.slice(at, at + length);
        // Only the sector in which it ends may belong to a further piece: else few bytes could be claimed by many.
        const rest = Math.max(at + 1, at + length - sector);
        this.#bytes = this.#bytes.subarray(rest);
        this.#from += rest;
        this.#filled -= rest;
        return taken;
    }

    #begin(end: number, start: number): void {
        this.#end = end;
        this.#from = Math.max(0, end - sector);
        this.#to = Math.ceil(end / this.#clusterSize) * this.#clusterSize;
        this.#bytes = new Uint8Array(Math.max(0, this.#to - this.#from));
        this.#filled = 0;
        const before = start - this.#from;
        if (before <= 0 || before > this.#recent.length) return;
        this.#bytes.set(this.#recent.subarray(this.#recent.length - before), 0);
        this.#filled = before;
    }
}
