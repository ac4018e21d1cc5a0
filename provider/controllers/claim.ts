// Claims: made for a DataVolume with the class that CDI would choose, and grown when more is asked for.
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type {
    ClaimSpec,
    DataVolume,
    DiskRecord,
    New,
    PersistentVolumeClaim,
    Ref,
    StorageProfile,
} from "../model/objects.js";
import { formatQuantity, parseQuantity } from "../model/quantity.js";
import { chooseStorageClass } from "../rules/storage-class.js";
import type { Controller, ControllerWorld } from "./contract.js";

/** The claim of a DataVolume, made or brought in line with its spec. Throws `missing-object` while no class fits. */
export async function ensureClaim(volume: DataVolume, world: ControllerWorld): Promise<PersistentVolumeClaim> {
    const at = { namespace: volume.metadata.namespace, name: volume.metadata.name };
    const spec = await claimSpec(volume, world);
    const claim = await world.cluster.get("PersistentVolumeClaim", at);
    if (claim === undefined) return createClaim(volume, spec, world);
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

/** An owner that is deleted at this very moment has taken its children along already: this one would be left over. */
async function createClaim(
    volume: DataVolume,
    spec: ClaimSpec,
    { cluster }: ControllerWorld,
): Promise<PersistentVolumeClaim> {
    const { name, namespace, uid } = volume.metadata;
    const claim = await cluster.create("PersistentVolumeClaim", newClaim(volume, spec));
    if ((await cluster.get("DataVolume", { name, namespace }))?.metadata.uid === uid) return claim;
    await cluster.delete("PersistentVolumeClaim", { name, namespace }, { uid: claim.metadata.uid });
    throw new BootsourceError("gone", `cannot fill the claim ${name}: its DataVolume was deleted meanwhile`);
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
    const profile = await cluster.get("StorageProfile", { name: chosen.metadata.name });
    const { accessModes, volumeMode } = pvc === undefined ? completeModes(asked, profile) : asked;
    if (volumeMode === "Block") {
        throw new BootsourceError(
            "invalid-argument",
            `cannot provision DataVolume ${volume.metadata.name}: the storage class "${chosen.metadata.name}" keeps disks as ` +
                "files; leave volumeMode out, or set it to Filesystem" +
                (asked.volumeMode === undefined ? " (the class's StorageProfile asks for Block)" : ""),
        );
    }
    return {
        accessModes: accessModes ?? ["ReadWriteOnce"],
        volumeMode: "Filesystem",
        storageClassName: chosen.metadata.name,
        ...(asked.resources === undefined ? {} : { resources: asked.resources }),
    };
}

/** Modes that are not given: those of the profile's first set, or of its first set that has the mode that is given. */
function completeModes(
    { accessModes, volumeMode }: ClaimSpec,
    profile: StorageProfile | undefined,
): Pick<ClaimSpec, "accessModes" | "volumeMode"> {
    const set = (profile?.status?.claimPropertySets ?? []).find(
        (one) =>
            (volumeMode === undefined || one.volumeMode === volumeMode) &&
            (accessModes === undefined || accessModes.some((mode) => one.accessModes.includes(mode))),
    );
    const [modes, mode] = [accessModes ?? set?.accessModes, volumeMode ?? set?.volumeMode];
    return {
        ...(modes === undefined ? {} : { accessModes: modes }),
        ...(mode === undefined ? {} : { volumeMode: mode }),
    };
}

function newClaim(volume: DataVolume, spec: ClaimSpec): New<"PersistentVolumeClaim"> {
    const { name, namespace, uid, labels, annotations = {} } = volume.metadata;
    // CDI hands all of them on; the marks of who made the DataVolume are not the claim's.
    const handedOn = Object.entries(annotations).filter(([key]) => !key.startsWith("pulumi-bootsource/"));
    return {
        metadata: {
            name,
            ...(namespace === undefined ? {} : { namespace }),
            labels: { ...labels, app: "containerized-data-importer" },
            annotations: {
                ...Object.fromEntries(handedOn),
                "cdi.kubevirt.io/storage.contentType": volume.spec.contentType ?? "kubevirt",
                "cdi.kubevirt.io/storage.preallocation.requested": String(volume.spec.preallocation ?? false),
            },
            ownerReferences: [{ kind: "DataVolume", name, uid }],
        },
        spec,
    };
}
