// Makes an empty disk: one hole of the size asked for, or real zeros where the room is to be taken at once.
import { createRawFile } from "./target/raw-file.js";
import { throwIfCancelled } from "../model/errors.js";

/** Writes an empty disk at exactly `path`, durable; on failure or cancel nothing is left there. */
export async function stageBlank(
    path: string,
    size: number,
    options: { readonly preallocate?: boolean | undefined; readonly signal: AbortSignal },
): Promise<void> {
    throwIfCancelled(options.signal, `make the disk ${path}`);
    const target = await createRawFile(path, { keepZeros: options.preallocate === true });
    try {
        if (options.preallocate === true) await target.fill(0, size, options.signal);
        await target.finish(size);
    } catch (thrown) {
        await target.abort();
        throw thrown;
    }
}
