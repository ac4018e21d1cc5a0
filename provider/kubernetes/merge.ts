// Several streams as one, in the order in which they tell.

/** Yields what any of them yields; ends when all have ended, and throws what one of them throws. */
export async function* merged<T>(...sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
    const iterators = sources.map((source) => source[Symbol.asyncIterator]());
    const next = async (index: number) => ({ index, result: await iterators[index]?.next() });
    const waiting = new Map(iterators.map((_, index) => [index, next(index)]));
    try {
        while (waiting.size > 0) {
            const { index, result } = await Promise.race(waiting.values());
            if (result === undefined || result.done === true) {
                waiting.delete(index);
                continue;
            }
            waiting.set(index, next(index));
            yield result.value;
        }
    } finally {
        for (const promise of waiting.values()) promise.catch(() => undefined);
        for (const index of waiting.keys()) void iterators[index]?.return?.(undefined);
    }
}
