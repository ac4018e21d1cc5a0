// ImportedImage: the class. All it does is hand its arguments, with secrets wrapped, to the provider that the text names.
import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../provider/dynamic/provider-text.js";
import type { ImageCondition, ImportedImageArgs } from "./imported-image-args.js";
import { ownUrn } from "./own-urn.js";
import { withoutStacks } from "./short-stacks.js";
import { withSecrets } from "./source-secrets.js";

const type = "pulumi-nodejs:dynamic/bootsource:ImportedImage";

const outputs = {
    claimName: undefined,
    conditions: undefined,
    digest: undefined,
    imageLabels: undefined,
    indexDigest: undefined,
    modified: undefined,
    path: undefined,
    phase: undefined,
    size: undefined,
    storageClass: undefined,
    virtualSize: undefined,
};

/**
 * One disk image, brought in once, verified, and ready to clone: a claim with a raw disk that holds exactly what the image
 * holds, grown to the size asked for.
 *
 * ```ts
 * const fedora = new bootsource.ImportedImage("fedora", {
 *     source: { http: { url: "https://images.example.com/fedora-42.qcow2" } },
 *     checksum: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
 *     storage: { size: "10Gi" },
 * });
 * export const disk = fedora.path;
 * ```
 *
 * Another image (another checksum; without one another URL) replaces this one: the new disk is ready before the old one goes.
 * Credentials, certificates, headers, mirrors and timeouts never import again. A disk that was written to since its import, or
 * that a program has open, is neither replaced nor deleted unless `force` is set.
 */
export class ImportedImage extends pulumi.CustomResource {
    /** Name of the claim that holds the disk; known in previews. */
    declare readonly claimName: pulumi.Output<string>;
    /** Namespace of the claim. */
    declare readonly namespace: pulumi.Output<string>;
    /** Phase of the DataVolume: "Succeeded" once the disk is ready. */
    declare readonly phase: pulumi.Output<string>;
    /** Absolute path of the raw disk, or of the directory that an archive was unpacked to (embedded stores only). */
    declare readonly path: pulumi.Output<string>;
    /** Format of the image as it was found: "raw", "qcow2", "vdi", "vpc" (VHD), "vhdx", "vmdk", or "tar" for an archive. A disk is always raw. */
    declare readonly format: pulumi.Output<string>;
    /** Bytes of the guest disk that the image holds. */
    declare readonly virtualSize: pulumi.Output<number>;
    /** Bytes of the disk: the size asked for, or the virtual size. */
    declare readonly size: pulumi.Output<number>;
    /** "sha256:<hex>" of the bytes as served; of a registry image, of its platform's manifest. */
    declare readonly digest: pulumi.Output<string>;
    /** "sha256:<hex>" of the index that a registry's reference led to, where it led to one. */
    declare readonly indexDigest: pulumi.Output<string | undefined>;
    /** Labels that a registry image asks for by its environment (INSTANCETYPE_KUBEVIRT_IO_...): default instance type and preference. */
    declare readonly imageLabels: pulumi.Output<Record<string, string> | undefined>;
    /** Storage class that the disk landed on. */
    declare readonly storageClass: pulumi.Output<string>;
    /** Conditions of the DataVolume, without their times. */
    declare readonly conditions: pulumi.Output<ImageCondition[]>;
    /** Whether the disk was written to since its import, as of the last update or refresh. */
    declare readonly modified: pulumi.Output<boolean>;

    /** Errors of the arguments are found in preview, with their path; see docs/errors.md for all others. */
    constructor(name: string, args: ImportedImageArgs, opts?: pulumi.CustomResourceOptions) {
        const inputs = {
            // Before the arguments: an output that is also an argument keeps what the program says.
            ...outputs,
            format: undefined,
            namespace: undefined,
            ...args,
            source: withSecrets(args.source),
            __preview: pulumi.runtime.isDryRun(),
            __urn: ownUrn(name, type, opts),
            __provider: providerText("ImportedImage"),
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

    /** Refers to an image that is there already, by "namespace/name", without managing it. */
    static get(name: string, id: pulumi.Input<pulumi.ID>, opts?: pulumi.CustomResourceOptions): ImportedImage {
        return new ImportedImageReference(name, pulumi.mergeOptions(opts, { id })) as unknown as ImportedImage;
    }
}

/** What `get` makes: the engine reads it by its id, and needs nothing but the text of the provider. */
class ImportedImageReference extends pulumi.CustomResource {
    constructor(name: string, opts: pulumi.CustomResourceOptions) {
        const inputs = {
            ...outputs,
            format: undefined,
            namespace: undefined,
            __provider: providerText("ImportedImage"),
        };
        super(type, name, inputs, opts);
    }
}
