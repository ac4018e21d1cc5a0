// The contract between a container image and where its parts lie: a registry, or an archive of this machine.
import type { Bytes } from "../../contract.js";

/** What a manifest says of another part: its digest is its name. */
export interface Descriptor {
    readonly mediaType: string;
    /** "sha256:<hex>". */
    readonly digest: string;
    readonly size: number;
}

/** A place where the parts of an image lie. What it gives is checked by whoever asks. */
export interface ImageStore {
    /** The image for messages. */
    readonly name: string;
    /** What the reference leads to, or one manifest by its digest. */
    manifest(digest: string | undefined, signal: AbortSignal): Promise<Buffer>;
    /** A part as a stream, from its first byte. */
    blob(part: Descriptor, signal: AbortSignal): Promise<Bytes>;
}
