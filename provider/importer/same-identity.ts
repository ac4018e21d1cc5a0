// One image, one identity: every connection of an import must show the same.
import { BootsourceError } from "../model/errors.js";
import type { Identity } from "./contract.js";

/** Throws `source-changed` where a source says something else of itself than before. What it does not say is not compared. */
export function sameIdentity(name: string, before: Identity, now: Identity): void {
    const differs = (key: "size" | "version" | "lastModified"): boolean =>
        before[key] !== undefined && now[key] !== undefined && before[key] !== now[key];
    // Mirrors of one image may have got it at different times; a strong validator says more than a time.
    const sameVersion = before.version !== undefined && before.version === now.version;
    if (!differs("version") && !differs("size") && (sameVersion || !differs("lastModified"))) return;
    throw new BootsourceError(
        "source-changed",
        `cannot import ${name}: the image at the source was replaced while it was being read; try again`,
        { facts: { before: before.version ?? before.size ?? null, now: now.version ?? now.size ?? null } },
    );
}
