// What a user may say of an imported image, and what is left of it after validation; refusals in CDI's own words.
import * as z from "zod";
import { formatChecksum, parseChecksum } from "./digest.js";
import { cloneableFrom, labels, namespaceName, objectName, pvc, storage } from "./claim-args.js";
import { type SourceKind, checksum, describeSource, imageSource } from "./image-source.js";
import { isUnknown } from "./unknown.js";

/** The schema of `ImportedImageArgs`, as a program passes them; unknown leaves are sorted out by the caller. */
export const importedImageArgs = z
    .strictObject({
        source: imageSource,
        storage: storage.optional(),
        pvc: pvc.optional(),
        contentType: z.enum(["kubevirt", "archive"], "ContentType not one of: kubevirt, archive").optional(),
        checksum: checksum.optional(),
        format: z.enum(["raw", "qcow2", "vdi", "vpc", "vhdx", "vmdk"]).optional(),
        preallocation: z.boolean().optional(),
        timeoutSeconds: z.number().positive("it must be more than zero").optional(),
        wait: z.enum(["ready", "accepted"]).optional(),
        name: objectName.optional(),
        namespace: namespaceName.optional(),
        labels: labels.optional(),
        annotations: labels.optional(),
        cloneableFrom: cloneableFrom.optional(),
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
        if (size === undefined && value.source.blank !== undefined) {
            refuse(["storage", "size"], "Storage size is missing");
        }
        const inside = value.source.http?.checksum;
        const bothKnown = ![value.checksum, inside].some((sum) => sum === undefined || isUnknown(sum));
        if (bothKnown && value.checksum !== inside) {
            refuse(["checksum"], "it is given twice, here and in source.http.checksum, and differs");
        }
        if (value.checksum !== undefined && value.source.http?.checksumUrl !== undefined) {
            refuse(["source", "http", "checksumUrl"], "give checksumUrl or checksum, not both");
        }
        const { kind } = describeSource(value.source);
        const without = kind === undefined ? undefined : servesNothing[kind];
        if ((value.checksum ?? inside) !== undefined && without !== undefined) {
            refuse(["checksum"], `${without} has no bytes served to check`);
        }
        if (value.contentType === "archive") refuseArchive(kind, value, refuse);
        if (isCloneOfItself(value)) {
            refuse(
                ["source", "pvc", "name"],
                "a claim is no clone of itself; name another one, or change this image's name",
            );
        }
    });

/** An imported image after validation: what is written to the cluster follows from it alone. */
export interface ImportedImageSpec extends z.infer<typeof importedImageArgs> {
    /** sha256 of the file to upload, as it was when the arguments were checked; found by us, never given. */
    readonly fileDigest?: string | undefined;
}

/** The checksum that the bytes served must have, in its one spelling; undefined where none is asked for. */
export function checksumOf(spec: Pick<ImportedImageSpec, "source" | "checksum" | "fileDigest">): string | undefined {
    const given = spec.checksum ?? spec.source.http?.checksum ?? spec.fileDigest;
    return given === undefined || isUnknown(given) ? given : formatChecksum(parseChecksum(given));
}

/** The size asked for, as it was written; undefined for "as large as the image says". */
export function sizeOf(spec: Pick<ImportedImageSpec, "pvc" | "storage">): string | undefined {
    const asked = spec.pvc ?? spec.storage;
    return asked?.size ?? asked?.resources?.requests?.storage;
}

/** Sources whose bytes nobody serves. */
const servesNothing: { readonly [K in SourceKind]?: string } = {
    blank: "a blank disk",
    pvc: "a clone",
    snapshot: "a clone",
};

/** Such an image would wait for itself. */
function isCloneOfItself({
    source,
    name,
    namespace = "default",
}: Pick<ImportedImageSpec, "source" | "name" | "namespace">): boolean {
    const { pvc } = source;
    if (pvc === undefined || [name, namespace].some(isUnknown)) return false;
    return pvc.name === name && (pvc.namespace ?? namespace) === namespace;
}

/** What CDI's webhook and its claim rendering say of archives. */
function refuseArchive(
    kind: SourceKind | undefined,
    { format, storage, pvc }: Pick<ImportedImageSpec, "format" | "storage" | "pvc">,
    refuse: (path: string[], message: string) => void,
): void {
    if (kind === "blank") refuse(["contentType"], "SourceType cannot be blank and the contentType be archive");
    if (kind === "registry") refuse(["contentType"], "ContentType must be kubevirt when Source is Registry");
    if (kind === "pvc" || kind === "snapshot")
        refuse(["contentType"], "a clone holds what its source holds; leave it out");
    if (format !== undefined) refuse(["format"], "it is a disk image's, and an archive is none; leave it out");
    const form = pvc === undefined ? "storage" : "pvc";
    if ((pvc ?? storage)?.volumeMode === "Block") {
        refuse([form, "volumeMode"], "ContentType Archive cannot have block volumeMode");
    }
}
