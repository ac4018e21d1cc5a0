// From an imported image's spec to the platform's objects: pure functions, apart from the cluster that applies them.
import type { ImportedImageSpec } from "../model/imported-image.js";
import { checksumOf, sizeOf } from "../model/imported-image.js";
import type { ClaimSpec, DataVolume, DataVolumeSource, New, OwnerReference, Ref } from "../model/objects.js";

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

/** The Secret and the ConfigMap for credentials and certificates that stand in the arguments; owned by the DataVolume. */
export function toAccessObjects(
    spec: ImportedImageSpec,
    volume: DataVolume,
): { secret: New<"Secret"> | undefined; configMap: New<"ConfigMap"> | undefined } {
    const { credentials, caCertificates } = spec.source.http ?? {};
    const { name, namespace = "default", uid } = volume.metadata;
    const owner: OwnerReference = { kind: "DataVolume", name, uid };
    const metadata = {
        name: accessName(name),
        namespace,
        labels: { app: "containerized-data-importer" },
        ownerReferences: [owner],
    };
    return {
        secret:
            credentials === undefined
                ? undefined
                : {
                      metadata,
                      type: "Opaque",
                      data: { accessKeyId: encode(credentials.accessKeyId), secretKey: encode(credentials.secretKey) },
                  },
        configMap: caCertificates === undefined ? undefined : { metadata, data: { "ca.pem": caCertificates } },
    };
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

/** The source as CDI has it, with relative paths resolved. */
export function toSource(
    { source, ...spec }: ImportedImageSpec,
    claimName: string,
    resolvePath: (path: string) => string,
): DataVolumeSource {
    const checksum = checksumOf({ source, ...spec });
    if (source.file !== undefined) return { file: withoutUndefined({ path: resolvePath(source.file.path), checksum }) };
    if (source.http === undefined) return { blank: {} };
    const { url, extraHeaders, secretExtraHeaders, credentials, caCertificates } = source.http;
    // An empty string means "none" to CDI, as in its own templates.
    const secretRef = credentials === undefined ? source.http.secretRef : accessName(claimName);
    const certConfigMap = caCertificates === undefined ? source.http.certConfigMap : accessName(claimName);
    return {
        http: withoutUndefined({
            url,
            secretRef: secretRef || undefined,
            certConfigMap: certConfigMap || undefined,
            extraHeaders,
            secretExtraHeaders,
            checksum,
        }),
    };
}

function toClaim(spec: ImportedImageSpec): ClaimSpec {
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
    return Buffer.from(text.replace(/[\r\n]+$/, "")).toString("base64");
}

/** Without the keys whose value is undefined: objects are JSON, and JSON knows no undefined. */
function withoutUndefined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
    const entries = Object.entries(object).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}
