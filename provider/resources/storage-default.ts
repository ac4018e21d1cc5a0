// StorageDefault: the storage class that images land on, and the format they are kept in; boot sources follow, none is left dead.
import { newOwner } from "../cluster/ownership.js";
import { isSame } from "../model/canonical.js";
import { toBootsourceError } from "../model/errors.js";
import type { StorageClass } from "../model/objects.js";
import { type StorageDefaultSpec, storageDefaultArgs } from "../model/storage-default.js";
import { isUnknown, unknownPaths, unknownValue } from "../model/unknown.js";
import { holdOn, holdersOf, rolesOf } from "../rules/default-roles.js";
import { profileFields } from "../rules/profile-wish.js";
import { parseArguments } from "./arguments.js";
import { awaitMoves } from "./await-moves.js";
import { type Data, type Observation, type Resource, Unfinished, type World } from "./contract.js";
import { releaseRoles, surveyMarks, takeRoles } from "./default-marks.js";
import { guardMarks } from "./guard-marks.js";
import { wrongCluster } from "./image-state.js";
import { letGoOfProfile, settleProfile, surveyProfile } from "./profile-settings.js";
import { describeStorageDefaultChange } from "./storage-default-costs.js";
import { type StorageDefaultState, inputsOf, specOf, toStorageDefaultState } from "./storage-default-state.js";

/** The resource behind `StorageDefault`. */
export const storageDefault: Resource<StorageDefaultSpec, StorageDefaultState> = {
    parse: (args) => parseArguments(storageDefaultArgs, args),

    async decide(spec, args, old, world) {
        const cluster = world.preview
            ? (world.cluster.identity ?? old?.["cluster"] ?? unknownValue)
            : await world.cluster.establish();
        const inputs: Data = { ...args, cluster };
        const quiet = { inputs, effects: [], warnings: [], failures: [] };
        const former = old ?? world.replaced;
        const known = unknownPaths(args).length === 0;
        if (!world.preview || !known || (former !== undefined && isSame(inputsOf(former), inputs))) return quiet;
        return { ...quiet, ...(await describeStorageDefaultChange(spec, undefined, world)) };
    },

    compare: (state, inputs) => ({
        replaces: whatItIs(inputs).filter((key) => !isSame(state[key], inputs[key])),
    }),

    async reconcile(inputs, last, world) {
        const spec = specOf(inputs);
        const cluster = await world.cluster.establish();
        const survey = await surveyMarks(spec, last?.token, world);
        await surveyProfile(spec, survey.target, last?.token, world);
        // A create marks anew: a delete that is still due for an earlier state must not find its token there.
        const owner = last === undefined ? newOwner(world.urn) : { urn: world.urn, token: last.token };
        const known = { ...owner, cluster, previousDefaults: survey.previous };
        try {
            await settleProfile(spec, owner, world);
            const moved = await takeRoles(survey, spec, owner, world);
            if (last !== undefined && last["storageClassName"] !== spec.storageClassName)
                await letGoOfProfile(specOf(last), last.token, specOf(last).onDelete === "restore", world);
            await follow(spec, moved, world);
            return await toStorageDefaultState(inputs, known, world);
        } catch (error) {
            if (world.signal.aborted) throw error;
            const state = await toStorageDefaultState(inputs, known, world);
            const cause = toBootsourceError(error, `make ${spec.storageClassName} a default`);
            throw new Unfinished(state, cause);
        }
    },

    async observe(state, world): Promise<Observation<StorageDefaultState> | undefined> {
        if (world.cluster.identity === undefined) return undefined;
        if (world.cluster.identity !== state.cluster) {
            throw wrongCluster(`the default ${idOf(state)}`, state.cluster, world.cluster.name);
        }
        const spec = specOf(state);
        const classes = await world.cluster.list("StorageClass");
        const target = classes.find(({ metadata }) => metadata.name === spec.storageClassName);
        if (target === undefined) return undefined;
        // Another resource took the role over: it is that one's now.
        const lost = rolesOf(spec).some((role) =>
            classes.some((one) => holdOn(one, role) !== undefined && holdOn(one, role)?.token !== state.token),
        );
        if (lost) return undefined;
        const now = await toStorageDefaultState(inputsOf(state), state, world);
        const drift = driftOf(spec, classes, now);
        return { state: now, ...(drift === undefined ? {} : { drifted: { ...inputsOf(state), ...drift } }) };
    },

    async remove(state, world) {
        const spec = specOf(state);
        const restore = spec.onDelete === "restore";
        const { storageClassName } = spec;
        await releaseRoles({ storageClassName, roles: rolesOf(spec), token: state.token, restore }, world);
        await letGoOfProfile(spec, state.token, restore, world);
    },

    idOf,
};

/** What makes another of these another resource: the role is what it is, and without one it is its class's profile. */
function whatItIs(inputs: Data): string[] {
    return inputs["role"] === "none" ? ["cluster", "role", "storageClassName"] : ["cluster", "role"];
}

function idOf({ role = "virt", storageClassName }: Data): string {
    return role === "none" ? `profile/${String(storageClassName)}` : `default/${String(role)}`;
}

/** The boot sources come over; meanwhile, and for a while, somebody looks whether the marks stay. */
async function follow(spec: StorageDefaultSpec, moved: boolean, world: World): Promise<void> {
    const over = new AbortController();
    const both = { ...world, signal: AbortSignal.any([world.signal, over.signal]) };
    try {
        await Promise.all([moved ? guardMarks(spec, both) : undefined, awaitMoves(spec, both)]);
    } finally {
        over.abort();
    }
}

/** The inputs as they are there, where somebody has changed what this resource made. */
function driftOf(
    spec: StorageDefaultSpec,
    classes: readonly StorageClass[],
    { profile }: StorageDefaultState,
): Data | undefined {
    const drift: Data = {};
    for (const role of rolesOf(spec)) {
        const holders = holdersOf(classes, role);
        if (!holders.includes(spec.storageClassName)) drift["storageClassName"] = holders[0] ?? "";
        else if (spec.exclusive !== false && holders.length > 1) drift["exclusive"] = false;
    }
    for (const field of profileFields) {
        if (spec[field] === undefined || profile === null) continue;
        const there = profile.asked[field];
        if (!isUnknown(there) && !isSame(there, spec[field])) drift[field] = there ?? null;
    }
    return Object.keys(drift).length === 0 ? undefined : drift;
}
