// Work by object: one piece at a time for each, tried again until it succeeds, as controllers do.

const pause = 200;
/** Tries of the same failure after which it is no longer taken for something that passes. */
const patience = 25;

/** Begins a piece of work, unless one of that key is under way. */
export type Worker = (key: string, work: () => Promise<void>) => void;

/** Makes one; what goes on failing is told on standard error by that name. Work ends with the signal. */
export function makeWorker(name: string, signal: AbortSignal): Worker {
    const busy = new Set<string>();
    return (key, work) => {
        if (busy.has(key)) return;
        busy.add(key);
        void insist(name, signal, work).finally(() => busy.delete(key));
    };
}

async function insist(name: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    for (let tries = 1; !signal.aborted; tries++) {
        try {
            await work();
            return;
        } catch (thrown) {
            if (tries === patience) process.stderr.write(`${name}: ${String(thrown)}\n`);
            await new Promise((resolve) => setTimeout(resolve, pause));
        }
    }
}
