// Node's zlib driven by hand, from memory to memory within this thread: its streams cost an image more than its decompression does.
import type { Gunzip, Inflate, InflateRaw, ZstdDecompress } from "node:zlib";

/** A decompression that goes on from call to call. */
export interface DirectEngine {
    /** Decompresses until the input is taken or the output is full; returns the bytes that came. Throws what Node's streams report. */
    run(flush: number, input: Uint8Array, output: Uint8Array): number;
    /** Bytes of the last input that were not taken. */
    readonly left: number;
    /** Begins anew. */
    reset(): void;
    close(): void;
}

/** What is used of Node's own engine; the names have been the same since Node 11. */
interface NodeEngine {
    readonly _handle?: {
        onerror?: (message: string, number: number, code: string) => void;
        reset?(): void;
        writeSync?(flush: number, ...buffers: [Uint8Array, number, number, Uint8Array, number, number]): void;
    };
    /** Bytes left in the output, and in the input. */
    readonly _writeState?: Uint32Array;
}

/**
 * The engine of a stream, which is not to be used as a stream from then on. Node has no public function for that: undefined where
 * the engine does not look as expected.
 */
export function directEngine(stream: Gunzip | Inflate | InflateRaw | ZstdDecompress): DirectEngine | undefined {
    const { _handle: handle, _writeState: state } = stream as unknown as NodeEngine;
    if (typeof handle?.reset !== "function" || typeof handle.writeSync !== "function" || state?.length !== 2)
        return undefined;
    const failures: Error[] = [];
    // Without this the stream around the engine would report the error, to nobody.
    handle.onerror = (message, _number, code) => {
        failures.push(Object.assign(new Error(message), { code }));
    };
    return {
        run(flush, input, output) {
            handle.writeSync?.(flush, input, 0, input.length, output, 0, output.length);
            const failure = failures.pop();
            if (failure !== undefined) throw failure;
            return output.length - (state[0] ?? 0);
        },
        get left() {
            return state[1] ?? 0;
        },
        reset() {
            handle.reset?.();
        },
        close() {
            stream.destroy();
        },
    };
}
