// Opens an image: finds its compressions and its format, reads its tables, and stands ready to stream it once.
import { openAccess, type Access } from "./access.js";
import { codecs, wrappings } from "./codecs/index.js";
import type { Bytes, Format, Identity, Layout, Source } from "./contract.js";
import { checkFormatName, detectFormat, headBytes, tailBytes } from "./detect.js";
import { mayEndInFooter, withoutFooter, withoutItsFooter, type Footer } from "./footer.js";
import { footers } from "./formats/index.js";
import { raw } from "./formats/raw.js";
import { Forward } from "./forward.js";
import type { InPassing } from "./in-passing.js";
import { Passes, type PassOptions, type Verified } from "./passes.js";

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
    /** What it is. A raw disk in a stream may turn out to be another one at its end. */
    readonly format: Format;
    /** The first bytes inside the compressions. */
    readonly head: Uint8Array;
    /**
     * Reads the tables, and throws where the image must not be imported. An image that cannot be read by ranges is written in
     * passing, as far as its order allows.
     */
    layout(passing?: InPassing): Promise<Layout>;
    /** The bytes inside the compressions, from the first to the last; once, after the layout. */
    bytes(): Promise<Bytes>;
    /** The bytes that were not written in passing, instead of all; undefined where none were. */
    rest(): Bytes | undefined;
    /** The digest of the bytes served, once all were taken; throws where the checksum asked for is another. */
    verify(): Verified;
    /** Ends what is under way. */
    close(): Promise<void>;
}

/** Asks the source what it is and decides compressions and format. Tables are not read yet. */
export async function openImage(source: Source, options: OpenOptions): Promise<OpenImage> {
    if (options.format !== undefined) checkFormatName(options.format);
    const identity = await source.identify(options.signal);
    // Whoever says that the bytes are the disk may have one that begins like an archive.
    const around = options.format === raw.name ? codecs : wrappings;
    const passes = new Passes(source, identity, { ...options, wrappings: around });
    let access: Access | undefined;
    const close = async (): Promise<void> => {
        passes.close();
        if (access instanceof Forward) await access.close();
    };
    try {
        access = await openAccess(source, identity, passes, { signal: options.signal, around });
        const opened = access;
        const head = await opened.read(0, headBytes);
        const ends = { head, tail: () => tailOf(opened), isStream: !opened.seeks };
        const detected = await detectFormat(source.name, ends, {
            pinned: options.format,
            // A server speaks of what it serves, not of what is compressed in it.
            mediaType: passes.codecs.length === 0 ? identity.mediaType : undefined,
        });
        let ending: Format | undefined;
        const footer = opened instanceof Forward ? footerOf(opened, detected, head, options.format) : undefined;
        // The disk may be shorter than the stream, which is not known before its end.
        if (footer !== undefined && opened instanceof Forward) opened.size = undefined;
        async function* disk(bytes: Bytes): Bytes {
            if (footer === undefined) yield* bytes;
            else yield* withoutFooter(bytes, footer, () => (ending = footer.format));
            if (footer !== undefined && detected !== raw && ending === undefined)
                throw withoutItsFooter(source.name, detected.name);
        }
        return {
            identity: passes.identity,
            codecs: passes.codecs.map((codec) => codec.name),
            get format() {
                return ending ?? detected;
            },
            head,
            layout(passing) {
                if (passing === undefined || !(opened instanceof Forward)) return detected.layout(opened, options.room);
                opened.follow((chunk) => {
                    passes.settle();
                    return passing.pass(chunk);
                });
                return detected.layout(opened, options.room, passing);
            },
            rest: () => (opened instanceof Forward ? opened.rest() : undefined),
            bytes() {
                passes.settle();
                if (opened instanceof Forward) return Promise.resolve(disk(opened.bytes()));
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

/** The footer that may stand at the end of a raw disk; of a pinned format, the one that has to. */
function footerOf(opened: Forward, detected: Format, head: Uint8Array, pinned: string | undefined): Footer | undefined {
    if (pinned !== undefined) return footers.find(({ format }) => format === detected && !format.match(head));
    return detected === raw && mayEndInFooter(opened.size ?? tailBytes) ? footers[0] : undefined;
}

/** The end of an image that could end in a footer: of all others nothing is asked. */
async function tailOf(access: Access): Promise<Uint8Array | undefined> {
    if (!access.seeks || !mayEndInFooter(access.size)) return undefined;
    return access.read(access.size - tailBytes, tailBytes);
}
