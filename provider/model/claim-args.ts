// What several resources take of a claim and of an object's name: one schema each, refused in CDI's own words.
import * as z from "zod";
import { messageOf } from "./image-source.js";
import { parseQuantity } from "./quantity.js";
import { isUnknown } from "./unknown.js";
import { isDnsLabel, isDnsSubdomain } from "./names.js";

/** The smallest disk that CDI's webhook accepts. */
const smallest = 1 << 20;

const nonEmpty = z.string().min(1, "it is empty");
/** Who may clone an image from other namespaces. */
export const cloneableFrom = z.union(
    [
        z
            .array(z.string().refine((name) => isUnknown(name) || isDnsLabel(name), "it is not a namespace's name"))
            .min(1, "it names no namespace; leave it out"),
        z.literal("authenticated"),
    ],
    'it is neither a list of namespaces nor "authenticated"',
);
/** Labels, or annotations. */
export const labels = z.record(z.string(), z.string());
/** How a volume may be mounted. */
export const accessModes = z.array(z.enum(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]));
/** Whether a volume is a directory with a disk.img or a block device. */
export const volumeMode = z.enum(["Filesystem", "Block"]);

const quantity = (what: "PVC" | "Storage"): z.ZodString =>
    z.string().check(({ value, issues }) => {
        if (isUnknown(value)) return;
        const refuse = (message: string): void => {
            issues.push({ code: "custom", message, input: value });
        };
        if (/^\s*-/.test(value)) {
            refuse(`${what} size can't be equal or less than zero`);
            return;
        }
        try {
            const size = parseQuantity(value);
            if (size === 0) refuse(`${what} size can't be equal or less than zero`);
            else if (size < smallest) refuse(`${what} size should be at least 1MiB`);
        } catch (error) {
            refuse(messageOf(error));
        }
    });

const resources = (what: "PVC" | "Storage"): z.ZodType<{ requests?: { storage?: string | undefined } | undefined }> =>
    z.strictObject({ requests: z.strictObject({ storage: quantity(what).optional() }).optional() });

/** The name of a class, of storage or of snapshots. */
export const className = nonEmpty.refine((name) => isUnknown(name) || isDnsSubdomain(name), "it is not a DNS name");

/** A claim's: "" asks for a volume that somebody made by hand, of no class. */
const claimClass = z
    .string()
    .refine((name) => name === "" || isUnknown(name) || isDnsSubdomain(name), "it is not a DNS name");

/** `storage`: a claim completed by the storage profile. */
export const storage = z.strictObject({
    size: quantity("Storage").optional(),
    resources: resources("Storage").optional(),
    storageClassName: claimClass.optional(),
    accessModes: accessModes.optional(),
    volumeMode: volumeMode.optional(),
});

/** `pvc`: a claim taken as it is. */
export const pvc = z.strictObject({
    size: quantity("PVC").optional(),
    resources: resources("PVC").optional(),
    storageClassName: claimClass.optional(),
    accessModes: accessModes
        .min(1, "Required value: at least 1 access mode is required")
        .max(1, "PVC multiple accessModes"),
    volumeMode: volumeMode.optional(),
});

/** The name of an object. */
export const objectName = z.string().refine((name) => isUnknown(name) || isDnsSubdomain(name), { error: nameMessage });

/** A namespace. */
export const namespaceName = z
    .string()
    .refine((name) => isUnknown(name) || isDnsLabel(name), { error: namespaceMessage });

function nameMessage(issue: { input?: unknown }): string {
    return String(issue.input).length > 253
        ? "Name cannot be longer than 253 characters"
        : 'a name has lower-case letters, digits, "-" and "." only, and begins and ends with a letter or digit';
}

function namespaceMessage(): string {
    return 'a namespace has lower-case letters, digits and "-" only, 63 at most';
}
