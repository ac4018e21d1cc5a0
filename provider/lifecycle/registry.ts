// Every resource there is, by the name of its class.
import type { Data, Resource } from "../resources/contract.js";
import { bootSource } from "../resources/boot-source.js";
import { importedImage } from "../resources/imported-image.js";
import { storageDefault } from "../resources/storage-default.js";
import { systemBootSources } from "../resources/system-boot-sources.js";

/** The resource behind a class. Each keeps its own spec and state types; here they are plain data. */
export const resources = {
    BootSource: bootSource as unknown as Resource<unknown, Data>,
    ImportedImage: importedImage as unknown as Resource<unknown, Data>,
    StorageDefault: storageDefault as unknown as Resource<unknown, Data>,
    SystemBootSources: systemBootSources as unknown as Resource<unknown, Data>,
} as const;

/** The name of a resource class. */
export type ResourceKind = keyof typeof resources;
