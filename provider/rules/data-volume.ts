// From an imported image's spec to the platform's objects: pure functions, apart from the cluster that applies them.
import { secretFromAccess } from "../model/access.js";
import { parseReference } from "../model/image-reference.js";
import { type SourceDetails, describeSource, inlineAccess } from "../model/image-source.js";
import type { ImportedImageSpec } from "../model/imported-image.js";
import { checksumOf, sizeOf } from "../model/imported-image.js";
import { withoutUndefined } from "../model/without-undefined.js";
import type { ClaimSpec, DataVolume, DataVolumeSource, Metadata, New, OwnerReference, Ref } from "../model/objects.js";

/** The spec of the DataVolume. `resolvePath` says where a relative file path leads. */
export function toVolumeSpec(
    spec: ImportedImageSpec,
    claimName: string,
    resolvePath: (path: string) => string,
): DataVolume["spec"] {
    return withoutUndefined({
        source: toSource(spec, claimName, resolvePath),
        pvc: spec.pvc === undefined ? undefined : toClaim(spec),
        storage: spec.pvc === undefined ? toClaim(spec) : undefined,
        contentType: spec.contentType,
        preallocation: spec.preallocation,
        format: spec.format,
    });
}

/** Whose credentials and certificates they are: they go when it goes. */
export interface AccessOwner {
    readonly kind: "DataVolume" | "DataImportCron";
    readonly metadata: Metadata;
}

/** The Secret and the ConfigMap for credentials and certificates that stand in the arguments. */
export function toAccessObjects(
    spec: Pick<ImportedImageSpec, "source">,
    { kind, metadata: owned }: AccessOwner,
): { secret: New<"Secret"> | undefined; configMap: New<"ConfigMap"> | undefined } {
    const access = inlineAccess(describeSource(spec.source).details ?? {});
    const { name, namespace = "default", uid } = owned;
    const owner: OwnerReference = { kind, name, uid };
    const metadata = {
        name: accessName(name),
        namespace,
        labels: { app: "containerized-data-importer" },
        annotations: { [accessOfAnnotation]: accessOf({ kind, metadata: owned }) },
        ownerReferences: [owner],
    };
    const secrets = Object.entries(secretFromAccess(access)).map(([key, value]) => [key, encode(value)] as const);
    const { caCertificates } = access;
    return {
        secret: secrets.length === 0 ? undefined : { metadata, type: "Opaque", data: Object.fromEntries(secrets) },
        configMap: caCertificates === undefined ? undefined : { metadata, data: { "ca.pem": caCertificates } },
    };
}

/** Says whose the objects of `toAccessObjects` are, also while their owner is being made anew. */
export const accessOfAnnotation = "pulumi-bootsource/access-of";

/** What that annotation says. */
export function accessOf({ kind, metadata }: AccessOwner): string {
    return `${kind}/${metadata.name}`;
}

/** Where the objects of `toAccessObjects` lie. */
export function accessRef(volume: Ref): Ref {
    return { namespace: volume.namespace, name: accessName(volume.name) };
}

/** What of a claim can never change once it is there: another value means another claim. */
export function placementOf(spec: ImportedImageSpec): { class: string | undefined; modes: string; volumeMode: string } {
    const asked = spec.pvc ?? spec.storage;
    return {
        class: asked?.storageClassName,
        modes: [...(asked?.accessModes ?? ["ReadWriteOnce"])].sort().join(","),
        volumeMode: asked?.volumeMode ?? "Filesystem",
    };
}

/** The source as CDI has it, with relative paths resolved; a clone's namespace is the image's own where none is given. */
export function toSource(
    spec: Pick<ImportedImageSpec, "source" | "namespace" | "checksum" | "fileDigest">,
    claimName: string,
    resolvePath: (path: string) => string,
): DataVolumeSource {
    const { kind, details = {} } = describeSource(spec.source);
    const { url = "", path = "", checksumUrl, insecureSkipVerify } = details;
    const checksum = checksumOf(spec);
    const access = accessNames(details, claimName);
    switch (kind) {
        case "http": {
            const extraHeaders = details.extraHeaders && [...details.extraHeaders];
            const secretExtraHeaders = details.secretExtraHeaders && [...details.secretExtraHeaders];
            const more = { extraHeaders, secretExtraHeaders, insecureSkipVerify, checksum, checksumUrl };
            return { http: withoutUndefined({ url, ...access, ...more }) };
        }
        case "registry": {
            const { imageStream } = details;
            const pullMethod = details.pullMethod || undefined;
            const platform = details.platform === undefined ? undefined : withoutUndefined(details.platform);
            const image = { url: atPath(details.url, resolvePath), imageStream, pullMethod, platform, checksum };
            return { registry: withoutUndefined({ ...image, ...access }) };
        }
        case "s3":
        case "gcs": {
            const { region, anonymous } = details;
            return { [kind]: withoutUndefined({ url, ...access, checksum, region, anonymous }) };
        }
        case "file":
        case "upload":
            return { [kind]: withoutUndefined({ path: resolvePath(path), checksum }) };
        case "pvc":
        case "snapshot":
            return {
                [kind]: { namespace: details.namespace ?? spec.namespace ?? "default", name: details.name ?? "" },
            };
        default:
            return { blank: {} };
    }
}

/** An archive of an image lies where a file would: its path is the project's, wherever this process stands. */
function atPath(url: string | undefined, resolvePath: (path: string) => string): string | undefined {
    if (url === undefined) return undefined;
    const reference = parseReference(url);
    if (reference.kind === "docker") return url;
    const tag = reference.tag === undefined ? "" : `:${reference.tag}`;
    return `oci-archive:${resolvePath(reference.path)}${tag}`;
}

/** The names of what holds credentials and certificates. An empty string means "none" to CDI, as in its own templates. */
function accessNames(
    details: SourceDetails,
    claimName: string,
): { secretRef: string | undefined; certConfigMap: string | undefined } {
    const { caCertificates, headers: _headers, ...secrets } = inlineAccess(details);
    const inline = Object.values(secrets).some((value) => value !== undefined);
    return {
        secretRef: (inline ? accessName(claimName) : details.secretRef) || undefined,
        certConfigMap: (caCertificates === undefined ? details.certConfigMap : accessName(claimName)) || undefined,
    };
}

/** What a claim is asked for. */
export function toClaim(spec: Pick<ImportedImageSpec, "pvc" | "storage">): ClaimSpec {
    const asked = spec.pvc ?? spec.storage ?? {};
    const size = sizeOf(spec);
    return withoutUndefined({
        accessModes: asked.accessModes,
        volumeMode: asked.volumeMode,
        storageClassName: asked.storageClassName,
        resources: size === undefined ? undefined : { requests: { storage: size } },
    });
}

function accessName(volume: string): string {
    return `${volume.slice(0, 244)}-source`;
}

function encode(text: string): string {
    return Buffer.from(text).toString("base64");
}
