// Does the work of objects in this process: one loop per object, one process at a time, until the object is settled.
import { setTimeout as pause } from "node:timers/promises";
import type { Kind, Objects, Ref } from "../model/objects.js";
import type { Controller, CronWorld } from "./contract.js";

/** The right to work on an object, which one process has at a time. */
export interface Turn {
    release(): void | Promise<void>;
}

/** What a manager is made of: `W` is what its controllers may touch. */
export interface ManagerOptions<W extends CronWorld> {
    /** As it is when a controller is called. */
    readonly world: () => Omit<W, "signal">;
    readonly controllers: { readonly [K in Kind]?: Controller<K, W> };
    /** Undefined where another process has it. */
    readonly takeTurn: (object: Objects[Kind]) => Turn | undefined | Promise<Turn | undefined>;
    /** How soon a process that waits for another one's turn to end looks again, in milliseconds. */
    readonly turnAgain: number;
    /** What to do with an error that no controller expects. */
    readonly onError: (error: unknown) => void;
    /** Whether an object whose controller failed in that way is looked at again: an agent has nobody who would begin anew. */
    readonly triesAgain: () => boolean;
}

/** How soon after such a failure, at first and at most: a full disk may last. */
const failedAgain = { first: 5_000, most: 300_000 } as const;

/** A wait ends at least so often: a clock that was set meanwhile makes due what was not, or the other way round. */
const looksAtClock = 60_000;

/** The work on one object. */
interface Loop {
    readonly done: Promise<void>;
    /** Somebody wants it looked at once more. */
    again: boolean;
    /** Ends the wait until it is due. */
    wake: (() => void) | undefined;
}

/** Runs controllers for the objects that it was told of. */
export class Manager<W extends CronWorld> {
    readonly #options: ManagerOptions<W>;
    readonly #loops = new Map<string, Loop>();
    readonly #stopped = new AbortController();

    constructor(options: ManagerOptions<W>) {
        this.#options = options;
    }

    /** Works on the object until it is settled; a second call while that goes on makes it look once more, at once. */
    drive(kind: Kind, at: Ref): void {
        const controller = this.#options.controllers[kind];
        if (controller === undefined || this.#stopped.signal.aborted || this.nudge(kind, at)) return;
        const key = keyOf(kind, at);
        // Begun in a later turn: whoever drives an object has often only just begun to write it.
        const loop: Loop = {
            done: Promise.resolve().then(() => this.#run(key, loop, kind, at, controller as Controller<Kind, W>)),
            again: false,
            wake: undefined,
        };
        this.#loops.set(key, loop);
    }

    /** Has an object that is being worked on looked at once more; says whether it is. */
    nudge(kind: Kind, at: Ref): boolean {
        const loop = this.#loops.get(keyOf(kind, at));
        if (loop === undefined) return false;
        loop.again = true;
        loop.wake?.();
        return true;
    }

    /** Stops all work and waits until it has let go. */
    async stop(): Promise<void> {
        this.#stopped.abort();
        await Promise.all([...this.#loops.values()].map(({ done }) => done));
    }

    async #run(key: string, loop: Loop, kind: Kind, at: Ref, controller: Controller<Kind, W>): Promise<void> {
        let wait: number = failedAgain.first;
        try {
            do {
                try {
                    await this.#work(loop, kind, at, controller);
                    wait = failedAgain.first;
                } catch (error) {
                    if (this.#stopped.signal.aborted) return;
                    this.#options.onError(error);
                    if (!this.#options.triesAgain()) return;
                    loop.again = false;
                    await this.#waitUntilDue(loop, wait);
                    loop.again = true;
                    wait = Math.min(2 * wait, failedAgain.most);
                }
            } while (loop.again && !this.#stopped.signal.aborted);
        } finally {
            this.#loops.delete(key);
        }
    }

    async #work(loop: Loop, kind: Kind, at: Ref, controller: Controller<Kind, W>): Promise<void> {
        const { takeTurn, turnAgain } = this.#options;
        const signal = this.#stopped.signal;
        loop.again = false;
        while (!signal.aborted) {
            const world = this.#options.world();
            const object = await world.cluster.get<Kind>(kind, at);
            if (object === undefined) return;
            const turn = await takeTurn(object);
            if (turn === undefined) {
                // Real time, not the world's clock: another process has its turn, and its time is not ours to move.
                await pause(turnAgain, undefined, { signal }).catch(() => undefined);
                continue;
            }
            try {
                // Before it is read: who nudges while the answer is on its way speaks of what that answer may not show.
                loop.again = false;
                // Read again in our turn: whoever had the last one may just have finished.
                const current = await world.cluster.get<Kind>(kind, at);
                if (current === undefined) return;
                const verdict = await controller(current, { ...world, signal } as W);
                if (verdict === "settled") return;
                await turn.release();
                await this.#waitUntilDue(loop, verdict.again);
                // By way of the event loop: what finds something to do again and again must not keep everybody else from theirs.
                await new Promise((resolve) => setImmediate(resolve));
            } finally {
                await turn.release();
            }
        }
    }

    /** Until the time has passed, or somebody nudges; at once where somebody did so meanwhile, or where the clock was set back. */
    async #waitUntilDue(loop: Loop, milliseconds: number): Promise<void> {
        const { clock } = this.#options.world();
        const woken = new AbortController();
        loop.wake = () => {
            woken.abort();
        };
        const signal = AbortSignal.any([woken.signal, this.#stopped.signal]);
        const due = clock.now() + milliseconds;
        for (let now = clock.now(); now < due && !loop.again && !signal.aborted;) {
            await clock.sleep(Math.min(due - now, looksAtClock), signal);
            const later = clock.now();
            if (later < now) break;
            now = later;
        }
        loop.wake = undefined;
    }
}

function keyOf(kind: Kind, at: Ref): string {
    return [kind, at.namespace, at.name].join("/");
}
