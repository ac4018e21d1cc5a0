// Every resource there is, by the name of its class.
import type { Data, Resource } from "../resources/contract.js";
import { importedImage } from "../resources/imported-image.js";

/** The resource behind a class. Each keeps its own spec and state types; here they are plain data. */
export const resources = {
    ImportedImage: importedImage as unknown as Resource<unknown, Data>,
} as const;

/** The name of a resource class. */
export type ResourceKind = keyof typeof resources;
