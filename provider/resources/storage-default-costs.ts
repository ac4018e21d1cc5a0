// What a change of a storage default does, for the preview: marks that move, the profile, and the boot sources that follow.
import { presentLanding } from "../cluster/landing.js";
import { describeRef } from "../cluster/wait.js";
import { isSame } from "../model/canonical.js";
import type { Effect } from "../model/effects.js";
import { type BootsourceError, isBootsourceError } from "../model/errors.js";
import type { StorageClass, StorageProfile } from "../model/objects.js";
import type { StorageDefaultSpec } from "../model/storage-default.js";
import { holdersOf, isMarked, roleNames, rolesOf, setMark } from "../rules/default-roles.js";
import { applyWish, profileFields, wishOf } from "../rules/profile-wish.js";
import { surveyMarks } from "./default-marks.js";
import { expectStorage, withExpectedStorage } from "./expected-storage.js";
import { type StorageView, cronsWithin, followersOf, lookAtStorage } from "./followers.js";
import { surveyProfile } from "./profile-settings.js";
import { priceOf } from "./storage-move.js";
import type { World } from "./contract.js";

/** Lines about single boot sources; with more of them the others share one. */
const most = 8;

/** What the update will do, and what stands in its way: the same run may still mend that, so it is a warning. */
export async function describeStorageDefaultChange(
    spec: StorageDefaultSpec,
    token: string | undefined,
    world: World,
): Promise<{ effects: Effect[]; warnings: string[] }> {
    const { cluster } = withExpectedStorage(world, undefined);
    try {
        const { target } = await surveyMarks(spec, token, world);
        await surveyProfile(spec, target, token, world);
    } catch (thrown) {
        if (!isObstacle(thrown)) throw thrown;
        return { effects: [], warnings: [thrown.message] };
    }
    const before = await lookAtStorage(cluster);
    const after = viewAfter(spec, before);
    expectStorage(world.cluster, after);
    const warnings = [...incomplete(spec, after), ...several(spec, after)];
    const effects = [
        ...profileEffects(spec, before),
        ...markEffects(spec, before),
        ...(await moves(spec, after, world)),
    ];
    return { effects, warnings };
}

/** Others of its errors are of the configuration, or of rights. */
function isObstacle(thrown: unknown): thrown is BootsourceError {
    return isBootsourceError(thrown) && ["missing-object", "not-owned"].includes(thrown.code);
}

/** Classes and profiles once the update has been carried out. */
function viewAfter(spec: StorageDefaultSpec, { classes, profiles }: StorageView): StorageView {
    const wish = wishOf(spec);
    const copy: { classes: StorageClass[]; profiles: StorageProfile[] } = structuredClone({
        classes: [...classes],
        profiles: [...profiles],
    });
    for (const one of copy.classes) {
        const isTarget = one.metadata.name === spec.storageClassName;
        for (const role of rolesOf(spec)) if (isTarget || spec.exclusive !== false) setMark(one, role, isTarget);
    }
    const profile = copy.profiles.find(({ metadata }) => metadata.name === spec.storageClassName);
    if (profile !== undefined) {
        applyWish(profile, wish, { urn: "", token: "" });
        profile.status = { ...profile.status, ...wish };
    }
    return copy;
}

function profileEffects(spec: StorageDefaultSpec, { profiles }: StorageView): Effect[] {
    const profile = profiles.find(({ metadata }) => metadata.name === spec.storageClassName);
    const wish = wishOf(spec);
    return profileFields.flatMap((field): Effect[] => {
        const [was, will] = [profile?.spec[field], wish[field]];
        if (will === undefined || isSame(was, will)) return [];
        const value = JSON.stringify(was ?? profile?.status?.[field] ?? null);
        const object = `${field} of the storage profile ${spec.storageClassName}`;
        return [{ verb: "set", object, from: value, to: JSON.stringify(will) }];
    });
}

function markEffects(spec: StorageDefaultSpec, { classes }: StorageView): Effect[] {
    const { storageClassName: name } = spec;
    return rolesOf(spec).flatMap((role): Effect[] => {
        const holders = holdersOf(classes, role).filter((one) => one !== name);
        const target = classes.find(({ metadata }) => metadata.name === name);
        const takes = target !== undefined && !isMarked(target, role);
        const cleared = spec.exclusive === false ? [] : holders;
        return [
            ...(takes
                ? [{ verb: "mark" as const, object: `the storage class ${name} as the ${roleNames[role]}` }]
                : []),
            ...cleared.map((one) => ({
                verb: "unmark" as const,
                object: `the storage class ${one} as the ${roleNames[role]}`,
            })),
        ];
    });
}

/** Every boot source that follows, with where it is and where it goes. */
async function moves(spec: StorageDefaultSpec, after: StorageView, world: World): Promise<Effect[]> {
    const { cluster } = world;
    const followers = await followersOf(spec.storageClassName, await cronsWithin(world), after);
    const found = await Promise.all(
        followers.map(async ({ dataSource, wanted, cron }): Promise<Effect[]> => {
            const from = await presentLanding(dataSource, cluster);
            if (from === undefined || from === wanted) return [];
            const { source } = cron.spec.template.spec;
            const object = `boot source ${describeRef(dataSource)}`;
            return [{ verb: "move", object, from, to: wanted, ...priceOf({ from, to: wanted }, source, world) }];
        }),
    );
    const all = found.flat();
    if (all.length <= most) return all;
    const rest = all.slice(most - 1);
    const names = rest.map(({ object }) => object.replace("boot source ", "")).join(", ");
    return [
        ...all.slice(0, most - 1),
        { ...rest[0], verb: "move", object: `${rest.length} more boot sources (${names})`, from: undefined },
    ];
}

function incomplete(spec: StorageDefaultSpec, { profiles }: StorageView): string[] {
    const profile = profiles.find(({ metadata }) => metadata.name === spec.storageClassName);
    if ((profile?.status?.claimPropertySets ?? []).length > 0) return [];
    return [
        `the storage profile ${spec.storageClassName} does not say how to provision (its claimPropertySets are empty), so boot ` +
            "sources cannot come in there; give claimPropertySets, or name accessModes in each of them",
    ];
}

/** With several that are marked the newest counts, whatever was meant. */
function several(spec: StorageDefaultSpec, { classes }: StorageView): string[] {
    return rolesOf(spec).flatMap((role) => {
        const holders = holdersOf(classes, role);
        if (holders.length < 2) return [];
        const others = holders.filter((name) => name !== spec.storageClassName).join(", ");
        const counts = holders[0] === spec.storageClassName ? "" : `, and ${String(holders[0])}, being newer, counts`;
        return [`${others} stays the ${roleNames[role]} too${counts}; leave out exclusive: false to have one only`];
    });
}
