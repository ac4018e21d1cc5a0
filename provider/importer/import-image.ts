// One import from source to final name: staged beside the target, published whole or not at all.
import { rm } from "node:fs/promises";
import { throwIfCancelled } from "../model/errors.js";
import type { Imported, ImportRequest } from "./contract.js";
import { keepLastLeftover, startPartial } from "./partial.js";
import { publish } from "./publish.js";
import { stageImage } from "./stage.js";

/**
 * Imports an image as a raw disk at `target`, over what is there; a failure leaves `target` as it was. What imports to the same
 * target left when they were killed is gone on with where it is the same content, or removed.
 */
export async function importImage(target: string, request: ImportRequest): Promise<Imported> {
    const leftover = await keepLastLeftover(target);
    const partial = await startPartial(target);
    try {
        const imported = await stageImage(partial.path, request, { leftover });
        try {
            throwIfCancelled(request.signal, `import to ${target}`);
            await publish(partial.path, target);
        } catch (thrown) {
            await rm(partial.path, { force: true });
            throw thrown;
        }
        return imported;
    } finally {
        partial.end();
    }
}
