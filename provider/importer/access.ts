// How an image is read before it is written: by ranges where its source has them, else by going forward.
import { tar } from "./codecs/tar.js";
import type { Codec, Identity, Source } from "./contract.js";
import { headBytes } from "./detect.js";
import { Forward } from "./forward.js";
import { type InArchive, openInArchive } from "./in-archive.js";
import type { Passes } from "./passes.js";
import { Ranged } from "./ranged.js";

/** A way to read an image. */
export type Access = Ranged | InArchive | Forward;

/** By ranges where the source has them and nothing is around the image but an archive; else by going forward. */
export async function openAccess(
    source: Source,
    identity: Identity,
    passes: Passes,
    { signal, around }: { readonly signal: AbortSignal; readonly around: readonly Codec[] },
): Promise<Access> {
    if (identity.ranges && identity.size !== undefined && identity.size > 0) {
        const ranged = new Ranged(source, { ...identity, size: identity.size }, signal);
        const wrapping = await wrappingOf(ranged, around);
        if (ranged.ranges && wrapping === undefined) return ranged;
        const inside = ranged.ranges && wrapping === tar ? await openInArchive(ranged) : undefined;
        if (inside !== undefined && (await wrappingOf(inside, around)) === undefined) {
            passes.codecs.push(tar);
            return inside;
        }
        passes.expect(ranged.seen);
    }
    const first = await passes.first();
    const size = passes.codecs.length === 0 ? passes.identity.size : undefined;
    return new Forward(source.name, first, () => passes.begin(), size);
}

async function wrappingOf(access: Ranged | InArchive, around: readonly Codec[]): Promise<Codec | undefined> {
    const head = await access.read(0, headBytes);
    return around.find((codec) => codec.match(head));
}
