// What CDI's importer cannot do with the arguments of an image: told in preview, in place of an import that fails for ever.
import { parseReference } from "../model/image-reference.js";
import { type SourceDetails, type SourceKind, describeSource } from "../model/image-source.js";
import { type ImportedImageSpec, checksumOf, sizeOf } from "../model/imported-image.js";
import { type Path, isUnknown } from "../model/unknown.js";
import { refusedPullSecret } from "./cdi-pull-secret.js";

/** An argument, and why CDI cannot bring an image in by it. */
export interface Refusal {
    readonly path: Path;
    readonly reason: string;
}

type Asked = Pick<ImportedImageSpec, "source" | "storage" | "pvc" | "checksum" | "format" | "fileDigest">;

/**
 * Everything that the arguments alone decide. CDI's webhook lets some of these pass, and the import then fails or brings in
 * something else: the reasons are those of CDI 1.65 (pkg/apiserver/webhooks, pkg/importer).
 */
export function refusedByCdi(spec: Asked): Refusal[] {
    const { kind, details } = describeSource(spec.source);
    const refusals: Refusal[] = [];
    const refuse = (path: Path, reason: string): void => {
        refusals.push({ path, reason });
    };
    if (kind !== undefined) refuseSource(kind, details ?? {}, refuse);
    if (kind !== undefined && kind !== "http" && checksumOf(spec) !== undefined && kind !== "upload") {
        refuse(["checksum"], "CDI checks the bytes of http sources alone; leave it out, or serve the image over http");
    }
    if (spec.format !== undefined) {
        refuse(["format"], "CDI finds an image's format out by itself, and cannot be held to one; leave it out");
    }
    const clones = kind === "pvc" || kind === "snapshot";
    if (spec.pvc === undefined && sizeOf(spec) === undefined && kind !== undefined && !clones) {
        refuse(["storage", "size"], "Storage size is missing (CDI makes the claim before it knows the image)");
    }
    return refusals;
}

function refuseSource(kind: SourceKind, details: SourceDetails, refuse: (path: Path, reason: string) => void): void {
    const at = (key: string): Path => ["source", kind, key];
    switch (kind) {
        case "file":
            refuse(
                ["source", "file"],
                "a cluster cannot read files of this machine; name it in source.upload, or serve it over http",
            );
            break;
        case "http":
            if (details.checksumUrl !== undefined) {
                refuse(at("checksumUrl"), "CDI reads no published checksums; give the sum itself as checksum");
            }
            if (details.insecureSkipVerify === true) {
                refuse(
                    at("insecureSkipVerify"),
                    "CDI verifies certificates before version 1.66; give the server's CA as caCertificates",
                );
            }
            break;
        case "registry": {
            refuseArchivePath(details.url, at("url"), refuse);
            const pullSecret = refusedPullSecret({ registry: details });
            if (pullSecret !== undefined) refuse(pullSecret.path, pullSecret.reason);
            break;
        }
        case "s3":
            refuseBucket(details, at, refuse);
            break;
        default:
            break;
    }
    if (details.anonymous === true) {
        refuse(at("anonymous"), "CDI asks without credentials wherever none are given; leave it out");
    }
}

function refuseArchivePath(url: string | undefined, path: Path, refuse: (path: Path, reason: string) => void): void {
    if (url === undefined || isUnknown(url) || parseReference(url).kind === "docker") return;
    refuse(path, "an archive would have to lie in the importer's pod; push the image to a registry");
}

/** CDI takes the region from the host's name, and knows static keys alone. */
function refuseBucket(
    { url = "", region, credentials }: SourceDetails,
    at: (key: string) => Path,
    refuse: (path: Path, reason: string) => void,
): void {
    if (/^s3:/i.test(url)) {
        refuse(at("url"), "spec.source Invalid source URL scheme: s3:// (CDI takes https://HOST/BUCKET/KEY)");
    }
    if (region !== undefined) {
        refuse(at("region"), "CDI takes the region from the host: https://s3.REGION.amazonaws.com/BUCKET/KEY");
    }
    if (credentials?.sessionToken !== undefined) {
        refuse([...at("credentials"), "sessionToken"], "CDI knows no temporary keys; give permanent ones");
    }
}
