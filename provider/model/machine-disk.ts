// What the disk of a machine may come from, and how it may be asked for: refused in the words of KubeVirt's and CDI's webhooks.
import * as z from "zod";
import { labels, namespaceName, objectName, pvc, storage } from "./claim-args.js";
import { type Complaint, complaintsAbout } from "./complaints.js";
import { imageSource } from "./image-source.js";

/** What is wrong with the arguments of one entry of `dataVolumeTemplates`; unknown leaves pass. */
export function dataVolumeTemplateComplaints(args: unknown): Complaint[] {
    return complaintsAbout(dataVolumeTemplateArgs, args);
}

const http = imageSource.shape.http.unwrap().shape;
const registry = imageSource.shape.registry.unwrap().shape;

/** What is cloned, by its full name: a machine's template has no namespace to take it from. */
const clone = (what: "pvc" | "snapshot") => {
    const { namespace, name } = imageSource.shape[what].unwrap().shape;
    return z.strictObject({ namespace: namespace.unwrap(), name }).optional();
};

/** What the disk of a machine may come from: CDI's sources that need nobody but the cluster, and a DataSource. */
export const diskSource = z
    .strictObject({
        sourceRef: z
            .strictObject({
                kind: z
                    .literal("DataSource", "Unsupported sourceRef kind, currently only DataSource is supported")
                    .optional(),
                namespace: namespaceName.optional(),
                name: objectName,
            })
            .optional(),
        http: z
            .strictObject({
                url: http.url,
                secretRef: http.secretRef,
                certConfigMap: http.certConfigMap,
                extraHeaders: http.extraHeaders,
                secretExtraHeaders: http.secretExtraHeaders,
            })
            .optional(),
        registry: z
            .strictObject({
                url: registry.url,
                imageStream: registry.imageStream,
                pullMethod: registry.pullMethod,
                secretRef: registry.secretRef,
                certConfigMap: registry.certConfigMap,
            })
            .refine(
                ({ url, imageStream }) => (url === undefined) !== (imageStream === undefined),
                "Source registry should have either URL or ImageStream",
            )
            .optional(),
        pvc: clone("pvc"),
        snapshot: clone("snapshot"),
    })
    .refine(
        (source) => Object.keys(source).length !== 0,
        "Data volume should have either Source, SourceRef, or be externally populated",
    )
    .refine((source) => Object.keys(source).length < 2, "Multiple dataVolume sources");

/** Notes one refusal, with its path. */
export type Refuse = (path: (string | number)[], message: string) => void;

const dataVolumeTemplateArgs = z
    .strictObject({
        source: diskSource,
        name: objectName,
        storage: storage.optional(),
        pvc: pvc.optional(),
        labels: labels.optional(),
        annotations: labels.optional(),
    })
    .check(({ value, issues }) => {
        refuseDisk(value, (path, message) => issues.push({ code: "custom", path, message, input: undefined }));
    });

/** A disk takes its size from what it is cloned from; an import has none to take. */
export function refuseDisk(
    disk: Pick<z.infer<typeof dataVolumeTemplateArgs>, "source" | "storage" | "pvc">,
    refuse: Refuse,
): void {
    if (disk.pvc !== undefined && disk.storage !== undefined) {
        refuse(["pvc"], "Duplicate storage definition, both target storage and target pvc defined");
    }
    const form = disk.pvc === undefined ? "storage" : "pvc";
    const { size, resources } = disk.pvc ?? disk.storage ?? {};
    const inside = resources?.requests?.storage;
    if (size !== undefined && inside !== undefined) {
        refuse([form, "size"], "the size is given twice; give size or resources.requests.storage");
    }
    if ((size ?? inside) !== undefined) return;
    if (form === "pvc") refuse(["pvc", "size"], "PVC size is missing");
    else if (isImport(disk.source)) refuse(["storage", "size"], "Storage size is missing");
}

const isImport = (source: z.infer<typeof diskSource>): boolean =>
    source.http !== undefined || source.registry !== undefined;
