// What CDI's importer pod does, done by our own importer: its environment is translated, and the disk written into the claim's directory.
import { mkdir, rm } from "node:fs/promises";
import { STATUS_CODES } from "node:http";
import { join } from "node:path";
import { importArchive } from "../../provider/importer/archive/import-archive.js";
import { stageBlank } from "../../provider/importer/blank.js";
import type { Progress, SourceSpec } from "../../provider/importer/contract.js";
import { importImage } from "../../provider/importer/import-image.js";
import { systemClock } from "../../provider/model/clock.js";
import { parseChecksum } from "../../provider/model/digest.js";
import { isBootsourceError } from "../../provider/model/errors.js";
import { parseQuantity } from "../../provider/model/quantity.js";
import type { Container } from "./pod.js";

/** How a container ended, as the kubelet tells it. */
export interface Ended {
    readonly exitCode: number;
    readonly message: string;
}

/** Told of what share is done, from 0 to 1, where the source says how much there is. */
export type ToldProgress = (share: number) => void;

const complete = {
    exitCode: 0,
    message: JSON.stringify({
        scratchSpaceRequired: false,
        preallocationApplied: false,
        message: "Import Complete",
    }),
};

/** Runs it to its end; never throws for an image that cannot be had. */
export async function runImporter(container: Container, signal: AbortSignal, progress: ToldProgress): Promise<Ended> {
    const { env, claims } = container;
    const volume = claims["/data"] ?? claims["/dev/cdi-block-volume"];
    if (volume === undefined) return { exitCode: 1, message: "Unable to process data: no volume to write to" };
    const { IMPORTER_SOURCE: kind = "", IMPORTER_CONTENTTYPE: content, IMPORTER_PULL_METHOD: pull } = env;
    const room = roomIn(container);
    try {
        await mkdir(volume, { recursive: true });
        const disk = join(volume, "disk.img");
        if (kind === "none") {
            await stageBlank(disk, room, { signal, preallocate: env.PREALLOCATION === "true" });
            return complete;
        }
        // CDI's importer finds out that it needs scratch space by not having any, and is then started again with it.
        if (kind === "http" && content !== "archive" && pull !== "node" && claims["/scratch"] === undefined) {
            return { exitCode: 0, message: JSON.stringify({ scratchSpaceRequired: true }) };
        }
        const request = {
            source: sourceOf(container),
            signal,
            clock: systemClock,
            ...(env.IMPORTER_CHECKSUM ? { checksum: parseChecksum(env.IMPORTER_CHECKSUM) } : {}),
            progress: ({ transferred, total }: Progress) => {
                if (total !== undefined && total > 0) progress(transferred / total);
            },
        };
        if (content === "archive") await importArchive(join(volume, "unpacked"), request);
        else await importImage(disk, { ...request, size: room, preallocate: env.PREALLOCATION === "true" });
        return complete;
    } catch (thrown) {
        await rm(join(volume, "disk.img"), { force: true });
        return failure(thrown, kind);
    }
}

/** How large the disk may be: on a file system CDI keeps a share of the claim back. */
export function roomIn({ env, claims }: Container): number {
    const requested = parseQuantity(env.IMPORTER_IMAGE_SIZE ?? env.UPLOAD_IMAGE_SIZE ?? "");
    const block = claims["/data"] === undefined;
    const mebibyte = 1024 * 1024;
    const share = 1 + Number(env.FILESYSTEM_OVERHEAD ?? "0");
    return block ? requested : Math.floor(Math.ceil(requested / share) / mebibyte) * mebibyte;
}

function sourceOf(container: Container): SourceSpec {
    const { env, certificates, headers, credentials, image, nodeArchitecture } = container;
    const {
        IMPORTER_SOURCE: kind,
        IMPORTER_ENDPOINT: url = "",
        IMPORTER_ACCESS_KEY_ID: user,
        IMPORTER_SECRET_KEY: password,
    } = env;
    const caCertificates = certificates;
    const architecture = env.IMPORTER_REGISTRY_IMAGE_ARCHITECTURE || nodeArchitecture;
    // The kubelet pulled the image, as a container beside the importer.
    if (env.IMPORTER_PULL_METHOD === "node")
        return { kind: "registry", url: `docker://${image ?? ""}`, architecture, insecure: true };
    switch (kind) {
        case "http":
            return { kind: "http", url, username: user, password, caCertificates, headers };
        case "registry":
            return {
                kind: "registry",
                ...{ url, username: user, password, caCertificates, architecture },
                insecure: env.INSECURE_TLS === "true",
            };
        case "s3":
            return {
                kind: "s3",
                ...{ url, accessKeyId: user, secretKey: password, caCertificates },
                anonymous: user === undefined,
            };
        case "gcs":
            return {
                kind: "gcs",
                ...{ url, credentialsJson: credentials, caCertificates },
                anonymous: credentials === undefined,
            };
        default:
            throw new Error(`Unknown data source: ${kind ?? ""}`);
    }
}

/** In CDI's words where its controller, or a person, goes by them; else in ours. */
function failure(thrown: unknown, kind: string): Ended {
    const said = thrown instanceof Error ? thrown.message : String(thrown);
    if (!isBootsourceError(thrown)) return { exitCode: 1, message: `Unable to process data: ${said}` };
    const { code, facts } = thrown;
    if (code === "checksum-mismatch" && facts.expected !== undefined) {
        const mismatch = `checksum mismatch: expected ${String(facts.expected)}, calculated ${String(facts.calculated)}`;
        const where = "Unable to transfer source data to scratch space: checksum validation failed";
        return { exitCode: 0, message: JSON.stringify({ message: `Unable to process data: ${where}: ${mismatch}` }) };
    }
    if (code === "too-large") {
        const more = "virtual image size is larger than the reported available storage. A larger PVC is required";
        return { exitCode: 1, message: `Unable to process data: ${more}` };
    }
    if (kind === "registry") return { exitCode: 1, message: `Unable to process data: failed to pull image: ${said}` };
    if (typeof facts.status === "number") {
        const status = `${String(facts.status)} ${STATUS_CODES[facts.status] ?? ""}`;
        const got = `expected status code 200, got ${String(facts.status)}. Status: ${status}`;
        return { exitCode: 1, message: `Unable to connect to ${kind} data source: ${got}` };
    }
    if (code === "unreachable" || code === "untrusted") {
        return { exitCode: 1, message: `Unable to connect to ${kind} data source: ${said}` };
    }
    return { exitCode: 1, message: `Unable to process data: ${said}` };
}
