// How many imports run at once over a store: so many slots, shared by all processes; a killed process frees its slot at once.
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { throwIfCancelled } from "../model/errors.js";
import { type Lock, tryLock } from "./lock.js";

/** Imports at once, where nobody says otherwise: a machine's disk and its network are full with a few. */
export const defaultParallelImports = 4;

/** How soon a process whose turn it is looks again for a slot that another process holds. */
const lookAgain = 100;

/** The slots of one store, for one process. */
export class Slots {
    readonly #directory: string;
    readonly #count: number;
    /** Resolves when everybody who came earlier has a slot: of one process only one asks the others. */
    #turn: Promise<unknown> = Promise.resolve();

    constructor(directory: string, count: number = defaultParallelImports) {
        this.#directory = directory;
        this.#count = count;
    }

    /** Does the work in a slot, in the order of asking; `waiting` is told once where none is free. */
    async within<T>(signal: AbortSignal, waiting: (count: number) => void, work: () => Promise<T>): Promise<T> {
        const before = this.#turn;
        const taken = before.then(() => this.#take(signal));
        this.#turn = taken.catch(() => undefined);
        let slot: Lock | undefined;
        const settled = taken.then((lock) => (slot = lock));
        await Promise.race([settled, pause(lookAgain)]);
        if (slot === undefined && !signal.aborted) waiting(this.#count);
        const held = await settled;
        try {
            throwIfCancelled(signal, "wait for another import to end");
            return await work();
        } finally {
            held.release({ remove: true });
        }
    }

    async #take(signal: AbortSignal): Promise<Lock> {
        for (;;) {
            throwIfCancelled(signal, "wait for another import to end");
            for (let slot = 0; slot < this.#count; slot += 1) {
                const lock = tryLock(join(this.#directory, "slots", `${slot}.lock`));
                if (lock !== undefined) return lock;
            }
            // Real time, not the world's clock: other processes hold the slots, and their time is not ours to move.
            await pause(lookAgain, undefined, { signal }).catch(() => undefined);
        }
    }
}
