// Pieces by ascending source offset, from however many runs become known while the stream goes by.
import type { Piece, PieceRun } from "./contract.js";

/** Pieces that are looked at before they are taken: until then an earlier one may become known. */
export interface Pieces {
    peek(): Piece | undefined;
    take(): void;
}

/** Pieces whose order is known from the beginning. */
export function piecesOf(pieces: Iterable<Piece>): Pieces {
    const iterator = pieces[Symbol.iterator]();
    let head: IteratorResult<Piece> | undefined;
    return {
        peek: () => {
            head ??= iterator.next();
            return head.done === true ? undefined : head.value;
        },
        take: () => {
            head = undefined;
        },
    };
}

interface Head {
    readonly run: PieceRun;
    index: number;
    source: number;
}

/** Pieces of several runs: a heap of the runs, the one with the earliest piece on top. */
export class Feed implements Pieces {
    readonly #heap: Head[] = [];
    #piece: Piece | undefined;

    learn(run: PieceRun): void {
        if (run.length === 0) return;
        this.#piece = undefined;
        this.#heap.push({ run, index: 0, source: run.sourceOffset(0) });
        for (let at = this.#heap.length - 1; at > 0;) {
            const parent = (at - 1) >> 1;
            if (!this.#isEarlier(at, parent)) return;
            this.#swap(at, parent);
            at = parent;
        }
    }

    peek(): Piece | undefined {
        const top = this.#heap[0];
        return (this.#piece ??= top?.run.piece(top.index));
    }

    take(): void {
        this.#piece = undefined;
        const top = this.#heap[0];
        if (top === undefined) return;
        top.index += 1;
        if (top.index < top.run.length) {
            top.source = top.run.sourceOffset(top.index);
        } else {
            const last = this.#heap.pop();
            if (last !== undefined && last !== top) this.#heap[0] = last;
        }
        for (let at = 0; ;) {
            let least = at;
            for (const child of [2 * at + 1, 2 * at + 2]) {
                if (child < this.#heap.length && this.#isEarlier(child, least)) least = child;
            }
            if (least === at) return;
            this.#swap(at, least);
            at = least;
        }
    }

    #isEarlier(one: number, other: number): boolean {
        return (this.#heap[one]?.source ?? Infinity) < (this.#heap[other]?.source ?? Infinity);
    }

    #swap(one: number, other: number): void {
        const [first, second] = [this.#heap[one], this.#heap[other]];
        if (first === undefined || second === undefined) return;
        this.#heap[one] = second;
        this.#heap[other] = first;
    }
}
