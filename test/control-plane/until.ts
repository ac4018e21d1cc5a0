// Waiting for a condition: asked again until it holds, with a deadline that only a defect reaches.

/** Thrown by whoever asks where waiting on is of no use. */
export class Hopeless extends Error {}

let explain: () => Promise<string> = () => Promise.resolve("");

/** From now on a wait in vain is told with what this answers: how things stood then. */
export function explainWaits(by: () => Promise<string>): void {
    explain = by;
}

/** The first answer that is not undefined (nor false); throws with what was waited for, and why it did not come. */
export async function until<T>(
    what: string,
    ask: () => Promise<T | undefined | false> | T | undefined | false,
    { seconds = 120, every = 50 }: { seconds?: number; every?: number } = {},
): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (let last = ""; ;) {
        try {
            const answer = await ask();
            if (answer !== undefined && answer !== false) return answer;
        } catch (thrown) {
            if (thrown instanceof Hopeless) throw thrown;
            last = `; the last attempt: ${String(thrown)}`;
        }
        if (Date.now() > deadline) {
            const situation = await explain().catch((thrown: unknown) => String(thrown));
            throw new Error(`waited ${String(seconds)} s in vain until ${what}${last}\n${situation}`.trim());
        }
        await new Promise((resolve) => setTimeout(resolve, every));
    }
}
