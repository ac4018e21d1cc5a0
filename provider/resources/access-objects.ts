// Credentials and certificates of the arguments, as the Secret and the ConfigMap that CDI reads; a user's own are left alone.
import { describeRef } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import type { ImportedImageSpec } from "../model/imported-image.js";
import type { Metadata, New } from "../model/objects.js";
import { type AccessOwner, accessOf, accessOfAnnotation, accessRef, toAccessObjects } from "../rules/data-volume.js";
import type { World } from "./contract.js";

/** What a source says of credentials. */
type Given = Pick<ImportedImageSpec, "source">;

/**
 * Makes them, follows the arguments, and removes what is no longer given. `earlier` is what was there before: where nothing of
 * it speaks of any, nothing is looked for, in a stack of a thousand images.
 */
export async function syncAccess(
    spec: Given,
    owner: AccessOwner,
    world: World,
    earlier?: { readonly state: object | undefined; readonly spec: object | undefined },
): Promise<void> {
    if (earlier !== undefined && !speaksOfAny([spec, earlier.state], earlier.spec, owner)) return;
    const { secret, configMap } = toAccessObjects(spec, owner);
    await sync("Secret", secret, owner, world);
    await sync("ConfigMap", configMap, owner, world);
}

async function sync<K extends "Secret" | "ConfigMap">(
    kind: K,
    wanted: New<K> | undefined,
    owner: AccessOwner,
    { cluster }: World,
): Promise<void> {
    const at = accessRef(owner.metadata);
    const found = await cluster.get(kind, at);
    if (found === undefined) {
        if (wanted !== undefined) await cluster.create(kind, wanted);
        return;
    }
    const ours = isOurs(found.metadata, owner);
    if (wanted === undefined) {
        if (ours) await cluster.delete(kind, at);
        return;
    }
    if (!ours) {
        throw new BootsourceError(
            "already-exists",
            `cannot keep the credentials of ${describeRef(owner.metadata)}: there is a ${kind} ${describeRef(at)} that is not ` +
                "ours; remove it, or name it in secretRef or certConfigMap instead of giving its content",
        );
    }
    await cluster.update(kind, at, (object) => {
        const { ownerReferences = [] } = wanted.metadata;
        Object.assign(object, { data: (wanted as { data?: unknown }).data });
        object.metadata.ownerReferences = ownerReferences;
    });
}

/** Lets what the owner's spec names outlive it: another one of that name will take it up. */
export async function releaseAccess(owner: AccessOwner & { readonly spec: object }, { cluster }: World): Promise<void> {
    if (!names(owner.spec, owner)) return;
    const at = accessRef(owner.metadata);
    for (const kind of ["Secret", "ConfigMap"] as const) {
        const found = await cluster.get(kind, at);
        if (found === undefined || !isOurs(found.metadata, owner)) continue;
        await cluster.update(kind, at, ({ metadata }: { metadata: Metadata }) => {
            metadata.ownerReferences = [];
        });
    }
}

/** Whether arguments give some, or a spec that is there names what was made of them. */
function speaksOfAny(given: readonly (object | undefined)[], there: object | undefined, owner: AccessOwner): boolean {
    const gives = (spec: object): boolean =>
        Object.values(toAccessObjects(spec as Given, owner)).some((made) => made !== undefined);
    return given.some((spec) => spec !== undefined && gives(spec)) || names(there ?? {}, owner);
}

function names(spec: object, { metadata }: AccessOwner): boolean {
    return JSON.stringify(spec).includes(JSON.stringify(accessRef(metadata).name));
}

function isOurs({ ownerReferences, annotations }: Metadata, owner: AccessOwner): boolean {
    if (annotations?.[accessOfAnnotation] === accessOf(owner)) return true;
    return ownerReferences?.some(({ uid }) => uid === owner.metadata.uid) === true;
}
