// Credentials and trust for a DataVolume, from the Secrets and ConfigMaps that it names, under CDI's keys.
import type { Cluster } from "../cluster/contract.js";
import { BootsourceError } from "../model/errors.js";
import type { DataVolume } from "../model/objects.js";
import type { Access } from "./contract.js";

/**
 * Reads what an http source names. Secret keys are `accessKeyId` and `secretKey`; every key of the ConfigMap holds PEM
 * certificates; every value of a header Secret is one line "Name: value" (CDI 1.65, pkg/importer/http-datasource.go). A
 * trailing newline is cut: CDI sends it and breaks the header. Throws `missing-object`, which is worth waiting for.
 */
export async function readAccess(volume: DataVolume, cluster: Cluster): Promise<Access> {
    const http = volume.spec.source.http;
    if (http === undefined) return { headers: [] };
    const { namespace = "default" } = volume.metadata;
    const secret = http.secretRef ? await readSecret(cluster, namespace, http.secretRef) : {};
    const headers = [...(http.extraHeaders ?? [])];
    for (const name of http.secretExtraHeaders ?? []) {
        const lines = Object.entries(await readSecret(cluster, namespace, name));
        headers.push(...lines.filter(([key]) => !key.startsWith(".")).map(([, line]) => line));
    }
    return {
        username: secret["accessKeyId"],
        password: secret["secretKey"],
        caCertificates: http.certConfigMap ? await readCertificates(cluster, namespace, http.certConfigMap) : undefined,
        headers,
    };
}

async function readSecret(cluster: Cluster, namespace: string, name: string): Promise<Record<string, string>> {
    const secret = await cluster.get("Secret", { namespace, name });
    if (secret === undefined) throw missing("Secret", namespace, name);
    const entries = Object.entries(secret.data ?? {});
    return Object.fromEntries(
        entries.map(([key, value]) => [
            key,
            Buffer.from(value, "base64")
                .toString("utf8")
                .replace(/[\r\n]+$/, ""),
        ]),
    );
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
