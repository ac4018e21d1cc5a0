// What the importer notes on a claim, and what flows to a snapshot of it, about the image in it.
import type { ImageFacts, Metadata } from "./objects.js";

/** Where a claim or a snapshot keeps what was found out about its image, as JSON of `ImageFacts`. */
export const imageAnnotation = "pulumi-bootsource/image";

/** Reads `imageAnnotation`; undefined before an import has ended, and where there is no object. */
export function imageFactsIn(metadata: Pick<Metadata, "annotations"> | undefined): ImageFacts | undefined {
    const text = metadata?.annotations?.[imageAnnotation];
    return text === undefined ? undefined : (JSON.parse(text) as ImageFacts);
}

/** Every digest that an image is known by: of the bytes served, or of the manifest and of its index. */
export function digestsOf(image: ImageFacts | undefined): string[] {
    const { digest, container } = image ?? {};
    return [digest, container?.digest, container?.indexDigest].filter(
        (known): known is string => known !== undefined && known !== "",
    );
}
