// What makes an image another image: its checksum, or where it comes from, and how its bytes are read. Nothing else.
import { createHash } from "node:crypto";
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
 * taken away, or one that is added and was seen when the image came in (`digest`, "sha256:<hex>").
 */
export function sameContent(before: Content, after: Content, digest: string | undefined): boolean {
    if (before.reading !== after.reading) return false;
    if (before.checksum !== undefined && after.checksum !== undefined) return before.checksum === after.checksum;
    if (before.location !== after.location) {
        return after.checksum !== undefined && after.checksum === digest;
    }
    return after.checksum === undefined || after.checksum === digest;
}

/** A short text that is the same for the same content in the same place, and different for all else. */
export function fingerprint(spec: ImportedImageSpec): string {
    const parts = [contentKey(contentOf(spec)), placementOf(spec)];
    return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 16);
}

/** A preview may not know the source at all, or only its kind. */
function locationOf({ source }: ImportedImageSpec): string {
    const { http, file } = source;
    if ([source, http, file].some(isUnknown)) return unknownValue;
    if (http !== undefined) return `http ${withoutFragment(http.url)}`;
    return file === undefined ? "blank" : `file ${file.path}`;
}

function withoutFragment(url: string): string {
    return url.split("#")[0] ?? url;
}
