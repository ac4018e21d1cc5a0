// Does the work of objects in this process: one loop per object, one process per object by a lock, until the object is settled.
import { setTimeout as pause } from "node:timers/promises";
import type { Controller, ControllerWorld } from "../controllers/contract.js";
import type { Kind, Ref } from "../model/objects.js";
import { tryLock } from "./lock.js";

/** How soon a process that waits for another one's lock looks again: a killed holder frees it at once. */
const lockAgain = 250;

/** What a manager is made of. */
export interface ManagerOptions {
    readonly world: Omit<ControllerWorld, "signal">;
    readonly controllers: { readonly [K in Kind]?: Controller<K> };
    readonly lockPath: (uid: string) => string;
    /** What to do with an error that no controller expects. */
    readonly onError: (error: unknown) => void;
}

/** Runs controllers for the objects that it was told of. */
export class Manager {
    readonly #options: ManagerOptions;
    readonly #loops = new Map<string, Promise<void>>();
    readonly #stopped = new AbortController();

    constructor(options: ManagerOptions) {
        this.#options = options;
    }

    /** Works on the object until it is settled; a second call while that goes on makes it look once more. */
    drive(kind: Kind, at: Ref): void {
        const controller = this.#options.controllers[kind];
        if (controller === undefined || this.#stopped.signal.aborted) return;
        const key = [kind, at.namespace, at.name].join("/");
        const before = this.#loops.get(key) ?? Promise.resolve();
        const loop = before
            .then(() => this.#work(kind, at, controller as Controller<Kind>))
            .catch((error: unknown) => {
                if (!this.#stopped.signal.aborted) this.#options.onError(error);
            })
            .finally(() => {
                if (this.#loops.get(key) === loop) this.#loops.delete(key);
            });
        this.#loops.set(key, loop);
    }

    /** Stops all work and waits until it has let go. */
    async stop(): Promise<void> {
        this.#stopped.abort();
        await Promise.all(this.#loops.values());
    }

    async #work(kind: Kind, at: Ref, controller: Controller<Kind>): Promise<void> {
        const { world, lockPath } = this.#options;
        const signal = this.#stopped.signal;
        while (!signal.aborted) {
            const object = await world.cluster.get<Kind>(kind, at);
            if (object === undefined) return;
            const lock = tryLock(lockPath(object.metadata.uid));
            if (lock === undefined) {
                // Real time, not the world's clock: another process holds the lock, and its time is not ours to move.
                await pause(lockAgain, undefined, { signal }).catch(() => undefined);
                continue;
            }
            try {
                // Read again under the lock: its last holder may just have finished.
                const current = await world.cluster.get<Kind>(kind, at);
                if (current === undefined) return;
                const verdict = await controller(current, { ...world, signal });
                if (verdict === "settled") return;
                lock.release();
                await world.clock.sleep(verdict.again, signal);
            } finally {
                lock.release({ remove: true });
            }
        }
    }
}
