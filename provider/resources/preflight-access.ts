// Credentials and certificates that a user names: whether they are where CDI looks, with the keys that it reads.
import type { SourceDetails, SourceKind } from "../model/image-source.js";
import { isUnknown } from "../model/unknown.js";
import type { World } from "./contract.js";
import { look, lookOnce } from "./preflight-look.js";

/** A source, and whether CDI polls it by a job of its own, in its own namespace. */
export interface AccessNeed {
    readonly kind: SourceKind;
    readonly details: SourceDetails;
    /** What that job looks for: also the objects that are made of credentials in the arguments. */
    readonly polledAs:
        { readonly secretRef?: string | undefined; readonly certConfigMap?: string | undefined } | undefined;
}

/** Sentences, one for each thing that is missing. */
export async function whatAccessLacks(namespace: string, need: AccessNeed, world: World): Promise<string[]> {
    const { kind, details, polledAs = {} } = need;
    const keys = kind === "gcs" ? ["credentials.json"] : ["accessKeyId", "secretKey"];
    const here = [
        await secretLacks("secretRef", namespace, details.secretRef, keys, world),
        await certificatesLack("certConfigMap", namespace, details.certConfigMap, kind, world),
    ];
    const headers = isUnknown(details.secretExtraHeaders) ? [] : (details.secretExtraHeaders ?? []);
    for (const name of headers) {
        here.push(await secretLacks("secretExtraHeaders", namespace, name, [], world));
    }
    const { secretRef, certConfigMap } = polledAs;
    const home = secretRef || certConfigMap ? await namespaceOfCdi(world) : undefined;
    if (home !== undefined && home !== namespace) {
        const job = `CDI polls by a job of its own in the namespace ${home}, and copies nothing there`;
        here.push(await secretLacks(job, home, secretRef, keys, world));
        here.push(await certificatesLack(job, home, certConfigMap, kind, world));
    }
    return here.filter((sentence) => sentence !== undefined);
}

/** Where CDI runs; undefined where nobody may know. */
async function namespaceOfCdi(world: World): Promise<string | undefined> {
    const service = await lookOnce("APIService", { name: "v1beta1.upload.cdi.kubevirt.io" }, world);
    return service === undefined || service === "unseen" ? undefined : service.spec?.service?.namespace;
}

async function secretLacks(
    what: string,
    namespace: string,
    name: string | undefined,
    keys: readonly string[],
    world: World,
): Promise<string | undefined> {
    if (!name || isUnknown(name)) return undefined;
    const found = await look("Secret", { namespace, name }, world);
    if (found === "unseen") return undefined;
    const make = keys.length === 0 ? "make it" : `make it, with the keys ${keys.join(" and ")}`;
    if (found === undefined) return `${what}: there is no Secret ${name} in the namespace ${namespace}; ${make}`;
    const lacking = keys.filter((key) => found.data?.[key] === undefined);
    if (lacking.length === 0) return undefined;
    return `${what}: the Secret ${namespace}/${name} has no ${lacking.join(" and no ")}; CDI reads these keys alone`;
}

async function certificatesLack(
    what: string,
    namespace: string,
    name: string | undefined,
    kind: SourceKind,
    world: World,
): Promise<string | undefined> {
    if (!name || isUnknown(name)) return undefined;
    const found = await look("ConfigMap", { namespace, name }, world);
    if (found === "unseen") return undefined;
    if (found === undefined) {
        return `${what}: there is no ConfigMap ${name} in the namespace ${namespace}; make it, with PEM certificates`;
    }
    const certificates = Object.entries(found.data ?? {}).filter(([, text]) => text.includes("BEGIN CERTIFICATE"));
    if (certificates.length === 0) return `${what}: the ConfigMap ${namespace}/${name} holds no PEM certificate`;
    const read = kind !== "registry" || certificates.some(([key]) => /\.(pem|crt)$/.test(key));
    return read
        ? undefined
        : `${what}: of registries CDI reads certificates alone whose keys end in .pem or .crt, and the ConfigMap ` +
              `${namespace}/${name} has none such`;
}
