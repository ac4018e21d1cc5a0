// Adoption: takes a DataVolume that Pulumi did not make as it is; whatever would bring bytes in again is an error.
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { type ImportedImageSpec, sizeOf } from "../model/imported-image.js";
import type { DataVolume, ImageFacts, PersistentVolumeClaim, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { contentOf, sameContent } from "../rules/content.js";
import { placementOf, toVolumeSpec } from "../rules/data-volume.js";
import type { World } from "./contract.js";

/** Throws `already-exists` with the first difference that adoption could only mend by a download. */
export async function refuseUnlike(spec: ImportedImageSpec, at: Ref, found: DataVolume, world: World): Promise<void> {
    const claim = await world.cluster.get("PersistentVolumeClaim", at);
    const difference = differenceOf(spec, at, found, claim, world);
    if (difference === undefined) return;
    throw new BootsourceError(
        "already-exists",
        `cannot adopt DataVolume ${describeRef(at)}: ${difference}; make the arguments say what is there, or choose another name`,
    );
}

function differenceOf(
    spec: ImportedImageSpec,
    at: Ref,
    found: DataVolume,
    claim: PersistentVolumeClaim | undefined,
    world: World,
): string | undefined {
    if (found.status?.phase !== "Succeeded" || claim === undefined) return "its import is not finished";
    const wanted = toVolumeSpec(spec, at.name, (path) => world.upstream.resolvePath(path));
    if (!sameContent(contentOf(asArguments(found.spec)), contentOf(asArguments(wanted)), digestOf(claim))) {
        return "it holds another image than the arguments ask for";
    }
    const { class: name } = placementOf(spec);
    const there = claim.spec.storageClassName;
    if (name !== undefined && name !== there) return `it lies on the storage class "${there ?? ""}", not on "${name}"`;
    const size = sizeOf(spec);
    const capacity = claim.status?.capacity?.storage ?? "0";
    return size !== undefined && parseQuantity(size) < parseQuantity(capacity)
        ? `it is larger (${capacity})`
        : undefined;
}

/** What a DataVolume says of its content, in the words of the arguments. */
function asArguments(spec: DataVolume["spec"]): ImportedImageSpec {
    const { http, file } = spec.source;
    const checksum = http?.checksum ?? file?.checksum;
    const source = http ? { http: { url: http.url } } : file ? { file: { path: file.path } } : { blank: {} };
    const format = spec.format === "raw" || spec.format === "qcow2" ? spec.format : undefined;
    return { source, checksum, format };
}

function digestOf(claim: PersistentVolumeClaim): string | undefined {
    const noted = claim.metadata.annotations?.["pulumi-bootsource/image"];
    return noted === undefined ? undefined : (JSON.parse(noted) as ImageFacts).digest;
}
