// Addresses of objects in buckets, as users write them for Amazon S3, for servers that speak its protocol, and for Google Cloud
// Storage. Pure: nothing is asked.
import { BootsourceError } from "./errors.js";

/** An object of S3, or of a server that speaks its protocol. */
export interface S3Address {
    readonly bucket: string;
    readonly key: string;
    /** "https://host[:port]" to ask; undefined: Amazon's own, by the region, or what the vendor's settings name. */
    readonly endpoint: string | undefined;
    /** The region that the host names. */
    readonly region: string | undefined;
    /** Whether the bucket stands in the path; else it stands in the name of the host. */
    readonly pathStyle: boolean;
}

/** An object of Google Cloud Storage, or of an emulator. */
export interface GcsAddress {
    readonly bucket: string;
    readonly key: string;
    /** "https://host[:port]" to ask; undefined: Google's own. */
    readonly endpoint: string | undefined;
}

/**
 * Takes an address for S3 apart; throws `invalid-argument` where it is none. The forms:
 * - `s3://bucket/key`: Amazon's own, or the endpoint of AWS_ENDPOINT_URL; `https://s3.amazonaws.com/bucket/key` means the same
 * - `https://s3.REGION.amazonaws.com/bucket/key` and `https://bucket.s3.REGION.amazonaws.com/key`: the region's
 * - `https://host[:port]/bucket/key`, or with http://: any other server, asked with the bucket in the path
 *
 * A key is read as it stands in an address: %20 is a space, %25 a percent sign, %3F a question mark.
 */
export function parseS3Url(text: string): S3Address {
    const { scheme, host, path } = split(text, s3Forms, ["s3", "https", "http"]);
    if (scheme === "s3") {
        return { bucket: host, key: toKey(text, path), endpoint: undefined, region: undefined, pathStyle: false };
    }
    const amazon = amazonHost.exec(host);
    const label = amazon?.[1];
    const region = amazon?.[3];
    if (amazon !== null && label !== undefined) {
        const endpoint = region === undefined ? undefined : `${scheme}://${host.slice(label.length + 1)}`;
        return { bucket: label, key: toKey(text, path), endpoint, region, pathStyle: false };
    }
    const { bucket, key } = splitPath(text, path, s3Forms);
    const endpoint = amazon !== null && region === undefined ? undefined : `${scheme}://${host}`;
    return { bucket, key, endpoint, region, pathStyle: amazon === null };
}

/**
 * Takes an address for Google Cloud Storage apart; throws `invalid-argument` where it is none. The forms:
 * - `gs://bucket/key` and `https://storage.googleapis.com/bucket/key`: Google's own
 * - `https://host[:port]/bucket/key`, or with http://: an emulator
 *
 * A key is read as it stands in an address: %20 is a space, %25 a percent sign, %3F a question mark.
 */
export function parseGcsUrl(text: string): GcsAddress {
    const { scheme, host, path } = split(text, gcsForms, ["gs", "https", "http"]);
    if (scheme === "gs") return { bucket: host, key: toKey(text, path), endpoint: undefined };
    const google = host === "storage.googleapis.com" && scheme === "https";
    return { ...splitPath(text, path, gcsForms), endpoint: google ? undefined : `${scheme}://${host}` };
}

/** An address of an object for messages: no user, no password, and of a query only that there is one. */
export function redactBucketUrl(text: string): string {
    const match = /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)([^?#]*)([?#]?)/is.exec(text);
    const [, scheme = "", authority = "", path = "", query = ""] = match ?? [];
    return `${scheme}${authority.replace(/^.*@/s, "")}${path}${query === "" ? "" : "?..."}`;
}

const s3Forms = "s3://bucket/key or https://host/bucket/key";
const gcsForms = "gs://bucket/key or https://storage.googleapis.com/bucket/key";

/** s3, s3.REGION, s3-REGION, with dualstack or fips; a bucket may stand before it. */
const amazonHost =
    /^(?:(.+)\.)?s3(?:-fips)?(?:[.-](dualstack\.)?([a-z]{2}(?:-[a-z]+)+-\d+))?\.amazonaws\.com(?:\.cn)?$/;

function split(
    text: string,
    forms: string,
    schemes: readonly string[],
): { readonly scheme: string; readonly host: string; readonly path: string } {
    const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(.*)$/is.exec(text.trim());
    const scheme = match?.[1]?.toLowerCase() ?? "";
    const [, , authority = "", path = "", rest = ""] = match ?? [];
    if (!schemes.includes(scheme)) throw unusable(text, `it must be ${forms}`);
    if (authority.includes("@")) {
        throw unusable(text, "keys do not belong into it; give them as credentials beside the url");
    }
    if (rest !== "") {
        throw unusable(
            text,
            "it has a query or a fragment; an address that was signed beforehand is one for an http source, and a " +
                "question mark that belongs to the key is written as %3F, a hash as %23",
        );
    }
    const web = scheme === "https" || scheme === "http";
    const host = web ? webHost(text, scheme, authority) : authority;
    if (!web && !/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/i.test(host)) {
        throw unusable(text, `"${host}" cannot be the name of a bucket; it must be ${forms}`);
    }
    return { scheme, host, path };
}

/** The host and its port as they go over the wire. */
function webHost(text: string, scheme: string, authority: string): string {
    const url = `${scheme}://${authority}/`;
    if (authority === "" || !URL.canParse(url)) throw unusable(text, "the host in it is none; correct it");
    return new URL(url).host;
}

function splitPath(text: string, path: string, forms: string): { readonly bucket: string; readonly key: string } {
    const match = /^\/([^/]+)(\/.*)?$/s.exec(path);
    if (match?.[1] === undefined) throw unusable(text, `it names no bucket; it must be ${forms}`);
    return { bucket: decode(text, match[1]), key: toKey(text, match[2] ?? "") };
}

function toKey(text: string, path: string): string {
    const key = decode(text, path.slice(1));
    if (key === "" || key.endsWith("/")) {
        throw unusable(text, "it names no object in the bucket; add the key of an image");
    }
    return key;
}

function decode(text: string, part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        throw unusable(text, "a percent sign in it is not followed by two hex digits; write it as %25");
    }
}

function unusable(text: string, why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot use the url ${redactBucketUrl(text)}: ${why}`);
}
