// The Role and the RoleBinding of `cloneableFrom`: made, kept in line, and taken away with their image. A store has no namespaces to guard.
import { type Owner, holds, ownerAnnotations } from "../cluster/ownership.js";
import type { Metadata, Ref } from "../model/objects.js";
import { type CloneableFrom, cloneRightsOf, cloneRightsRef } from "../rules/clone-rights.js";
import type { Data, World } from "./contract.js";
import { refuseUnlessOurs } from "./own-objects.js";

/** Whose images they are about; `only` narrows them to one claim. */
export interface CloneTarget {
    readonly at: Ref;
    readonly only: string | undefined;
    readonly owner: Owner;
}

/** Makes what the arguments ask for, and takes away what they asked for before. */
export async function syncCloneRights(
    wanted: CloneableFrom | undefined,
    last: Data | undefined,
    target: CloneTarget,
    world: World,
): Promise<void> {
    const { cluster } = world;
    if (cluster.capabilities.localVolumes) return;
    if (wanted === undefined) {
        if (last?.["cloneableFrom"] !== undefined) await removeCloneRights(target.at, target.owner.token, world);
        return;
    }
    const { role, binding } = cloneRightsOf(wanted, target, ownerAnnotations(target.owner));
    const at = cloneRightsRef(target.at);
    const adopt = ({ metadata }: { metadata: Metadata }): void => {
        metadata.annotations = { ...metadata.annotations, ...role.metadata.annotations };
    };
    const token = last === undefined ? undefined : target.owner.token;
    const roleThere = await cluster.get("Role", at);
    if (roleThere === undefined) await cluster.create("Role", role);
    else {
        refuseUnlessOurs({ kind: "Role", at, metadata: roleThere.metadata }, token, world);
        await cluster.update("Role", at, (object) => {
            object.rules = role.rules;
            adopt(object);
        });
    }
    const bindingThere = await cluster.get("RoleBinding", at);
    if (bindingThere === undefined) await cluster.create("RoleBinding", binding);
    else {
        refuseUnlessOurs({ kind: "RoleBinding", at, metadata: bindingThere.metadata }, token, world);
        await cluster.update("RoleBinding", at, (object) => {
            object.subjects = binding.subjects ?? [];
            adopt(object);
        });
    }
}

/** Takes away what carries the token; the binding first, so that nothing is bound to a role that is gone. */
export async function removeCloneRights(image: Ref, token: string, { cluster }: World): Promise<void> {
    if (cluster.capabilities.localVolumes) return;
    const at = cloneRightsRef(image);
    for (const kind of ["RoleBinding", "Role"] as const) {
        const found = await cluster.get(kind, at);
        if (found !== undefined && holds(found.metadata, token)) {
            await cluster.delete(kind, at, { uid: found.metadata.uid });
        }
    }
}
