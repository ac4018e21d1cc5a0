// One archive from source to a directory of its final name: staged beside it, published whole or not at all.
import { throwIfCancelled } from "../../model/errors.js";
import type { Imported } from "../contract.js";
import { removeLeftovers, startPartial } from "../partial.js";
import { publish } from "../publish.js";
import { removeTree } from "./remove-tree.js";
import { stageArchive, type ArchiveRequest } from "./stage-archive.js";

/** Unpacks an archive as the directory `target`, which must not be there yet; nothing is left where that fails. */
export async function importArchive(target: string, request: ArchiveRequest): Promise<Imported> {
    await removeLeftovers(target);
    const partial = await startPartial(target);
    try {
        const imported = await stageArchive(partial.path, request);
        try {
            throwIfCancelled(request.signal, `unpack to ${target}`);
            await publish(partial.path, target);
        } catch (thrown) {
            await removeTree(partial.path);
            throw thrown;
        }
        return imported;
    } finally {
        partial.end();
    }
}
