// BootSource: the class. All it does is hand its arguments, with secrets wrapped, to the provider that the text names.
import * as pulumi from "@pulumi/pulumi";
import { providerText } from "../provider/dynamic/provider-text.js";
import type { BootSourceArgs, BootSourceImport, ObjectReference } from "./boot-source-args.js";
import { ownUrn } from "./own-urn.js";
import { withoutStacks } from "./short-stacks.js";
import { withSecrets } from "./source-secrets.js";

const type = "pulumi-nodejs:dynamic/bootsource:BootSource";

const outputs = {
    cronName: undefined,
    dataSource: undefined,
    digest: undefined,
    imageDigest: undefined,
    imports: undefined,
    path: undefined,
    ready: undefined,
    size: undefined,
    sourceFormat: undefined,
    storageClass: undefined,
    storageClassReason: undefined,
    upToDate: undefined,
    upToDateMessage: undefined,
    upToDateReason: undefined,
};

/**
 * A named image that is kept current: a schedule asks its source, each newer image is imported, and a DataSource points at the
 * newest that is whole. Machines clone from the DataSource; it never waits for a newer image.
 *
 * ```ts
 * const fedora = new bootsource.BootSource("my-fedora", {
 *     source: { registry: { url: "docker://quay.io/containerdisks/fedora:latest" } },
 *     schedule: "0 *\/12 * * *",
 *     storage: { size: "5Gi" },
 *     importsToKeep: 2,
 * });
 * export const dataSource = fedora.dataSource;
 * ```
 *
 * Another digest, storage class or format is brought in beside the present image, which serves until then. Going back to an
 * import that was kept downloads nothing. What each change does: docs/boot-sources.md.
 */
export class BootSource extends pulumi.CustomResource {
    /** The DataSource that machines clone from; known in every preview. */
    declare readonly dataSource: pulumi.Output<ObjectReference>;
    /** Name of the DataImportCron; known in every preview. */
    declare readonly cronName: pulumi.Output<string>;
    /** Namespace of cron, DataSource and images. */
    declare readonly namespace: pulumi.Output<string>;
    /** Of the current image: what a registry's reference leads to (its index, where there is one), else "sha256:<hex>" of the bytes served. */
    declare readonly digest: pulumi.Output<string>;
    /** Of a registry image's manifest, its platform's. */
    declare readonly imageDigest: pulumi.Output<string | undefined>;
    /** How the current image is kept: "pvc" or "snapshot". */
    declare readonly sourceFormat: pulumi.Output<string>;
    /** Storage class that the current image lies on. */
    declare readonly storageClass: pulumi.Output<string>;
    /** Why that class: named, the default for virtualization, or the cluster's default. */
    declare readonly storageClassReason: pulumi.Output<string>;
    /** Whether machines can clone from the DataSource. An older image may serve while a newer one fails. */
    declare readonly ready: pulumi.Output<boolean>;
    /** Whether the current image is the one that is wanted; if not, the next two say why. */
    declare readonly upToDate: pulumi.Output<boolean>;
    /** CDI's reason: UpToDate, Outdated, ImportProgressing, NoDigest, ... */
    declare readonly upToDateReason: pulumi.Output<string>;
    declare readonly upToDateMessage: pulumi.Output<string>;
    /** The imports that are kept, the last used first. */
    declare readonly imports: pulumi.Output<BootSourceImport[]>;
    /** Absolute path of the current disk (embedded stores only). */
    declare readonly path: pulumi.Output<string>;
    /** Bytes of the current disk. */
    declare readonly size: pulumi.Output<number>;

    /** Errors of the arguments are found in preview, with their path; see docs/errors.md for all others. */
    constructor(name: string, args: BootSourceArgs, opts?: pulumi.CustomResourceOptions) {
        const inputs = {
            // Before the arguments: an output that is also an argument keeps what the program says.
            ...outputs,
            namespace: undefined,
            ...args,
            source: withSecrets(args.source),
            __preview: pulumi.runtime.isDryRun(),
            __urn: ownUrn(name, type, opts),
            __provider: providerText("BootSource"),
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
