// The parts of an image in an archive of this machine: a tar of an OCI layout, of which only the headers are read to find them.
import { open } from "node:fs/promises";
import { BootsourceError, throwIfCancelled } from "../../../model/errors.js";
import type { ArchiveReference } from "../../../model/image-reference.js";
import { fileSystemError } from "../../file-system-error.js";
import { readTar } from "../../tar/read-tar.js";
import { fileSource } from "../file.js";
import { FileInput } from "./file-input.js";
import { checkDigest, digestOf, parseDescriptor, parseJson, refused } from "./manifest.js";
import { takeBody } from "./body.js";
import type { Descriptor, ImageStore } from "./store.js";
import { imagePath } from "./coverage.js";

/** Where the parts of an image lie in an archive, by their digests. */
interface Contents {
    readonly index: Buffer;
    readonly blobs: ReadonlyMap<string, { readonly offset: number; readonly length: number }>;
}

/** An archive as a store of its image's parts. */
export function archiveStore(name: string, { path, tag }: ArchiveReference): ImageStore {
    const file = fileSource(path);
    let contents: Contents | undefined;
    const part = async (digest: string, signal: AbortSignal) => {
        contents ??= await scan(name, path, signal);
        const range = contents.blobs.get(digest);
        if (range === undefined) {
            throw new BootsourceError(
                "truncated",
                `cannot read ${name}: ${digest} is not in the archive; make it again`,
            );
        }
        return (await file.open(range, signal)).bytes;
    };
    return {
        name,
        async manifest(digest, signal) {
            throwIfCancelled(signal, `read ${name}`);
            if (digest !== undefined) return takeBody(name, await part(digest, signal));
            contents = await scan(name, path, signal);
            const chosen = choose(name, contents.index, tag);
            const bytes = await takeBody(name, await part(chosen.digest, signal));
            checkDigest(name, "manifest", digestOf(bytes), chosen.digest);
            return bytes;
        },
        blob: ({ digest }, signal) => part(digest, signal),
    };
}

async function scan(name: string, path: string, signal: AbortSignal): Promise<Contents> {
    // Asked first: opening a named pipe would wait for a writer for ever.
    await fileSource(path).identify(signal);
    const blobs = new Map<string, { offset: number; length: number }>();
    const documents = new Map<string, Buffer>();
    const file = await open(path, "r").catch((thrown: unknown) => {
        throw fileSystemError(thrown, `read ${path}`);
    });
    try {
        for await (const entry of readTar(new FileInput(file), name)) {
            throwIfCancelled(signal, `read ${name}`);
            const at = imagePath(entry.path);
            const [, hex] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(at) ?? [];
            if (hex !== undefined) blobs.set(`sha256:${hex}`, { offset: entry.offset, length: entry.size });
            if (at === "index.json" || at === "manifest.json") documents.set(at, await takeBody(name, entry.bytes));
        }
    } finally {
        await file.close();
    }
    const index = documents.get("index.json");
    if (index !== undefined) return { index, blobs };
    throw refused(
        name,
        documents.has("manifest.json")
            ? "it is an archive of docker save from before version 25, without an OCI layout; " +
                  "convert it with skopeo copy docker-archive:... oci-archive:..."
            : "it is a tar archive without an OCI layout (index.json); write it with skopeo copy ... oci-archive:path",
    );
}

/** The manifest that a tag names, or the only one. */
function choose(name: string, index: Buffer, tag: string | undefined): Descriptor {
    const { manifests } = parseJson(name, "index.json", index);
    const entries = (Array.isArray(manifests) ? manifests : []).map((entry) => ({
        ...parseDescriptor(name, entry),
        tag: tagOf(entry),
    }));
    const found = tag === undefined ? entries : entries.filter((entry) => entry.tag === tag);
    const [first] = found;
    if (first !== undefined && found.length === 1) return first;
    const tags = entries.flatMap((entry) => entry.tag ?? []).join(", ") || "none";
    throw new BootsourceError(
        found.length === 0 ? "not-found" : "invalid-argument",
        found.length === 0
            ? `cannot read ${name}: the archive has no image ${tag === undefined ? "" : `with the tag "${tag}"`}; its tags: ${tags}`
            : `cannot read ${name}: the archive has ${found.length} images; say which one (oci-archive:path:tag), its tags: ${tags}`,
        { facts: { tags } },
    );
}

function tagOf(entry: unknown): string | undefined {
    const { annotations } = entry as { readonly annotations?: Readonly<Record<string, unknown>> };
    const tag = annotations?.["org.opencontainers.image.ref.name"];
    return typeof tag === "string" ? tag : undefined;
}
