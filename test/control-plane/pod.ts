// A pod as its kubelet prepares it: variables with their Secrets' values, volumes as directories, what is mounted as text.
import type { Api, KubeObject } from "./api.js";
import type { Volumes } from "./volumes.js";

/** A container ready to run. */
export interface Container {
    readonly name: string;
    readonly command: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    /** Directories of the claims, by where they are mounted. */
    readonly claims: Readonly<Record<string, string | undefined>>;
    /** What the ConfigMaps for certificates hold, in PEM. */
    readonly certificates: string | undefined;
    /** Header lines: plain ones, and those of Secrets. */
    readonly headers: readonly string[];
    /** credentials.json, for Google's storage. */
    readonly credentials: string | undefined;
    /** Of the container beside it that has the image in it (pull method "node"). */
    readonly image: string | undefined;
    readonly nodeArchitecture: string;
}

/** Something that a pod names is not there: its kubelet goes on trying. */
export class NotThere extends Error {
    constructor(
        /** What the container waits with: ContainerCreating or CreateContainerConfigError. */
        readonly waiting: string,
        message: string,
    ) {
        super(message);
    }
}

interface Mounted {
    readonly name: string;
    readonly persistentVolumeClaim?: { readonly claimName: string };
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
}

interface Variable {
    readonly name: string;
    readonly value?: string;
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } };
}

/** Prepares the first container of a pod; throws `NotThere` where a Secret or a ConfigMap is missing. */
export async function prepare(
    api: Api,
    volumes: Volumes,
    pod: KubeObject,
    nodeArchitecture: string,
): Promise<Container> {
    const { namespace = "" } = pod.metadata;
    const { containers, volumes: mounted = [] } = pod.spec as { containers: KubeObject[]; volumes?: Mounted[] };
    const [first, beside] = containers as unknown as {
        name: string;
        image: string;
        command?: string[];
        env?: Variable[];
        volumeMounts?: { name: string; mountPath: string }[];
        volumeDevices?: { name: string; devicePath: string }[];
    }[];
    if (first === undefined) throw new Error("a pod without a container");
    const at = new Map(
        (first.volumeMounts ?? [])
            .map(({ name, mountPath }) => [name, mountPath] as const)
            .concat((first.volumeDevices ?? []).map(({ name, devicePath }) => [name, devicePath] as const)),
    );
    const secret = async (name: string): Promise<Record<string, string>> => {
        const found = await api.find(`/api/v1/namespaces/${namespace}/secrets/${name}`);
        if (found === undefined) throw new NotThere("CreateContainerConfigError", `secret "${name}" not found`);
        const data = (found.data ?? {}) as Record<string, string>;
        return Object.fromEntries(
            Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
        );
    };
    const env: Record<string, string> = {};
    for (const { name, value = "", valueFrom } of first.env ?? []) {
        const reference = valueFrom?.secretKeyRef;
        if (reference === undefined) {
            env[name] = value;
            continue;
        }
        const found = (await secret(reference.name))[reference.key];
        if (found === undefined) {
            const missing = `couldn't find key ${reference.key} in Secret ${namespace}/${reference.name}`;
            throw new NotThere("CreateContainerConfigError", missing);
        }
        env[name] = found;
    }
    const claims: Record<string, string> = {};
    const headers = Object.entries(env).flatMap(([name, value]) =>
        name.startsWith("IMPORTER_EXTRA_HEADER_") ? [value] : [],
    );
    let certificates: string | undefined;
    let credentials: string | undefined;
    for (const { name, persistentVolumeClaim, configMap, secret: kept } of mounted) {
        const path = at.get(name) ?? "";
        if (persistentVolumeClaim !== undefined) {
            claims[path] = await volumes.directoryOf(namespace, persistentVolumeClaim.claimName);
        } else if (configMap !== undefined) {
            const found = await api.find(`/api/v1/namespaces/${namespace}/configmaps/${configMap.name}`);
            if (found === undefined) throw new NotThere("ContainerCreating", `configmap "${configMap.name}" not found`);
            certificates = [certificates ?? "", ...Object.values((found.data ?? {}) as Record<string, string>)].join(
                "\n",
            );
        } else if (kept !== undefined) {
            const entries = Object.entries(await secret(kept.secretName).catch(whileCreating));
            if (path.startsWith("/extraheaders")) {
                headers.push(...entries.filter(([key]) => !key.startsWith(".")).map(([, line]) => line));
            } else credentials = entries.find(([key]) => key === "credentials.json")?.[1];
        }
    }
    return {
        name: first.name,
        command: first.command ?? [],
        ...{ env, claims, certificates, headers, credentials, nodeArchitecture },
        image: beside?.image,
    };
}

/** A volume that cannot be mounted leaves the container in creation. */
function whileCreating(thrown: unknown): never {
    throw thrown instanceof NotThere ? new NotThere("ContainerCreating", thrown.message) : thrown;
}
