// From a reference to the one image that it means on a machine: through an index to the platform's manifest.
import type { ContainerFacts } from "../../../model/objects.js";
import { parseDocument, refused, type Document } from "./manifest.js";
import { choosePlatform } from "./platform.js";
import type { ImageStore } from "./store.js";

/** An image, by its manifest. */
export interface ResolvedImage {
    readonly manifest: Extract<Document, { kind: "image" }>;
    readonly container: ContainerFacts;
}

/** An index may lead to another one, but not for ever. */
const maxIndexes = 3;

/** Asks for the manifest, or for the index and the manifest; `digest` is the one in the reference. */
export async function resolveImage(
    store: ImageStore,
    digest: string | undefined,
    architecture: string,
    signal: AbortSignal,
): Promise<ResolvedImage> {
    const { name } = store;
    let document = parseDocument(name, await store.manifest(undefined, signal), digest);
    const indexDigest = document.kind === "index" ? document.digest : undefined;
    for (let indexes = 1; document.kind === "index"; indexes += 1) {
        if (indexes > maxIndexes)
            throw refused(name, "its index leads to an index again and again; push the image again");
        const choice = choosePlatform(name, document.choices, architecture);
        document = parseDocument(name, await store.manifest(choice.digest, signal), choice.digest);
    }
    const layerBytes = document.layers.reduce((sum, { size }) => sum + size, 0);
    return { manifest: document, container: { digest: document.digest, indexDigest, layerBytes, labels: undefined } };
}
