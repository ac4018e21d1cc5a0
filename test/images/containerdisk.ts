// Container images around disks, for tests: layers in any compression, manifests, indexes; written from the OCI specification.
import { createHash } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeTar, type TarMember } from "./tar.js";

/** A part of an image as it is pushed: bytes with a digest and a type. */
export interface Blob {
    readonly mediaType: string;
    readonly digest: string;
    readonly bytes: Buffer;
}

/** An image: what its registry must hold. */
export interface Containerdisk {
    readonly manifest: Blob;
    readonly blobs: readonly Blob[];
}

/** What an image should look like. */
export interface ContainerdiskOptions {
    readonly compression?: "gzip" | "zstd" | "none";
    readonly architecture?: string | undefined;
    readonly environment?: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
    /** Media types of Docker instead of the OCI's. */
    readonly docker?: boolean;
    /** Changes the manifest before it is written. */
    readonly spoil?: (manifest: Record<string, unknown>) => unknown;
}

/** A blob of bytes. */
export function makeBlob(mediaType: string, bytes: Uint8Array): Blob {
    const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    return { mediaType, digest, bytes: Buffer.from(bytes) };
}

/** An image of layers, each given as the members of its archive, the lowest first. */
export function makeContainer(
    layers: readonly (readonly TarMember[])[],
    options: ContainerdiskOptions = {},
): Containerdisk {
    const { compression = "gzip", docker = false } = options;
    const layerType = docker
        ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
        : `application/vnd.oci.image.layer.v1.tar${compression === "none" ? "" : `+${compression}`}`;
    const blobs = layers.map((members) => makeBlob(layerType, compress(makeTar(members), compression)));
    const config = makeBlob(
        docker ? "application/vnd.docker.container.image.v1+json" : "application/vnd.oci.image.config.v1+json",
        Buffer.from(
            JSON.stringify({
                os: "linux",
                architecture: "architecture" in options ? options.architecture : "amd64",
                config: { Env: options.environment, Labels: options.labels },
                rootfs: { type: "layers", diff_ids: [] },
            }),
        ),
    );
    const mediaType = docker
        ? "application/vnd.docker.distribution.manifest.v2+json"
        : "application/vnd.oci.image.manifest.v1+json";
    const manifest: Record<string, unknown> = {
        schemaVersion: 2,
        mediaType,
        config: descriptorOf(config),
        layers: blobs.map(descriptorOf),
    };
    options.spoil?.(manifest);
    return { manifest: makeBlob(mediaType, Buffer.from(JSON.stringify(manifest))), blobs: [config, ...blobs] };
}

/** A containerdisk as its authors make it: one layer, one file below disk/. */
export function makeContainerdisk(file: Uint8Array, options: ContainerdiskOptions = {}): Containerdisk {
    const members: readonly TarMember[] = [
        { path: "disk/", type: "5" },
        { path: "disk/disk.img", bytes: file },
    ];
    return makeContainer([members], options);
}

/** An index over images, by their architectures; an attestation stands in it as buildkit writes one. */
export function makeIndex(images: Readonly<Record<string, Containerdisk>>, docker = false): Containerdisk {
    const mediaType = docker
        ? "application/vnd.docker.distribution.manifest.list.v2+json"
        : "application/vnd.oci.image.index.v1+json";
    const attestation = makeContainer([], { architecture: "unknown" });
    const platforms = { ...images, unknown: attestation };
    const manifests = Object.entries(platforms).map(([architecture, { manifest }]) => ({
        ...descriptorOf(manifest),
        platform: { architecture, os: architecture === "unknown" ? "unknown" : "linux" },
    }));
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests }));
    const blobs = Object.values(platforms).flatMap((image) => [...image.blobs, image.manifest]);
    return { manifest: makeBlob(mediaType, bytes), blobs };
}

/** An OCI archive of images by their tags. */
export function makeOciArchive(images: Readonly<Record<string, Containerdisk>>): Buffer {
    const manifests = Object.entries(images).map(([tag, { manifest }]) => ({
        ...descriptorOf(manifest),
        annotations: { "org.opencontainers.image.ref.name": tag },
    }));
    const blobs = Object.values(images).flatMap((image) => [...image.blobs, image.manifest]);
    return makeTar([
        { path: "blobs/", type: "5" },
        ...blobs.map(({ digest, bytes }) => ({ path: `blobs/${digest.replace(":", "/")}`, bytes })),
        { path: "index.json", bytes: Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })) },
        { path: "oci-layout", bytes: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    ]);
}

/** How one document names another. */
export function descriptorOf({ mediaType, digest, bytes }: Blob): Record<string, unknown> {
    return { mediaType, digest, size: bytes.length };
}

function compress(bytes: Buffer, compression: NonNullable<ContainerdiskOptions["compression"]>): Buffer {
    if (compression === "none") return bytes;
    return compression === "zstd" ? zstdCompressSync(bytes) : gzipSync(bytes, { level: 1 });
}
