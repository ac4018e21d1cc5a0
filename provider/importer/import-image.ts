// One import from source to final name: staged beside the target, published whole or not at all.
import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { throwIfCancelled } from "../model/errors.js";
import type { Imported, ImportRequest } from "./contract.js";
import { publish } from "./publish.js";
import { stageImage } from "./stage.js";

/** Imports an image as a raw disk at `target`, over what is there; a failure leaves `target` as it was. */
export async function importImage(target: string, request: ImportRequest): Promise<Imported> {
    // In the same directory, because only there a rename is one step; hidden, because it is not a disk yet.
    const partial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.partial`);
    const imported = await stageImage(partial, request);
    try {
        throwIfCancelled(request.signal, `import to ${target}`);
        await publish(partial, target);
    } catch (thrown) {
        await rm(partial, { force: true });
        throw thrown;
    }
    return imported;
}
