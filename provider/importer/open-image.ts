// Opens an image: finds its compressions and its format, reads its tables, and stands ready to stream it once.
import { codecs } from "./codecs/index.js";
import type { Bytes, Format, Identity, Layout, Source } from "./contract.js";
import { checkFormatName, detectFormat, headBytes } from "./detect.js";
import { Forward } from "./forward.js";
import { Passes, type PassOptions } from "./passes.js";
import { Ranged } from "./ranged.js";

/** How an image is opened. */
export interface OpenOptions extends PassOptions {
    /** The format, where it is not to be probed. Compressions are peeled all the same. */
    readonly format: string | undefined;
    /** Bytes of room for the guest disk. */
    readonly room: number | undefined;
}

/** An image whose format is known. */
export interface OpenImage {
    readonly identity: Identity;
    readonly codecs: readonly string[];
    readonly format: Format;
    /** The first bytes inside the compressions. */
    readonly head: Uint8Array;
    /** Reads the tables, and throws where the image must not be imported. */
    layout(): Promise<Layout>;
    /** The bytes inside the compressions, from the first to the last; once, after the layout. */
    bytes(): Promise<Bytes>;
    /** The digest of the bytes served, once all were taken; throws where the checksum asked for is another. */
    verify(): { readonly digest: string; readonly sourceSize: number };
    /** Ends what is under way. */
    close(): Promise<void>;
}

/** Asks the source what it is and decides compressions and format. Tables are not read yet. */
export async function openImage(source: Source, options: OpenOptions): Promise<OpenImage> {
    if (options.format !== undefined) checkFormatName(options.format);
    const identity = await source.identify(options.signal);
    const passes = new Passes(source, identity, options);
    let access: Ranged | Forward | undefined;
    const close = async (): Promise<void> => {
        passes.close();
        if (access instanceof Forward) await access.close();
    };
    try {
        access = await openAccess(source, identity, passes, options.signal);
        const opened = access;
        const head = await opened.read(0, headBytes);
        const format = detectFormat(source.name, head, { pinned: options.format, mediaType: identity.mediaType });
        return {
            identity,
            codecs: passes.codecs.map((codec) => codec.name),
            format,
            head,
            layout: () => format.layout(opened, options.room),
            bytes() {
                passes.settle();
                if (opened instanceof Forward) return Promise.resolve(opened.bytes());
                passes.expect(opened.seen);
                return passes.begin();
            },
            verify: () => passes.verify(),
            close,
        };
    } catch (thrown) {
        await close();
        throw thrown;
    }
}

/** By ranges where the source has them and nothing is compressed around the image; else by going forward. */
async function openAccess(
    source: Source,
    identity: Identity,
    passes: Passes,
    signal: AbortSignal,
): Promise<Ranged | Forward> {
    if (identity.ranges && identity.size !== undefined && identity.size > 0) {
        const ranged = new Ranged(source, { ...identity, size: identity.size }, signal);
        const head = await ranged.read(0, headBytes);
        if (ranged.ranges && !codecs.some((codec) => codec.match(head))) return ranged;
        passes.expect(ranged.seen);
    }
    const first = await passes.first();
    const size = passes.codecs.length === 0 ? identity.size : undefined;
    return new Forward(source.name, first, () => passes.begin(), size);
}
