// Which version of an image a source holds now: a name that stays while the image does, for one or two questions and no bytes.
import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Access } from "../model/access.js";
import { formatChecksum, parseChecksum, type Checksum } from "../model/digest.js";
import { mirrorOf, type Network } from "../model/network.js";
import type { DataVolumeSource } from "../model/objects.js";
import type { Version } from "../model/upstream.js";
import type { Identity, SourceSpec } from "./contract.js";
import { askOnce, identifySource } from "./identify.js";
import { checksumOf } from "./published-checksum.js";
import { sourceOfVolume } from "./sources/from-volume.js";

/**
 * Asks where a DataVolume's source leads, through the mirrors of its stack. A checksum that is given or published names the
 * version, and so do the digests of a container image: they are the same at every mirror. What a server says of a file (its
 * ETag, its time of change) may be another at another server.
 */
export async function versionOf(
    source: DataVolumeSource,
    access: Access,
    network: Network,
    signal: AbortSignal,
): Promise<Version> {
    const spec = sourceOfVolume(source, access, network);
    if (spec === undefined) return { digest: undefined, digests: [], bytes: 0 };
    const published = source.http?.checksumUrl;
    const checksumUrl = published && (mirrorOf(published, network.mirrors) ?? published);
    const { checksum } = source.http ?? source.s3 ?? source.gcs ?? source.file ?? source.upload ?? {};
    const given = checksum === undefined ? undefined : parseChecksum(checksum);
    const [identity, named] = await Promise.all([
        identifySource(spec, signal),
        checksumOf({ source: spec, checksum: given, checksumUrl, signal }, askOnce),
    ]);
    const { container, size } = identity;
    if (container !== undefined) {
        const { indexDigest, digest, layerBytes } = container;
        const digests = indexDigest === undefined ? [digest] : [indexDigest, digest];
        return { digest: digests[0], digests, bytes: layerBytes };
    }
    const digest = named === undefined ? digestOfIdentity(source, spec, identity) : digestOfChecksum(named);
    return { digest, digests: digest === undefined ? [] : [digest], bytes: size };
}

function digestOfChecksum(checksum: Checksum): string {
    const text = formatChecksum(checksum);
    return checksum.algorithm === "sha256" ? text : hashed(text);
}

function digestOfIdentity(source: DataVolumeSource, spec: SourceSpec, identity: Identity): string | undefined {
    const told = whatIsTold(spec, identity);
    return told && hashed(JSON.stringify([placeOf(source), ...told]));
}

/** What tells versions apart; undefined where a length is all there is, which many versions may share. */
function whatIsTold(spec: SourceSpec, identity: Identity): unknown[] | undefined {
    const { version, edition, lastModified, size, origin } = identity;
    const timed = lastModified === undefined ? undefined : [lastModified, size ?? null];
    if (spec.kind === "file") return [edition];
    // Each mirror behind a redirect has its own idea of an ETag; the time of change is the image's, and comes along with it.
    const mirrored = spec.kind === "http" && origin !== undefined && origin !== new URL(spec.url).origin;
    if (mirrored && size !== undefined && timed !== undefined) return timed;
    if (version !== undefined) return [version];
    return timed ?? (edition === undefined ? undefined : [edition, size ?? null]);
}

/**
 * Images of one length that were made or copied in the same second are common: another address is another image. The logical
 * address counts, so that a mirror that passes on what the server says gives the same version; what is secret in it does not.
 */
function placeOf({ http, s3, gcs, file, upload }: DataVolumeSource): string {
    const url = http?.url ?? s3?.url ?? gcs?.url;
    if (url !== undefined) return url.replace(/[?#].*$/s, "").replace(/^([^/]*\/\/)[^/]*@/, "$1");
    // A project may move to another directory, and its images with it.
    return basename(file?.path ?? upload?.path ?? "");
}

function hashed(text: string): string {
    return `version:${createHash("sha256").update(text).digest("hex")}`;
}
