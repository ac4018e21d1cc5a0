// Credentials and trust for a DataVolume, from the Secrets and ConfigMaps that it names, under CDI's keys.
import type { Cluster } from "./contract.js";
import { type Access, accessFromSecret } from "../model/access.js";
import { BootsourceError } from "../model/errors.js";
import type { DataVolume } from "../model/objects.js";

/**
 * Reads what a source names. The keys of a Secret stand in model/access.ts; every key of the ConfigMap holds PEM
 * certificates; every value of a header Secret is one line "Name: value" (CDI 1.65, pkg/importer/http-datasource.go).
 * Throws `missing-object`, which is worth waiting for.
 */
export async function readAccess(volume: Pick<DataVolume, "metadata" | "spec">, cluster: Cluster): Promise<Access> {
    const { http, registry, s3, gcs } = volume.spec.source;
    const source = http ?? registry ?? s3 ?? gcs ?? {};
    const { secretRef, certConfigMap }: { secretRef?: string; certConfigMap?: string } = source;
    const { namespace = "default" } = volume.metadata;
    const headers = [...(http?.extraHeaders ?? [])];
    for (const name of http?.secretExtraHeaders ?? []) {
        const lines = Object.entries(await readSecret(cluster, namespace, name));
        headers.push(...lines.filter(([key]) => !key.startsWith(".")).map(([, line]) => line));
    }
    return {
        ...(secretRef ? accessFromSecret(await readSecret(cluster, namespace, secretRef)) : {}),
        caCertificates: certConfigMap ? await readCertificates(cluster, namespace, certConfigMap) : undefined,
        headers,
    };
}

async function readSecret(cluster: Cluster, namespace: string, name: string): Promise<Record<string, string>> {
    const secret = await cluster.get("Secret", { namespace, name });
    if (secret === undefined) throw missing("Secret", namespace, name);
    const entries = Object.entries(secret.data ?? {});
    return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]));
}

async function readCertificates(cluster: Cluster, namespace: string, name: string): Promise<string> {
    const map = await cluster.get("ConfigMap", { namespace, name });
    if (map === undefined) throw missing("ConfigMap", namespace, name);
    return Object.values(map.data ?? {}).join("\n");
}

function missing(kind: string, namespace: string, name: string): BootsourceError {
    return new BootsourceError(
        "missing-object",
        `cannot start the import: there is no ${kind} ${namespace}/${name}; make it, or name another one`,
        { facts: { kind, namespace, name } },
    );
}
