// Adoption: takes a DataVolume that Pulumi did not make as it is; whatever would bring bytes in again is an error.
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { type ImportedImageSpec, sizeOf } from "../model/imported-image.js";
import type { SourceDetails } from "../model/image-source.js";
import type { DataVolume, PersistentVolumeClaim, Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { contentOf, sameContent } from "../rules/content.js";
import { placementOf, toVolumeSpec } from "../rules/data-volume.js";
import type { World } from "./contract.js";
import { digestsOf, imageFactsIn } from "../model/image-facts.js";

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
    if (
        !sameContent(
            contentOf(asArguments(found.spec)),
            contentOf(asArguments(wanted)),
            digestsOf(imageFactsIn(claim.metadata)),
        )
    ) {
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
function asArguments({ source, format, contentType }: DataVolume["spec"]): ImportedImageSpec {
    const [kind = "blank", details = {}] = Object.entries(source)[0] ?? [];
    const { url, path, imageStream, platform, namespace, name, checksum } = details as SourceDetails;
    return {
        source: { [kind]: { url, path, imageStream, platform, namespace, name } },
        checksum,
        format: format === "raw" || format === "qcow2" ? format : undefined,
        contentType,
    };
}
