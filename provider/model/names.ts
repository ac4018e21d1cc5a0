// Names as Kubernetes allows them, and names derived from what they name.
import { createHash } from "node:crypto";

/** The longest name of a DataVolume (CDI's webhook: "Name cannot be longer than 253 characters"). */
export const longestName = 253;

/** Whether the text is a DNS-1123 subdomain: what Kubernetes takes as the name of an object. */
export function isDnsSubdomain(text: string): boolean {
    return text.length <= longestName && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(text);
}

/** Whether the text is a DNS-1123 label: what Kubernetes takes as the name of a namespace. */
export function isDnsLabel(text: string): boolean {
    return /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);
}

/**
 * A claim's default name: the resource's name made fit for Kubernetes, and 8 hex digits of the content's identity, so that
 * another content gets another name and the new image is there before the old one goes.
 */
export function claimNameFor(resource: string, content: string): string {
    const base = resource
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, 54)
        .replace(/-+$/, "");
    const digest = createHash("sha256").update(content).digest("hex").slice(0, 8);
    return base === "" ? `image-${digest}` : `${base}-${digest}`;
}
