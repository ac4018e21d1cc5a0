// The contracts of the importer: bytes flow source -> codec -> format -> target. One file per implementation in each folder.
import type { Clock } from "../model/clock.js";
import type { Checksum } from "../model/digest.js";
import type { ImageFacts } from "../model/objects.js";

/** A run of bytes as it flows. A chunk is valid until the next one is asked for: whoever keeps it keeps a copy. */
export type Bytes = AsyncIterable<Uint8Array>;

/** `length` bytes from `offset`. */
export interface Range {
    readonly offset: number;
    readonly length: number;
}

/** Where an image is read from. Passwords and headers are secret: they are in no message and in no name. */
export type SourceSpec =
    | { readonly kind: "file"; readonly path: string }
    | {
          readonly kind: "http";
          /** http or https; user information in it is taken as credentials and removed from every message. */
          readonly url: string;
          readonly username?: string | undefined;
          readonly password?: string | undefined;
          /** PEM certificates trusted beside the system's own. */
          readonly caCertificates?: string | undefined;
          /** Extra header lines, "Name: value"; never sent to another origin than the url's. */
          readonly headers?: readonly string[] | undefined;
      };

/** What a source says about itself without giving its bytes. */
export interface Identity {
    /** Bytes as served; undefined where the server does not say. */
    readonly size: number | undefined;
    /** A strong validator (ETag, or size and times of a file); undefined where there is none. */
    readonly version: string | undefined;
    /** Whether parts can be read. */
    readonly ranges: boolean;
    /** Seconds-resolution time of last change, ISO 8601, where known. */
    readonly lastModified: string | undefined;
    /** Media type as served, where there is one. */
    readonly mediaType: string | undefined;
}

/** A stream that has begun. */
export interface Opened {
    readonly identity: Identity;
    readonly bytes: Bytes;
}

/** A place that images come from. Calls are independent: each opens what it needs and closes it when the signal says so. */
export interface Source {
    /** The source for messages: a path or an url without credentials and query secrets. */
    readonly name: string;
    identify(signal: AbortSignal): Promise<Identity>;
    /** The whole image, or one range of it. Reconnects inside its budget; the bytes it yields have no gap and no repeat. */
    open(range: Range | undefined, signal: AbortSignal): Promise<Opened>;
}

/** How patient a source is. */
export interface SourceOptions {
    readonly clock: Clock;
    /** Tries without a byte of progress before giving up; 1 asks once. Default 6. */
    readonly attempts?: number | undefined;
    /** Milliseconds without a byte after which a try is given up. Default 60,000. */
    readonly stallMilliseconds?: number | undefined;
}

/** A compression around an image. */
export interface Codec {
    /** The name as the platform spells it ("gz"). */
    readonly name: string;
    match(head: Uint8Array): boolean;
    /** The bytes inside; errors speak of the image by the name given. */
    decode(input: Bytes, name: string): Bytes;
}

/** Reads anywhere in an image; a read past the end is short. */
export interface RandomAccess {
    /** The image for messages. */
    readonly name: string;
    /** Bytes in all; undefined while a stream has not been read to its end. */
    readonly size: number | undefined;
    read(offset: number, length: number): Promise<Uint8Array>;
}

/** A disk image format. */
export interface Format {
    /** The name as qemu-img spells it ("qcow2", "raw"). */
    readonly name: string;
    /** Decides from the first bytes (64 KiB, or all there are where the image is smaller). */
    match(head: Uint8Array): boolean;
    /**
     * Reads header and tables only; throws where the image is unsafe, unsupported or corrupt, and `too-large` as soon as
     * its virtual size is known to be more than the room there is.
     */
    layout(input: RandomAccess, room: number | undefined): Promise<Layout>;
}

/** How the bytes of a piece become guest bytes. */
export type Encoding = "plain" | "zlib" | "zstd";

/** One piece of the guest disk: so many bytes of the source make so many bytes at a guest offset. */
export interface Piece {
    readonly sourceOffset: number;
    readonly sourceLength: number;
    readonly guestOffset: number;
    readonly guestLength: number;
    readonly encoding: Encoding;
    /** Bytes that come out when it is decoded: more than `guestLength` where the disk ends within a cluster. */
    readonly decodedLength: number;
}

/** Where each piece of the guest disk lies in the source. */
export interface Layout {
    /** Bytes of the guest disk; undefined for a raw stream of unknown length. */
    readonly virtualSize: number | undefined;
    /**
     * Pieces by ascending source offset; what no piece names reads as zeros. A compressed piece may share its last sector
     * (512 bytes) with the next one; a raw stream of unknown length is one plain piece of infinite length.
     */
    readonly pieces: Iterable<Piece>;
    /** Guest bytes that pieces cover, where the format tells them from zeros: what the disk will hold at most. */
    readonly allocated: number | undefined;
}

/** A piece whose bytes lie in a buffer, from `at`. */
export interface Placed extends Omit<Piece, "sourceOffset"> {
    readonly at: number;
}

/** Where a disk is written. Offsets may come in any order; what is not written reads as zeros. */
export interface Target {
    /** An empty buffer of so many bytes at least, once one is free: this is what holds a fast source back. */
    buffer(minimum: number): Promise<Uint8Array>;
    /** Writes the pieces that lie in a buffer, decoded. The buffer is the target's from here on. */
    place(buffer: Uint8Array, pieces: readonly Placed[]): Promise<void>;
    /** Grows the disk to its final size and makes it durable (fsync). */
    finish(size: number): Promise<void>;
    /** Leaves nothing behind. */
    abort(): Promise<void>;
}

/** Bounds that hold before and while an image is written. */
export interface Limits {
    /** Bytes read from the source at most. */
    readonly sourceBytes: number;
    /** Bytes at most of a stream that does not tell its length: what comes out of a codec, or of a server that says nothing. */
    readonly streamBytes: number;
    /** Bytes of the disk that a header may tell of. */
    readonly virtualBytes: number;
}

/** How far an import is. It never goes back, even where an image has to be read twice. */
export interface Progress {
    /** Bytes of the source taken so far; where it is read twice, each reading counts in part, so that both end at the total. */
    readonly transferred: number;
    /** Bytes there are; undefined where the source does not say. */
    readonly total: number | undefined;
}

/** One import. */
export interface ImportRequest {
    readonly source: SourceSpec;
    /** Room there is, in bytes: a larger image is refused, a smaller one grown to it. Default: the image's virtual size. */
    readonly size?: number | undefined;
    /** The image's format, where it is not to be probed: "raw" takes the (decompressed) bytes as they are. */
    readonly format?: string | undefined;
    readonly checksum?: Checksum | undefined;
    /** Write zeros instead of leaving holes. */
    readonly preallocate?: boolean | undefined;
    readonly limits?: Partial<Limits> | undefined;
    readonly signal: AbortSignal;
    readonly clock: Clock;
    readonly progress?: ((progress: Progress) => void) | undefined;
    readonly warn?: ((message: string) => void) | undefined;
}

/** What an import brought. */
export interface Imported extends ImageFacts {
    /** The source's strong validator, where it has one. */
    readonly version: string | undefined;
}

/** What can be told of an image without importing it. */
export interface Inspection {
    readonly format: string;
    readonly codecs: readonly string[];
    readonly virtualSize: number | undefined;
    readonly allocated: number | undefined;
    readonly sourceSize: number | undefined;
    /** Why the image would be refused; undefined where it is fine. */
    readonly refused: { readonly code: string; readonly reason: string } | undefined;
}
