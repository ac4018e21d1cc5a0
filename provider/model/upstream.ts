// Where images come from, as a preview may ask: one cheap question, never the bytes.
import type { DataVolumeSource } from "./objects.js";

/** Credentials and trust that stand in the arguments; a preview reads no Secrets. */
export interface InlineAccess {
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly caCertificates?: string | undefined;
    readonly headers?: readonly string[] | undefined;
}

/** The sources beyond the cluster. */
export interface Upstream {
    /** One cheap question to where an image comes from: bytes there are, where it says so. Rejects where it fails. */
    identify(
        source: DataVolumeSource,
        access: InlineAccess,
        signal: AbortSignal,
    ): Promise<{ readonly bytes: number | undefined }>;
    /** Where a relative path of the arguments leads. */
    resolvePath(path: string): string;
}
