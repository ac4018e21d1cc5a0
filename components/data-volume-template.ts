// The disk of a machine: an entry of `spec.dataVolumeTemplates`, for users who write their own machine, and for ours.
import * as pulumi from "@pulumi/pulumi";
import { dataVolumeTemplateComplaints } from "../provider/model/machine-disk.js";
import { withoutUndefined } from "../provider/model/without-undefined.js";
import type {
    DataVolumeClaim,
    DataVolumeTemplate,
    DataVolumeTemplateOptions,
    DiskSource,
    DiskSourceArgs,
} from "./data-volume-template-args.js";
import type { StorageArgs } from "./imported-image-args.js";
import { checkArguments } from "./check-arguments.js";

/**
 * An entry of `spec.dataVolumeTemplates` for a machine that you write yourself: KubeVirt makes the DataVolume with the machine, and
 * deletes it with the machine.
 *
 * ```ts
 * new kubernetes.apiextensions.CustomResource("web", {
 *     apiVersion: "kubevirt.io/v1",
 *     kind: "VirtualMachine",
 *     spec: {
 *         dataVolumeTemplates: [bootsource.dataVolumeTemplate(fedora, { name: "web-root", storage: { size: "30Gi" } })],
 *         // ...
 *     },
 * });
 * ```
 */
export function dataVolumeTemplate(source: DiskSource, options: DataVolumeTemplateOptions): DataVolumeTemplate {
    const resource = pulumi.Resource.isInstance(source) ? source : undefined;
    const args = checkArguments(
        dataVolumeTemplateComplaints,
        { ...options, source: inCdisWords(source) },
        `make the disk ${typeof options.name === "string" ? options.name : "of a machine"}`,
        resource,
    );
    return renderDataVolume(args);
}

/** The same, of arguments that were checked. */
export function renderDataVolume({
    source: { sourceRef, ...source },
    name,
    storage,
    pvc,
    labels,
    annotations,
}: DataVolumeTemplateOptions & { readonly source: DiskSourceArgs }): DataVolumeTemplate {
    return {
        metadata: withoutUndefined({ name, labels, annotations }),
        spec: {
            ...(sourceRef === undefined ? { source } : { sourceRef: { kind: "DataSource", ...sourceRef } }),
            ...(pvc === undefined ? { storage: renderClaim(storage ?? {}) } : { pvc: renderClaim(pvc) }),
        },
    };
}

/** A source as CDI writes it. Resources of ours are known by their outputs: two copies of the package may meet. */
export function inCdisWords(source: DiskSource): DiskSourceArgs {
    if (!pulumi.Resource.isInstance(source)) return source;
    if ("dataSource" in source) {
        const { dataSource } = source;
        return { sourceRef: { kind: "DataSource", namespace: dataSource.namespace, name: dataSource.name } };
    }
    const { namespace, claimName } = source;
    return { pvc: { namespace, name: claimName } };
}

function renderClaim({ size, resources, storageClassName, accessModes, volumeMode }: StorageArgs): DataVolumeClaim {
    return withoutUndefined({
        resources: size === undefined ? resources : { requests: { storage: size } },
        storageClassName,
        accessModes,
        volumeMode,
    });
}
