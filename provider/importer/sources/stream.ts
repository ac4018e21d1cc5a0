// Bytes that come once, from the first to the last: standard input. What would need them twice is refused with what to do.
import { BootsourceError, throwIfCancelled } from "../../model/errors.js";
import type { Source, StreamSpec } from "../contract.js";

/** A stream of this process as a source. */
export function streamSource({ name, bytes }: StreamSpec): Source {
    const identity = {
        size: undefined,
        version: undefined,
        ranges: false,
        lastModified: undefined,
        mediaType: undefined,
    };
    let taken = false;
    return {
        name,
        identify: (signal) =>
            Promise.resolve().then(() => {
                throwIfCancelled(signal, `read ${name}`);
                return identity;
            }),
        open: (_range, signal) =>
            Promise.resolve().then(() => {
                throwIfCancelled(signal, `read ${name}`);
                if (taken) throw twice(name);
                taken = true;
                return { identity, bytes };
            }),
    };
}

function twice(name: string): BootsourceError {
    return new BootsourceError(
        "invalid-argument",
        `cannot import from ${name}: the image keeps its tables behind its data and has to be read twice, and a stream comes only ` +
            "once; save it in a file and name that",
    );
}
