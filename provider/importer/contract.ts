// The contracts of the importer: bytes flow source -> codec -> format -> target. One file per implementation in each folder.
import type { Clock } from "../model/clock.js";
import type { Checksum } from "../model/digest.js";
import type { ContainerFacts, ImageFacts } from "../model/objects.js";

/** A run of bytes as it flows. A chunk is valid until the next one is asked for: whoever keeps it keeps a copy. */
export type Bytes = AsyncIterable<Uint8Array>;

/** `length` bytes from `offset`. */
export interface Range {
    readonly offset: number;
    readonly length: number;
}

/** Where an image is read from. Passwords, tokens and headers are secret: they are in no message and in no name. */
export type SourceSpec = FileSpec | HttpSpec | RegistrySpec | S3Spec | GcsSpec | StreamSpec;

/** A file of this machine. */
export interface FileSpec {
    readonly kind: "file";
    readonly path: string;
}

/** An image on a web server. */
export interface HttpSpec {
    readonly kind: "http";
    /** http or https; user information in it is taken as credentials and removed from every message. */
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** PEM certificates trusted beside the system's own. */
    readonly caCertificates?: string | undefined;
    /** Take any certificate. The bytes are then only as good as their checksum. */
    readonly insecureSkipVerify?: boolean | undefined;
    /** Extra header lines, "Name: value"; never sent to another origin than the url's. */
    readonly headers?: readonly string[] | undefined;
}

/** A containerdisk: a container image that holds one disk file below `disk/`. */
export interface RegistrySpec {
    readonly kind: "registry";
    /** "docker://host[:port]/name[:tag][@digest]", or "oci-archive:path[:tag]" for an archive of this machine. */
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    /** The content of a docker config.json; the entry of the registry is taken. `username` goes before it. */
    readonly dockerConfigJson?: string | undefined;
    readonly caCertificates?: string | undefined;
    /** Take any certificate, and plain http where the registry speaks no TLS. */
    readonly insecure?: boolean | undefined;
    /** The platform to take of an index, and to insist on: "amd64", "arm64", ... Default: this machine's. */
    readonly architecture?: string | undefined;
}

/** An object of Amazon S3 or of a server that speaks its protocol. */
export interface S3Spec {
    readonly kind: "s3";
    /** "https://host/bucket/key" or "s3://bucket/key". */
    readonly url: string;
    readonly accessKeyId?: string | undefined;
    readonly secretKey?: string | undefined;
    /** Comes with temporary keys. */
    readonly sessionToken?: string | undefined;
    /** Default: told by the host, else by the environment, else us-east-1. */
    readonly region?: string | undefined;
    /** Ask without signing. Default: signed, by the keys given or by the vendor's default chain. */
    readonly anonymous?: boolean | undefined;
    readonly caCertificates?: string | undefined;
}

/** An object of Google Cloud Storage. */
export interface GcsSpec {
    readonly kind: "gcs";
    /** "gs://bucket/key" or "https://storage.googleapis.com/bucket/key"; another https host is asked as an emulator. */
    readonly url: string;
    /** The content of a credentials.json. Default: the vendor's default chain. */
    readonly credentialsJson?: string | undefined;
    /** Ask without credentials. */
    readonly anonymous?: boolean | undefined;
    readonly caCertificates?: string | undefined;
}

/** Bytes that come once and from the first to the last: standard input. */
export interface StreamSpec {
    readonly kind: "stream";
    readonly name: string;
    readonly bytes: Bytes;
}

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
    /**
     * Another one whenever the bytes are others, as far as that is told: it may be weak (an ETag that names no bytes), and does
     * not say which file it is (no inode).
     */
    readonly edition?: string | undefined;
    /** The origin that answered, after all redirects; web servers only. */
    readonly origin?: string | undefined;
    /** What is known of the container image around the disk; registries only. */
    readonly container?: ContainerFacts | undefined;
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
    /**
     * Milliseconds without a byte after which a try is given up. Default 60,000. A server that sends a byte now and then is
     * slow, not silent: how long that may go on is for whoever cancels.
     */
    readonly stallMilliseconds?: number | undefined;
    /** Connections at once for one large image, where its server gives parts of it. Default 4; 1 reads it as one stream. */
    readonly connections?: number | undefined;
    /** Bytes that one of several connections asks for at once. Default 8 MiB. */
    readonly partBytes?: number | undefined;
    /** Bytes a second with which one connection is enough, and others are not opened. Default 100 MiB. */
    readonly enough?: number | undefined;
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
    /** Whether a read far ahead costs no more than itself; else everything before it has to go by. */
    readonly seeks: boolean;
    read(offset: number, length: number): Promise<Uint8Array>;
}

/** Pieces by ascending source offset. */
export interface PieceRun {
    readonly length: number;
    /** Where a piece begins in the source; cheaper than the piece. */
    sourceOffset(index: number): number;
    piece(index: number): Piece;
}

/** Takes pieces while the stream that they lie in goes by, so that a disk can be written in the pass that finds its tables. */
export interface Passing {
    /** The disk's size, and that of the image's clusters, before any piece. */
    begin(virtualSize: number, clusterSize: number): void;
    /** More pieces. What lies before the place that the stream has reached is too late, and the disk needs another pass. */
    learn(run: PieceRun): void;
}

/** A disk image format. */
export interface Format {
    /** The name as qemu-img spells it ("qcow2", "raw"). */
    readonly name: string;
    /**
     * Decides from the first bytes (64 KiB, or all there are where the image is smaller), and from the last 512 where they can be
     * had and something may stand behind a disk.
     */
    match(head: Uint8Array, tail?: Uint8Array): boolean;
    /**
     * Reads header and tables only; throws where the image is unsafe, unsupported or corrupt, and `too-large` as soon as
     * its virtual size is known to be more than the room there is. With `passing` it tells each piece as soon as it knows it,
     * and reads nothing further on before; what it throws afterwards still counts.
     */
    layout(input: RandomAccess, room: number | undefined, passing?: Passing): Promise<Layout>;
}

/** How the bytes of a piece become guest bytes: by qcow2's bare stream ("zlib"), a VMDK's grain with header and checksum, ... */
export type Encoding = "plain" | "zlib" | "grain" | "zstd";

/** One piece of the guest disk: so many bytes of the source make so many bytes at a guest offset. */
export interface Piece {
    readonly sourceOffset: number;
    readonly sourceLength: number;
    /** The image does not say how long this compressed piece is, nor whether it has bytes behind the disk's end. */
    readonly bounded?: true | undefined;
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
    /** Writes the pieces that lie in a buffer, decoded. The buffer is the target's from here on, or is kept where it is lent. */
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
    /** Where the checksum is published, in place of `checksum`: SHA256SUMS and its like. For http sources. */
    readonly checksumUrl?: string | undefined;
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
    /** The checksum that was asked for, or published, and found right ("sha256:..."). */
    readonly checksum?: string;
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
