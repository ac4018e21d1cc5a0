// From a DataVolume's source to the importer's: mirrors, the stack's CA and pull secret, and whose credentials go where.
import { BootsourceError } from "../../model/errors.js";
import type { Access } from "../../model/access.js";
import { type Network, isInsecure, mirrorOf } from "../../model/network.js";
import type { DataVolumeSource } from "../../model/objects.js";
import type { SourceSpec } from "../contract.js";

/** What is to be read; undefined where there is nothing to read (a blank disk, a clone). */
export function sourceOfVolume(source: DataVolumeSource, given: Access, network: Network): SourceSpec | undefined {
    const { http, registry, s3, gcs, file, upload } = source;
    const path = file?.path ?? upload?.path;
    if (path !== undefined) return { kind: "file", path };
    if (http !== undefined) {
        const { url, access } = route(http.url, given, network);
        const { username, password, caCertificates, headers } = access;
        const insecureSkipVerify = http.insecureSkipVerify;
        return { kind: "http", url, username, password, caCertificates, headers, insecureSkipVerify };
    }
    if (registry !== undefined) return fromRegistry(registry, given, network);
    if (s3 !== undefined) {
        const { url, access } = route(s3.url, given, network);
        const { username: accessKeyId, password: secretKey, sessionToken, caCertificates } = access;
        const { region, anonymous } = s3;
        return { kind: "s3", url, accessKeyId, secretKey, sessionToken, caCertificates, region, anonymous };
    }
    if (gcs !== undefined) {
        const { url, access } = route(gcs.url, given, network);
        const { credentialsJson, caCertificates } = access;
        return { kind: "gcs", url, credentialsJson, caCertificates, anonymous: gcs.anonymous };
    }
    if (upload !== undefined) {
        throw new BootsourceError(
            "invalid-argument",
            "cannot import: the upload names no file; a store takes its bytes from source.upload.path",
        );
    }
    return undefined;
}

function fromRegistry(
    { url: logical, platform }: NonNullable<DataVolumeSource["registry"]>,
    given: Access,
    network: Network,
): SourceSpec {
    if (logical === undefined) {
        throw new BootsourceError(
            "invalid-argument",
            "cannot import an ImageStream: a store has none; name the image by source.registry.url (docker://host/name:tag)",
        );
    }
    const { url, access } = route(logical, given, network);
    const { username, password, caCertificates } = access;
    return {
        kind: "registry",
        url,
        username,
        password,
        caCertificates,
        dockerConfigJson: access.dockerConfigJson ?? (username === undefined ? network.pullSecret : undefined),
        architecture: platform?.architecture,
        insecure: isInsecure(url, network.insecureRegistries),
    };
}

/** A mirror is another origin: a source's own credentials are not for it. The stack's CA is for everybody. */
function route(logical: string, given: Access, network: Network): { url: string; access: Access } {
    const url = mirrorOf(logical, network.mirrors);
    const { caCertificates } = given;
    const trusted =
        [caCertificates, network.caCertificates].filter((text) => text !== undefined).join("\n") || undefined;
    if (url === undefined) return { url: logical, access: { ...given, caCertificates: trusted } };
    return { url, access: { caCertificates: trusted } };
}
