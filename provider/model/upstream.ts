// Where images come from, as a preview or a poll may ask: one cheap question, never the bytes.
import type { Access } from "./access.js";
import type { DataVolumeSource } from "./objects.js";

/** What a source holds now, as far as one cheap question tells. */
export interface Version {
    /**
     * Names it: "sha256:<hex>" of a registry's index (of the manifest where there is none), or of the file where its checksum is
     * published; "version:<64 hex>" of what a server or a file system tells of a file (ETag, or time of change and length).
     * Undefined where the source says nothing of the kind: every poll would find another image, or none.
     */
    readonly digest: string | undefined;
    /** Every digest that the same image is known by: of a registry image, its index's and the platform's manifest's. */
    readonly digests: readonly string[];
    /** Bytes to download, where it says so. */
    readonly bytes: number | undefined;
}

/** The sources beyond the cluster. */
export interface Upstream {
    /**
     * One cheap question to where an image comes from. Rejects where it fails. With "upstream: never" nobody is asked, unless the
     * answer is needed to go on (`always`).
     */
    identify(
        source: DataVolumeSource,
        access: Access,
        signal: AbortSignal,
        options?: { readonly always: boolean },
    ): Promise<Version>;
    /** "sha256:<hex>" of a file of this machine, all of which is read; undefined where there is none. */
    digestOf(path: string, signal: AbortSignal): Promise<string | undefined>;
    /** Where a relative path of the arguments leads. */
    resolvePath(path: string): string;
}
