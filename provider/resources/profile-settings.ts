// The profile of a storage default's class: what is asked for is written to the one that is there, and waited for until it counts.
import { waitFor } from "../cluster/wait.js";
import { BootsourceError } from "../model/errors.js";
import { conditionOf } from "../model/conditions.js";
import type { StorageClass } from "../model/objects.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import {
    type ProfileHold,
    applyWish,
    impossibleWish,
    profileHold,
    releaseProfile,
    unmetWishes,
    wishOf,
} from "../rules/profile-wish.js";
import type { World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** Throws `missing-object` where the profile could never follow, and `not-owned` where another resource has changed it. */
export async function surveyProfile(
    spec: StorageDefaultSpec,
    target: StorageClass,
    token: string | undefined,
    { cluster, urn }: Pick<World, "cluster" | "urn">,
): Promise<void> {
    const wish = wishOf(spec);
    if (Object.keys(wish).length === 0) return;
    const needs = wish.snapshotClass ?? [wish.dataImportCronSourceFormat, wish.cloneStrategy].includes("snapshot");
    const impossible =
        needs === false ? undefined : impossibleWish(target, wish, await cluster.list("VolumeSnapshotClass"));
    if (impossible !== undefined) throw new BootsourceError("missing-object", `cannot set the profile: ${impossible}`);
    const profile = await cluster.get("StorageProfile", { name: spec.storageClassName });
    const hold = profile && profileHold(profile);
    if (spec.takeOver !== true) refuseHeld(spec, hold, token, urn);
}

/** Writes what is asked for and waits until the profile's status says so; nothing where nothing is asked for, now or before. */
export async function settleProfile(
    spec: StorageDefaultSpec,
    owner: { readonly urn: string; readonly token: string },
    world: World,
): Promise<void> {
    const { cluster } = world;
    const at = { name: spec.storageClassName };
    const wish = wishOf(spec);
    const asks = Object.keys(wish).length > 0;
    const held = await cluster.get("StorageProfile", at);
    const hold = held && profileHold(held);
    if (!asks && hold?.token !== owner.token) return;
    const patience = spec.timeoutSeconds ?? defaultTimeoutSeconds;
    const stall = startStallTimer(`set the storage profile ${at.name}`, patience, world);
    try {
        // CDI makes a profile a moment after its class.
        if (asks) await waitFor(cluster, "StorageProfile", at, (profile) => profile && true, stall.signal);
        await cluster.update("StorageProfile", at, (profile) => {
            if (spec.takeOver !== true) refuseHeld(spec, profileHold(profile), owner.token, world.urn);
            applyWish(profile, wish, owner);
        });
        await waitFor(
            cluster,
            "StorageProfile",
            at,
            (profile) => {
                if (profile === undefined) throw gone(at.name);
                const unmet = unmetWishes(profile, wish);
                const effective = conditionOf(profile, "Effective");
                if (unmet.length > 0 && effective?.status === "False")
                    throw new BootsourceError("failed", effective.message);
                stall.saw(profile.status, `its status does not say so of ${unmet.join(", ")}`);
                return unmet.length === 0 ? true : undefined;
            },
            stall.signal,
        );
    } finally {
        stall.stop();
    }
}

/** Lets go of a profile that this resource changed; with `restore` its fields become what they were, where they are still ours. */
export async function letGoOfProfile(
    spec: StorageDefaultSpec,
    token: string,
    restore: boolean,
    { cluster }: Pick<World, "cluster">,
): Promise<void> {
    const at = { name: spec.storageClassName };
    const profile = await cluster.get("StorageProfile", at);
    if (profile === undefined || profileHold(profile)?.token !== token) return;
    await cluster.update("StorageProfile", at, (current) => {
        if (profileHold(current)?.token === token) releaseProfile(current, wishOf(spec), restore);
    });
}

function refuseHeld(
    spec: StorageDefaultSpec,
    hold: ProfileHold | undefined,
    token: string | undefined,
    urn: string,
): void {
    if (hold === undefined || hold.token === token || hold.urn === urn) return;
    throw new BootsourceError(
        "not-owned",
        `cannot set the storage profile ${spec.storageClassName}: ${hold.urn} has set it; say it there, or set takeOver: true`,
        { facts: { owner: hold.urn } },
    );
}

function gone(name: string): BootsourceError {
    return new BootsourceError(
        "gone",
        `cannot set the storage profile ${name}: its storage class was deleted meanwhile`,
    );
}
