// Gives the memory of what was decompressed back as soon as it was used. Left to the collector of garbage it costs a third of an
// import's time: memory outside its heap makes it run every few mebibytes, and each time it looks through the whole program.

/** Smaller memory may be a part of what Node shares out to many. */
const leastBytes = 16 * 1024;

/** What ES2024 has, and Node since 21. */
interface Transferable extends ArrayBuffer {
    transfer(length: number): ArrayBuffer;
}

/**
 * To be called by the owner of several chunks that lie one after another in memory of a known size, when nobody uses this one any
 * more, not even a thread: with the last of them the memory is gone.
 */
export function releaseLast(chunk: Uint8Array, memoryBytes: number): void {
    const { buffer, byteOffset, byteLength } = chunk;
    if (buffer.byteLength === memoryBytes && byteOffset + byteLength === memoryBytes) free(buffer);
}

function free(memory: ArrayBufferLike): void {
    if (memory instanceof ArrayBuffer && memory.byteLength >= leastBytes) (memory as Transferable).transfer(0);
}
