// Brings the content of an archive into a new directory: verified, within its room, durable. Nothing is left where that fails.
import { dirname } from "node:path";
import { formatChecksum } from "../../model/digest.js";
import { isBootsourceError, throwIfCancelled } from "../../model/errors.js";
import type { Imported, ImportRequest } from "../contract.js";
import { limitsOf, spared } from "../limits.js";
import { Passes } from "../passes.js";
import { checksumOf } from "../published-checksum.js";
import { checkSpace, freeBytes, outgrown } from "../room.js";
import { openSource } from "../sources/index.js";
import { removeTree } from "./remove-tree.js";
import { unpack } from "./unpack.js";

/** What an archive is asked for with: an image's format, and zeros instead of holes, mean nothing here. */
export type ArchiveRequest = Omit<ImportRequest, "format" | "preallocate">;

/** Unpacks the tar archive of a request, in whatever compression, into a directory that must not be there yet (mode 0700). */
export async function stageArchive(directory: string, request: ArchiveRequest): Promise<Imported> {
    const { signal, clock, progress } = request;
    const source = openSource(request.source, { clock });
    const doing = `unpack ${source.name}`;
    throwIfCancelled(signal, doing);
    let passes: Passes | undefined;
    try {
        const checksum = await checksumOf(request, { clock });
        const identity = await source.identify(signal);
        passes = new Passes(source, identity, { limits: limitsOf(request), checksum, signal, progress });
        const bytes = await passes.first();
        passes.settle();
        const size = await unpack(bytes, directory, {
            name: source.name,
            signal,
            checkRoom: await roomOf(directory, source.name, request.size),
        });
        const verified = passes.verify();
        const codecs = passes.codecs.map((codec) => codec.name);
        const { version } = identity;
        return {
            format: "tar",
            codecs,
            virtualSize: size,
            size: request.size ?? size,
            ...verified,
            version,
            ...(checksum === undefined ? {} : { checksum: formatChecksum(checksum) }),
        };
    } catch (thrown) {
        await removeTree(directory);
        // Whatever broke because of the cancellation is the cancellation.
        if (!isBootsourceError(thrown) || thrown.code !== "cancelled") throwIfCancelled(signal, doing);
        throw thrown;
    } finally {
        passes?.close();
    }
}

/** A compressed archive does not tell how much comes out of it: what is asked for bounds it, and what the machine can spare. */
async function roomOf(directory: string, name: string, size: number | undefined): Promise<(bytes: number) => void> {
    const free = spared(await freeBytes(dirname(directory)));
    return (bytes) => {
        if (size !== undefined && bytes > size) throw outgrown(name, size);
        checkSpace(dirname(directory), bytes, free);
    };
}
