// Work by object: one piece at a time for each, tried again until it succeeds, as controllers do.

const pause = 200;
/** Tries of the same failure after which it is no longer taken for something that passes. */
const patience = 25;

/** Begins a piece of work; where one of that key is under way, the newest that was asked for meanwhile follows it. */
export type Worker = (key: string, work: () => Promise<void>) => void;

/** Makes one; what goes on failing is told on standard error by that name. Work ends with the signal. */
export function makeWorker(name: string, signal: AbortSignal): Worker {
    const next = new Map<string, (() => Promise<void>) | undefined>();
    const begin = (key: string, work: () => Promise<void>): void => {
        next.set(key, undefined);
        void insist(name, signal, work).then(() => {
            // What is under way may have looked before the change that asks for more.
            const more = next.get(key);
            next.delete(key);
            if (more !== undefined) begin(key, more);
        });
    };
    return (key, work) => {
        if (next.has(key)) next.set(key, work);
        else begin(key, work);
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
