// What a program imports.
import "../provider/model/require-node.js";

export { ImportedImage } from "./imported-image.js";
export type {
    ClaimArgs,
    ClaimRequestArgs,
    HttpCredentialsArgs,
    HttpSourceArgs,
    ImageCondition,
    ImportedImageArgs,
    ImportSourceArgs,
    StorageArgs,
} from "./imported-image-args.js";
export { Provider } from "./provider.js";
export type { ProviderArgs } from "./provider.js";
