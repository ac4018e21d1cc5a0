// Manifests and indexes, checked: an image's bytes must hash to its digest, and be what they say they are.
import { createHash } from "node:crypto";
import { BootsourceError } from "../../../model/errors.js";
import { artifactNames, configTypes } from "./manifest-types.js";
import type { Descriptor } from "./store.js";

/** An entry of an index. */
export interface Choice extends Descriptor {
    readonly os: string | undefined;
    readonly architecture: string | undefined;
}

/** What lies behind a reference. */
export type Document =
    | { readonly kind: "index"; readonly digest: string; readonly choices: readonly Choice[] }
    | {
          readonly kind: "image";
          readonly digest: string;
          readonly config: Descriptor;
          readonly layers: readonly Descriptor[];
      };

/** Reads a document; `wanted` is the digest it must have, where one is known. */
export function parseDocument(name: string, bytes: Buffer, wanted: string | undefined): Document {
    const digest = digestOf(bytes);
    checkDigest(name, "manifest", digest, wanted);
    const found = parseJson(name, "manifest", bytes);
    const mediaType = found["mediaType"];
    if (found["schemaVersion"] === 1 || "fsLayers" in found) {
        throw refused(name, "its manifest is of schema 1, which registries gave up years ago; push the image again");
    }
    const { manifests, layers, config } = found;
    const says = typeof mediaType === "string" ? /\b(?:index|list)\b/.test(mediaType) : undefined;
    // A document that is both would be one image to us and another one to somebody else.
    if (Array.isArray(manifests) && layers === undefined && config === undefined && says !== false) {
        return { kind: "index", digest, choices: manifests.map((entry) => parseChoice(name, entry)) };
    }
    if (!Array.isArray(layers) || manifests !== undefined || says === true) throw malformed(name, "manifest");
    const descriptor = parseDescriptor(name, config);
    if (!configTypes.has(descriptor.mediaType)) throw notAnImage(name, artifactType(found) ?? descriptor.mediaType);
    return { kind: "image", digest, config: descriptor, layers: layers.map((layer) => parseLayer(name, layer)) };
}

/** A JSON object that a registry or an archive holds; `what` is its name in messages. */
export function parseJson(name: string, what: string, bytes: Buffer): Readonly<Record<string, unknown>> {
    try {
        const value: unknown = JSON.parse(bytes.toString("utf8"));
        if (typeof value === "object" && value !== null && !Array.isArray(value))
            return value as Record<string, unknown>;
    } catch {
        // Said below in our own words: the parser's repeat what it stumbled on.
    }
    throw malformed(name, what);
}

/** "sha256:<hex>" of bytes. */
export function digestOf(bytes: Uint8Array): string {
    return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Throws where bytes are not the ones that were asked for by their digest. */
export function checkDigest(name: string, what: string, found: string, wanted: string | undefined): void {
    if (wanted === undefined || found === wanted) return;
    throw new BootsourceError(
        "checksum-mismatch",
        `cannot import ${name}: its ${what} is damaged: expected ${wanted}, calculated ${found}; ` +
            "try again, and if it stays so, push the image again",
        { facts: { expected: wanted, calculated: found } },
    );
}

/** Throws for documents of another kind than we understand. */
export function malformed(name: string, what: string): BootsourceError {
    return new BootsourceError(
        "unexpected-response",
        `cannot read ${name}: what stands for its ${what} is none; check that the address is one of a registry`,
    );
}

/** The error for an image that this version does not import; the sentence says why and what to do. */
export function refused(name: string, sentence: string): BootsourceError {
    return new BootsourceError("unsupported-image", `cannot import ${name}: ${sentence}`);
}

/** What another document is said to be: its digest must be one that we can check. */
export function parseDescriptor(name: string, value: unknown): Descriptor {
    const { mediaType, digest, size } = (value ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof digest !== "string" || typeof size !== "number" || !Number.isSafeInteger(size) || size < 0) {
        throw malformed(name, "manifest");
    }
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
        throw refused(name, "its parts are named by another digest than sha256; push the image again");
    }
    return { mediaType: typeof mediaType === "string" ? mediaType : "", digest, size };
}

function parseChoice(name: string, entry: unknown): Choice {
    const platform = ((entry ?? {}) as Record<string, unknown>)["platform"];
    const { os, architecture } = (platform ?? {}) as Readonly<Record<string, unknown>>;
    const text = (value: unknown): string | undefined =>
        typeof value === "string" && value !== "" ? value : undefined;
    return { ...parseDescriptor(name, entry), os: text(os), architecture: text(architecture) };
}

function parseLayer(name: string, entry: unknown): Descriptor {
    const layer = parseDescriptor(name, entry);
    if (layer.mediaType.endsWith("+encrypted")) {
        throw new BootsourceError(
            "unsafe-image",
            `cannot import ${name}: one of its layers is encrypted; push the image without encryption`,
        );
    }
    if (/\.foreign\.|nondistributable/.test(layer.mediaType)) {
        throw refused(name, "one of its layers is kept outside of the registry; push the image with all of its layers");
    }
    return layer;
}

function artifactType(found: Readonly<Record<string, unknown>>): string | undefined {
    return typeof found["artifactType"] === "string" ? found["artifactType"] : undefined;
}

function notAnImage(name: string, type: string): BootsourceError {
    const known = artifactNames.find(([pattern]) => pattern.test(type))?.[1];
    const what = known ?? `an artifact of type "${type.slice(0, 100)}"`;
    return refused(name, `it is ${what}, not a container image; name an image with a disk below /disk`);
}
