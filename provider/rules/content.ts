// What makes an image another image: its checksum, or where it comes from, and how its bytes are read. Nothing else.
import { createHash } from "node:crypto";
import { parseReference } from "../model/image-reference.js";
import { describeSource } from "../model/image-source.js";
import { type ImportedImageSpec, checksumOf } from "../model/imported-image.js";
import { isUnknown, unknownValue } from "../model/unknown.js";
import { placementOf } from "./data-volume.js";

/** What an image's content is known by. `location` is only the mirror where a checksum is given. */
export interface Content {
    readonly checksum: string | undefined;
    readonly location: string;
    /** Pinned format and content type: they change what the same bytes mean. */
    readonly reading: string;
}

/** The content that a spec asks for. */
export function contentOf(spec: ImportedImageSpec): Content {
    const location = locationOf(spec);
    const reading = `${spec.format ?? "probed"} ${spec.contentType ?? "kubevirt"}`;
    return { checksum: checksumOf(spec), location, reading };
}

/** The text that names are derived from: one per content. Undefined while a part of it is not known yet. */
export function contentKey(content: Content): string | undefined {
    const parts = [content.checksum ?? content.location, content.reading].join(" ");
    const unknown = [...(content.checksum === undefined ? content.location.split(" ") : [content.checksum])].some(
        isUnknown,
    );
    return unknown || content.reading.split(" ").some(isUnknown) ? undefined : parts;
}

/**
 * Whether two specs ask for the same bytes. A new mirror for the same checksum is the same image; so is a checksum that is
 * taken away, one that is added and was seen when the image came in, and a digest that a registry's reference is now pinned
 * to and that came in (`digests`, "sha256:<hex>": of the bytes served, of the manifest, of its index).
 */
export function sameContent(before: Content, after: Content, digests: readonly string[]): boolean {
    if (before.reading !== after.reading) return false;
    if (before.checksum !== undefined && after.checksum !== undefined) return before.checksum === after.checksum;
    if (before.location !== after.location) {
        const pinned = pinOf(after);
        if (
            pinned !== undefined &&
            pinned.platform === pinOf(before, true)?.platform &&
            digests.includes(pinned.digest)
        ) {
            return true;
        }
        return after.checksum !== undefined && digests.includes(after.checksum);
    }
    return after.checksum === undefined || digests.includes(after.checksum);
}

/** A short text that is the same for the same content in the same place, and different for all else. */
export function fingerprint(spec: ImportedImageSpec): string {
    const parts = [contentKey(contentOf(spec)), placementOf(spec)];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** A preview may not know the source at all, or only its kind. */
function locationOf({ source, namespace = "default" }: ImportedImageSpec): string {
    const { kind, details } = describeSource(source);
    if (kind === undefined || (details === undefined && kind !== "blank")) return unknownValue;
    switch (kind) {
        case "http":
            return `http ${withoutFragment(canonicalUrl(details?.url ?? ""))}`;
        case "s3":
        case "gcs":
            return `${kind} ${withoutFragment(details?.url ?? "")}`;
        case "registry": {
            const { url, imageStream = "", platform } = details ?? {};
            const architecture = isUnknown(platform) ? unknownValue : (platform?.architecture ?? "any");
            return `registry ${url === undefined ? imageStream : imageOf(url)} ${architecture}`;
        }
        case "file":
        case "upload":
            return `${kind} ${details?.path ?? ""}`;
        case "pvc":
        case "snapshot":
            return `${kind} ${details?.namespace ?? namespace} ${details?.name ?? ""}`;
        case "blank":
            return "blank";
    }
}

/** One spelling of each address: the case of its host, and a port that goes without saying, are no other place. */
function canonicalUrl(url: string): string {
    return URL.canParse(url) ? new URL(url).href : url;
}

function withoutFragment(url: string): string {
    return url.split("#")[0] ?? "";
}

/** A digest names an image wherever it lies: repository and tag beside it are only the way to it. */
function imageOf(url: string): string {
    if (isUnknown(url)) return url;
    const reference = parseReference(url);
    if (reference.kind === "oci-archive") return url;
    const { host, repository, tag, digest } = reference;
    return digest === undefined ? `docker://${host.toLowerCase()}/${repository}:${tag ?? "latest"}` : `@${digest}`;
}

/** The digest and the platform that a registry's location is about; with `any`, of one that names no digest too. */
function pinOf({ location }: Content, any = false): { digest: string; platform: string } | undefined {
    const [kind, image = "", platform = ""] = location.split(" ");
    if (kind !== "registry" || (!any && !image.startsWith("@"))) return undefined;
    return { digest: image.slice(1), platform };
}
