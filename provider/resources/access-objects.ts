// Credentials and certificates of the arguments, as the Secret and the ConfigMap that CDI reads; a user's own are left alone.
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { ImportedImageSpec } from "../model/imported-image.js";
import type { DataVolume, Metadata, New } from "../model/objects.js";
import { accessRef, toAccessObjects } from "../rules/data-volume.js";
import type { World } from "./contract.js";

/** Makes them, follows the arguments, and removes what is no longer given. */
export async function syncAccess(spec: ImportedImageSpec, volume: DataVolume, world: World): Promise<void> {
    const { secret, configMap } = toAccessObjects(spec, volume);
    await sync("Secret", secret, volume, world);
    await sync("ConfigMap", configMap, volume, world);
}

async function sync<K extends "Secret" | "ConfigMap">(
    kind: K,
    wanted: New<K> | undefined,
    volume: DataVolume,
    { cluster }: World,
): Promise<void> {
    const at = accessRef(volume.metadata);
    const found = await cluster.get(kind, at);
    if (found === undefined) {
        if (wanted !== undefined) await cluster.create(kind, wanted);
        return;
    }
    const ours = isChild(found.metadata, volume);
    if (wanted === undefined) {
        if (ours) await cluster.delete(kind, at);
        return;
    }
    if (!ours) {
        throw new BootsourceError(
            "already-exists",
            `cannot keep the credentials of ${describeRef(volume.metadata)}: there is a ${kind} ${describeRef(at)} that is not ` +
                "ours; remove it, or name it in secretRef or certConfigMap instead of giving its content",
        );
    }
    await cluster.update(kind, at, (object) => Object.assign(object, { data: (wanted as { data?: unknown }).data }));
}

function isChild({ ownerReferences }: Metadata, volume: DataVolume): boolean {
    return ownerReferences?.some(({ uid }) => uid === volume.metadata.uid) === true;
}
