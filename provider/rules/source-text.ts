// Where a DataVolume's bytes come from, in one word for a table: never with what a url may carry of credentials.
import type { DataVolumeSource } from "../model/objects.js";

/** "docker://quay.io/containerdisks/fedora:latest", "pvc images/golden"; undefined where none is named. */
export function sourceText(source: DataVolumeSource | undefined): string | undefined {
    const { registry, http, s3, gcs, pvc, snapshot, upload, file, blank } = source ?? {};
    if (registry?.imageStream !== undefined) return `imagestream ${registry.imageStream}`;
    const url = registry?.url ?? http?.url ?? s3?.url ?? gcs?.url;
    if (url !== undefined) return withoutSecrets(url);
    const copied = pvc ?? snapshot;
    if (copied !== undefined) return `${pvc === undefined ? "snapshot" : "pvc"} ${copied.namespace}/${copied.name}`;
    if (file !== undefined) return file.path;
    if (upload !== undefined) return "upload";
    return blank === undefined ? undefined : "blank";
}

/** A user in front of the host, and a query that may be a signature. */
function withoutSecrets(url: string): string {
    return url.replace(/^([a-z0-9+.-]+:\/\/)[^/@]*@/i, "$1").replace(/[?#].*$/s, "");
}
