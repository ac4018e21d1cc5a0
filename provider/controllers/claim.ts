// Claims: made for a DataVolume with the class that CDI would choose, and grown when more is asked for.
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type { ClaimSpec, DataVolume, DiskRecord, New, PersistentVolumeClaim, Ref } from "../model/objects.js";
import { formatQuantity, parseQuantity } from "../model/quantity.js";
import { chooseStorageClass } from "../rules/storage-class.js";
import type { Controller, ControllerWorld } from "./contract.js";

/** The claim of a DataVolume, made or brought in line with its spec. Throws `missing-object` while no class fits. */
export async function ensureClaim(volume: DataVolume, world: ControllerWorld): Promise<PersistentVolumeClaim> {
    const at = { namespace: volume.metadata.namespace, name: volume.metadata.name };
    const spec = await claimSpec(volume, world);
    const claim = await world.cluster.get("PersistentVolumeClaim", at);
    if (claim === undefined) return world.cluster.create("PersistentVolumeClaim", newClaim(volume, spec));
    if (claim.metadata.ownerReferences?.some((owner) => owner.uid === volume.metadata.uid) !== true) {
        throw new BootsourceError(
            "already-exists",
            `cannot create DataVolume ${at.namespace}/${at.name}: Destination PVC ${at.namespace}/${at.name} already exists; ` +
                "choose another name, or remove that claim",
        );
    }
    if (JSON.stringify(claim.spec) === JSON.stringify(spec)) return claim;
    return world.cluster.update("PersistentVolumeClaim", at, (current) => {
        current.spec = spec;
    });
}

/** Grows a bound claim's disk to what its spec asks for; a claim never shrinks. */
export const expandClaim: Controller<"PersistentVolumeClaim"> = async (claim, world) => {
    const { staged, disk, phase, capacity } = claim.status ?? {};
    const asked = claim.spec.resources?.requests?.storage;
    if (phase !== "Bound" || disk === undefined || staged !== undefined || asked === undefined) return "settled";
    if (parseQuantity(asked) <= parseQuantity(capacity?.storage ?? "0")) return "settled";
    await world.cluster.update(
        "PersistentVolumeClaim",
        at(claim),
        await grow(disk, parseQuantity(asked), world),
        "status",
    );
    return "settled";
};

/** Grows the disk, and answers how the claim's status tells of it: Kubernetes' resizer has a condition for what fails. */
async function grow(
    disk: DiskRecord,
    size: number,
    { disks, clock }: ControllerWorld,
): Promise<(claim: PersistentVolumeClaim) => void> {
    try {
        const grown = await disks.expand(disk, size);
        const capacity = { storage: formatQuantity(grown.size) };
        return (current) => {
            current.status = { ...current.status, disk: grown.record, capacity, conditions: [] };
        };
    } catch (thrown) {
        const { message } = toBootsourceError(thrown, `grow the disk ${disk.path}`);
        const lastTransitionTime = new Date(clock.now()).toISOString();
        return (current) => {
            const failed = {
                type: "ControllerResizeError",
                status: "True",
                reason: "Error",
                message,
                lastTransitionTime,
            } as const;
            current.status = { ...current.status, conditions: [failed] };
        };
    }
}

function at({ metadata }: PersistentVolumeClaim): Ref {
    return { namespace: metadata.namespace, name: metadata.name };
}

/** From `pvc` (taken as it is) or `storage` (completed) to a claim's spec (CDI, pkg/controller/datavolume/util.go). */
async function claimSpec(volume: DataVolume, { cluster }: ControllerWorld): Promise<ClaimSpec> {
    const { pvc, storage, contentType = "kubevirt" } = volume.spec;
    const asked = pvc ?? storage ?? {};
    const virtualization = pvc === undefined && contentType === "kubevirt";
    const chosen = chooseStorageClass(await cluster.list("StorageClass"), {
        name: asked.storageClassName,
        virtualization,
    });
    if (chosen === undefined) {
        const why =
            asked.storageClassName === undefined
                ? "no storage class is marked as default; name one in storageClassName"
                : `there is no storage class "${asked.storageClassName}"; make it, or name another one`;
        throw new BootsourceError("missing-object", `cannot provision DataVolume ${volume.metadata.name}: ${why}`);
    }
    if (asked.volumeMode === "Block") {
        throw new BootsourceError(
            "invalid-argument",
            `cannot provision DataVolume ${volume.metadata.name}: the storage class "${chosen.metadata.name}" keeps disks as ` +
                "files; leave volumeMode out, or set it to Filesystem",
        );
    }
    return {
        accessModes: asked.accessModes ?? ["ReadWriteOnce"],
        volumeMode: "Filesystem",
        storageClassName: chosen.metadata.name,
        ...(asked.resources === undefined ? {} : { resources: asked.resources }),
    };
}

function newClaim(volume: DataVolume, spec: ClaimSpec): New<"PersistentVolumeClaim"> {
    const { name, namespace, uid, labels } = volume.metadata;
    return {
        metadata: {
            name,
            ...(namespace === undefined ? {} : { namespace }),
            labels: { ...labels, app: "containerized-data-importer" },
            annotations: {
                "cdi.kubevirt.io/storage.contentType": volume.spec.contentType ?? "kubevirt",
                "cdi.kubevirt.io/storage.preallocation.requested": String(volume.spec.preallocation ?? false),
            },
            ownerReferences: [{ kind: "DataVolume", name, uid }],
        },
        spec,
    };
}
