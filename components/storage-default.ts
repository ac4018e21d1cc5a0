// StorageDefault: the class. All it does is hand its arguments to the provider that the text names.
import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../provider/dynamic/provider-text.js";
import { ownUrn } from "./own-urn.js";
import { withoutStacks } from "./short-stacks.js";
import type { DefaultsByRole, ShownStorageProfile, StorageDefaultArgs } from "./storage-default-args.js";

const type = "pulumi-nodejs:dynamic/bootsource:StorageDefault";

const outputs = {
    effectiveSourceFormat: undefined,
    previousDefaults: undefined,
    profile: undefined,
    roles: undefined,
};

/**
 * The storage class that disk images land on, and the format that boot sources are kept in there.
 *
 * ```ts
 * const fast = new bootsource.StorageDefault("vms", {
 *     storageClassName: "fast",
 *     dataImportCronSourceFormat: "snapshot",
 * });
 * export const before = fast.previousDefaults;
 * ```
 *
 * The new mark is set before the old ones are cleared, so that there is a default at any moment. Nothing is deleted here: the
 * boot sources that follow the default move over, and each cleans up after itself. Make it before the boot sources of the same
 * program (`dependsOn`), or they land on the old default first. One resource holds a role of a cluster at a time.
 */
export class StorageDefault extends pulumi.CustomResource {
    /** What the class is the default for now: "virt", "cluster", both or none. */
    declare readonly roles: pulumi.Output<string[]>;
    /** The classes that were marked when this resource was made. */
    declare readonly previousDefaults: pulumi.Output<DefaultsByRole>;
    /** The format in which boot sources are kept on the class: "pvc" or "snapshot" (the profile's status). */
    declare readonly effectiveSourceFormat: pulumi.Output<string>;
    /** The class's StorageProfile: what was asked for, and what counts. */
    declare readonly profile: pulumi.Output<ShownStorageProfile>;

    /** Errors of the arguments are found in preview, with their path; see docs/errors.md for all others. */
    constructor(name: string, args: StorageDefaultArgs, opts?: pulumi.CustomResourceOptions) {
        const inputs = {
            ...outputs,
            ...args,
            __preview: pulumi.runtime.isDryRun(),
            __urn: ownUrn(name, type, opts),
            __provider: providerText("StorageDefault"),
        };
        const stacks = withoutStacks();
        try {
            super(type, name, inputs, pulumi.mergeOptions({ hideDiffs: ["__provider"] }, opts));
            stacks.restore();
        } catch (error) {
            stacks.restore(error);
            throw error;
        }
    }
}
