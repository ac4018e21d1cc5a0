// Looks at the beginning of a stream without taking it away.
import type { Bytes } from "./contract.js";

/** The first bytes of a stream (fewer where it is shorter), and the whole stream again, from its first byte. */
export async function peek(
    input: Bytes,
    length: number,
): Promise<{ readonly head: Uint8Array; readonly bytes: Bytes }> {
    const iterator = input[Symbol.asyncIterator]();
    const taken: Uint8Array[] = [];
    for (let have = 0; have < length; have += taken.at(-1)?.length ?? 0) {
        const next = await iterator.next();
        if (next.done === true) break;
        // What a producer gives is valid until it is asked again.
        taken.push(new Uint8Array(next.value));
    }
    return { head: Buffer.concat(taken).subarray(0, length), bytes: replay(taken, iterator) };
}

async function* replay(taken: readonly Uint8Array[], iterator: AsyncIterator<Uint8Array>): Bytes {
    try {
        yield* taken;
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
        await iterator.return?.();
    }
}
