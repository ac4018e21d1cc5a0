// Memory that is lent: chunks that lie in it are read by threads where they lie, and stay as they are until all have given them back.

/** Bytes of one memory: large enough that threads are seldom told of one, small enough that a few of them stay in a cache. */
export const lentBytes = 512 * 1024;

/** Memory that lies idle at most while nobody needs any. */
const mostIdle = 32;

// While somebody needs some, all that comes back is kept for the next: parts read side by side come back in bursts, and what is
// dropped is not collected, because shared memory does not count as garbage that presses.
const idle: LentMemory[] = [];
let inUse = 0;
const known = new WeakMap<ArrayBufferLike, LentMemory>();

/** Memory for one owner, who gives it back as everybody else does who keeps a chunk of it. */
export function lend(): LentMemory {
    const memory = idle.pop() ?? new LentMemory();
    memory.keep();
    return memory;
}

/** Keeps a chunk for longer than until the next one is asked for; a copy, where its memory is not lent. */
export function keep(chunk: Uint8Array): Uint8Array {
    const memory = known.get(chunk.buffer);
    if (memory === undefined) return new Uint8Array(chunk);
    memory.keep();
    return chunk;
}

/** The memory of a chunk that was kept is not needed any more by who kept it. */
export function giveBack(chunk: Uint8Array): void {
    known.get(chunk.buffer)?.giveBack();
}

/** The memory of a chunk, where it is lent: threads can be sent there instead of being given a copy. */
export function lentMemory(chunk: Uint8Array): SharedArrayBuffer | undefined {
    return known.get(chunk.buffer)?.memory;
}

/** Moves chunks into lent memory, one behind the other, as if they had come there: each is kept. */
export class LentCopies {
    #memory: LentMemory | undefined;
    #fill = 0;

    /** The chunk itself, where its memory is lent already; a plain copy, where it is too long for one. */
    copy(chunk: Uint8Array): Uint8Array {
        if (chunk.length > lentBytes || lentMemory(chunk) !== undefined) return keep(chunk);
        if (this.#memory === undefined || lentBytes - this.#fill < chunk.length) {
            this.#memory?.giveBack();
            this.#memory = lend();
            this.#fill = 0;
        }
        const copy = this.#memory.bytes.subarray(this.#fill, this.#fill + chunk.length);
        copy.set(chunk);
        this.#fill += chunk.length;
        this.#memory.keep();
        return copy;
    }
}

/** Lent memory that is filled from one end to the other, and then the next one. */
export class LentRoom {
    #memory = lend();
    #fill = 0;

    /** Where the next bytes go: so many have room at least. */
    room(least: number): Uint8Array {
        if (lentBytes - this.#fill < least) {
            this.#memory.giveBack();
            this.#memory = lend();
            this.#fill = 0;
        }
        return this.#memory.bytes.subarray(this.#fill);
    }

    /** So many bytes have come there: a chunk that is good until the next one comes, or for who keeps it. */
    take(length: number): Uint8Array {
        this.#fill += length;
        return this.#memory.bytes.subarray(this.#fill - length, this.#fill);
    }

    /** Nobody fills it any more. */
    giveBack(): void {
        this.#memory.giveBack();
    }
}

/** One memory, and how many need it. */
export class LentMemory {
    readonly memory = new SharedArrayBuffer(lentBytes);
    readonly bytes = new Uint8Array(this.memory);
    #keepers = 0;

    constructor() {
        known.set(this.memory, this);
    }

    keep(): void {
        if (this.#keepers === 0) inUse += 1;
        this.#keepers += 1;
    }

    giveBack(): void {
        this.#keepers -= 1;
        if (this.#keepers < 0) throw new Error("memory was given back more often than it was kept");
        if (this.#keepers > 0) return;
        inUse -= 1;
        idle.push(this);
        if (inUse === 0) idle.splice(mostIdle);
    }
}
