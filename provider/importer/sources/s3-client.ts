// The vendor's client for S3, made for one object: whose keys it signs with, which server it asks, and over whose connections.
import type * as Aws from "@aws-sdk/client-s3";
import type { S3Address } from "../../model/bucket-url.js";
import { BootsourceError } from "../../model/errors.js";
import type { S3Spec } from "../contract.js";
import { loadOptional } from "./optional.js";
import { s3Handler } from "./s3-handler.js";

/** The library, loaded when the first object of S3 is asked for. */
export function loadS3(name: string): Promise<typeof Aws> {
    return loadOptional("@aws-sdk/client-s3", () => import("@aws-sdk/client-s3"), name);
}

/** Whom a client signs as: keys of the spec, nobody, or undefined for the vendor's default chain. */
export type Signing = { readonly accessKeyId: string; readonly secretAccessKey: string } | "anonymous" | undefined;

/** What the spec says of keys; throws `invalid-argument` where that is half of it. */
export function signingOf(spec: S3Spec, name: string): Signing {
    const [accessKeyId, secretAccessKey, sessionToken] = [spec.accessKeyId, spec.secretKey, spec.sessionToken].map(
        // Secrets often come out of files and end with a line break that was never meant to be part of them.
        (text) => text?.trim(),
    );
    const unusable = (why: string): BootsourceError =>
        new BootsourceError("invalid-argument", `cannot use the credentials for ${name}: ${why}`);
    if (spec.anonymous === true) {
        if ((accessKeyId ?? secretAccessKey ?? sessionToken) === undefined) return "anonymous";
        throw unusable("there are keys, and anonymous is true; leave out one of them");
    }
    if (accessKeyId === undefined && secretAccessKey === undefined) {
        if (sessionToken === undefined) return undefined;
        throw unusable("there is a session token without keys; give accessKeyId and secretKey too");
    }
    if (!accessKeyId || !secretAccessKey) {
        throw unusable("one of accessKeyId and secretKey is missing or empty; give both, or none of them");
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
}

/** The region by which a bucket is asked first: the spec's, the host's, the environment's, or the oldest one. */
export function firstRegion(spec: S3Spec, address: S3Address): string {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    const said = [spec.region?.trim(), address.region, AWS_REGION, AWS_DEFAULT_REGION];
    return said.find((region) => region !== undefined && region !== "") ?? "us-east-1";
}

/** A client for one region. It tries once: how often and how patiently is the source's to say. */
export async function makeClient(
    spec: S3Spec,
    address: S3Address,
    signing: Signing,
    region: string,
    name: string,
): Promise<Aws.S3Client> {
    const { S3Client } = await loadS3(name);
    const config: Aws.S3ClientConfig = {
        region,
        maxAttempts: 1,
        followRegionRedirects: false,
        forcePathStyle: address.pathStyle || (address.endpoint === undefined && endpointOfEnvironment()),
        // What comes is hashed by the importer, and a part has no checksum of its own.
        responseChecksumValidation: "WHEN_REQUIRED",
        requestHandler: s3Handler(spec.caCertificates),
    };
    const endpoint = endpointFor(address, region);
    if (endpoint !== undefined) config.endpoint = endpoint;
    if (signing === "anonymous") {
        config.credentials = { accessKeyId: "", secretAccessKey: "" };
        config.signer = { sign: (request) => Promise.resolve(request) };
    } else if (signing !== undefined) config.credentials = signing;
    return new S3Client(config);
}

/** The endpoint to insist on. One of Amazon's that names a region is left where the bucket turned out to be in another. */
function endpointFor(address: S3Address, region: string): string | undefined {
    const elsewhere = address.region !== undefined && address.region !== region;
    return elsewhere ? undefined : address.endpoint;
}

/** Servers that the environment names are seldom reached by a host for each bucket. */
function endpointOfEnvironment(): boolean {
    const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
    return (AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL ?? "") !== "";
}
