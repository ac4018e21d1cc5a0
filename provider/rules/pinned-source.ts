// A source narrowed to one version: what a cron imports is what it found, however fast the tag moves on.
import { parseReference } from "../model/image-reference.js";
import type { DataVolumeSource } from "../model/objects.js";

/** The source of the import of one digest (CDI's untagDigestedDockerURL for registries; a checksum for what is served as it is). */
export function pinnedTo(digest: string, source: DataVolumeSource): DataVolumeSource {
    if (!digest.startsWith("sha256:")) return source;
    const { registry, http, s3, gcs, file, upload } = source;
    if (registry?.url !== undefined) return { registry: { ...registry, url: pinnedUrl(registry.url, digest) } };
    if (http !== undefined) {
        const { checksumUrl: _published, ...rest } = http;
        return { http: { ...rest, checksum: digest } };
    }
    if (s3 !== undefined) return { s3: { ...s3, checksum: digest } };
    if (gcs !== undefined) return { gcs: { ...gcs, checksum: digest } };
    if (file !== undefined) return { file: { ...file, checksum: digest } };
    if (upload !== undefined) return { upload: { ...upload, checksum: digest } };
    return source;
}

/** The digest that a source names by itself: it never moves. Undefined for all others. */
export function pinIn({ registry }: DataVolumeSource): string | undefined {
    if (registry?.url === undefined) return undefined;
    const reference = parseReference(registry.url);
    return reference.kind === "docker" ? reference.digest : undefined;
}

function pinnedUrl(url: string, digest: string): string {
    const reference = parseReference(url);
    // An archive is one file: what is in it is told when it is read.
    if (reference.kind === "oci-archive") return url;
    return `docker://${reference.host}/${reference.repository}@${digest}`;
}
