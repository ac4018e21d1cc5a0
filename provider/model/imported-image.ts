// What a user may say of an imported image, and what is left of it after validation; refusals in CDI's own words.
import * as z from "zod";
import { formatChecksum, parseChecksum } from "./digest.js";
import { isBootsourceError } from "./errors.js";
import { parseQuantity } from "./quantity.js";
import { isUnknown } from "./unknown.js";
import { isDnsLabel, isDnsSubdomain } from "./names.js";

/** The smallest disk that CDI's webhook accepts. */
const smallest = 1 << 20;

const nonEmpty = z.string().min(1, "it is empty");
const labels = z.record(z.string(), z.string());
const accessModes = z.array(z.enum(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]));
const volumeMode = z.enum(["Filesystem", "Block"]);

const checksum = z.string().check(({ value, issues }) => {
    if (isUnknown(value)) return;
    try {
        parseChecksum(value);
    } catch (error) {
        issues.push({ code: "custom", message: `Invalid checksum format: ${messageOf(error)}`, input: value });
    }
});

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

const className = nonEmpty.refine((name) => isUnknown(name) || isDnsSubdomain(name), "it is not a DNS name");

const storage = z.strictObject({
    size: quantity("Storage").optional(),
    resources: resources("Storage").optional(),
    storageClassName: className.optional(),
    accessModes: accessModes.optional(),
    volumeMode: volumeMode.optional(),
});

const pvc = z.strictObject({
    size: quantity("PVC").optional(),
    resources: resources("PVC").optional(),
    storageClassName: className.optional(),
    accessModes: accessModes
        .min(1, "Required value: at least 1 access mode is required")
        .max(1, "PVC multiple accessModes"),
    volumeMode: volumeMode.optional(),
});

const url = z.string().check(({ value, issues }) => {
    if (isUnknown(value)) return;
    const refuse = (message: string): void => {
        issues.push({ code: "custom", message, input: value });
    };
    if (value === "") {
        refuse("spec.source source URL is empty");
        return;
    }
    const parsed = URL.canParse(value) ? new URL(value) : undefined;
    if (parsed === undefined) refuse("spec.source Invalid source URL: it needs the form https://server/path");
    else if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
        refuse(`spec.source Invalid source URL scheme: ${parsed.protocol}// (http and https are known)`);
    } else if (parsed.username !== "" || parsed.password !== "") {
        refuse("it holds credentials; give them in source.http.credentials, where they are kept secret");
    }
});

const http = z.strictObject({
    url,
    secretRef: z.string().optional(),
    certConfigMap: z.string().optional(),
    credentials: z.strictObject({ accessKeyId: z.string(), secretKey: z.string() }).optional(),
    caCertificates: z
        .string()
        .refine(
            (text) => isUnknown(text) || text.includes("-----BEGIN CERTIFICATE-----"),
            "it holds no PEM certificate",
        )
        .optional(),
    extraHeaders: z.array(headerLine()).optional(),
    secretExtraHeaders: z.array(nonEmpty).optional(),
    checksum: checksum.optional(),
});

/** The schema of `ImportedImageArgs`, as a program passes them; unknown leaves are sorted out by the caller. */
export const importedImageArgs = z
    .strictObject({
        source: z
            .strictObject({
                http: http.optional(),
                file: z.strictObject({ path: nonEmpty }).optional(),
                blank: z.strictObject({}).optional(),
            })
            .refine((source) => Object.keys(source).length !== 0, "Missing Data volume source")
            .refine((source) => Object.keys(source).length < 2, "Multiple Data volume sources"),
        storage: storage.optional(),
        pvc: pvc.optional(),
        contentType: z.literal("kubevirt", 'only "kubevirt", one disk image, is known').optional(),
        checksum: checksum.optional(),
        format: z.enum(["raw", "qcow2"]).optional(),
        preallocation: z.boolean().optional(),
        timeoutSeconds: z.number().positive("it must be more than zero").optional(),
        wait: z.enum(["ready", "accepted"]).optional(),
        name: z
            .string()
            .refine((name) => isUnknown(name) || isDnsSubdomain(name), { error: nameMessage })
            .optional(),
        namespace: z
            .string()
            .refine((name) => isUnknown(name) || isDnsLabel(name), { error: namespaceMessage })
            .optional(),
        labels: labels.optional(),
        annotations: labels.optional(),
        adopt: z.boolean().optional(),
        force: z.boolean().optional(),
    })
    .check(({ value, issues }) => {
        const refuse = (path: (string | number)[], message: string): void => {
            issues.push({ code: "custom", path, message, input: undefined });
        };
        if (value.pvc !== undefined && value.storage !== undefined) {
            refuse(["pvc"], "Duplicate storage definition, both target storage and target pvc defined");
        }
        const asked = value.pvc ?? value.storage;
        const form = value.pvc === undefined ? "storage" : "pvc";
        const size = asked?.size ?? asked?.resources?.requests?.storage;
        if (asked?.size !== undefined && asked.resources?.requests?.storage !== undefined) {
            refuse([form, "size"], "the size is given twice; give size or resources.requests.storage");
        }
        if (size === undefined && value.pvc !== undefined) refuse(["pvc", "size"], "PVC size is missing");
        if (size === undefined && value.source.blank !== undefined)
            refuse(["storage", "size"], "Storage size is missing");
        const inside = value.source.http?.checksum;
        const bothKnown = ![value.checksum, inside].some((sum) => sum === undefined || isUnknown(sum));
        if (bothKnown && value.checksum !== inside) {
            refuse(["checksum"], "it is given twice, here and in source.http.checksum, and differs");
        }
        if (value.checksum !== undefined && value.source.blank !== undefined) {
            refuse(["checksum"], "a blank disk has no bytes to check");
        }
        if (value.source.http?.credentials !== undefined && value.source.http.secretRef) {
            refuse(["source", "http", "credentials"], "give credentials or secretRef, not both");
        }
        if (value.source.http?.caCertificates !== undefined && value.source.http.certConfigMap) {
            refuse(["source", "http", "caCertificates"], "give caCertificates or certConfigMap, not both");
        }
    });

/** An imported image after validation: what is written to the cluster follows from it alone. */
export type ImportedImageSpec = z.infer<typeof importedImageArgs>;

/** The checksum that the bytes served must have, in its one spelling; undefined where none is asked for. */
export function checksumOf(spec: ImportedImageSpec): string | undefined {
    const given = spec.checksum ?? spec.source.http?.checksum;
    return given === undefined || isUnknown(given) ? given : formatChecksum(parseChecksum(given));
}

/** The size asked for, as it was written; undefined for "as large as the image says". */
export function sizeOf(spec: ImportedImageSpec): string | undefined {
    const asked = spec.pvc ?? spec.storage;
    return asked?.size ?? asked?.resources?.requests?.storage;
}

function headerLine(): z.ZodString {
    return z.string().refine((line) => isUnknown(line) || /^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n]*$/.test(line), {
        message: 'it is not a header line "Name: value"',
    });
}

function nameMessage(issue: { input?: unknown }): string {
    return String(issue.input).length > 253
        ? "Name cannot be longer than 253 characters"
        : 'a name has lower-case letters, digits, "-" and "." only, and begins and ends with a letter or digit';
}

function namespaceMessage(): string {
    return 'a namespace has lower-case letters, digits and "-" only, 63 at most';
}

function messageOf(error: unknown): string {
    if (isBootsourceError(error)) return error.message;
    throw error;
}
