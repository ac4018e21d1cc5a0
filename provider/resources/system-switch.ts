// Carries out a change of the system boot sources in the safe order: look, spare what would be destroyed, write once, follow.
import { type Owner, newOwner, ownerOf } from "../cluster/ownership.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron, DataImportCronTemplate, HyperConverged } from "../model/objects.js";
import type { SystemBootSourcesSpec } from "../model/system-boot-sources.js";
import { isOn } from "../rules/effective-templates.js";
import { awaitList, awaitSystem } from "./await-system.js";
import { type Data, type World } from "./contract.js";
import { deleteImages, spareImages, takeBackSpared } from "./spare-images.js";
import { changeOf, cronsOf } from "./system-costs.js";
import { type SwitchHold, holdKey, switchHold } from "./system-hold.js";
import {
    type SystemView,
    effectiveWith,
    isListHidden,
    isSwitchedOn,
    lookAtSystem,
    switchedOff,
} from "./system-look.js";
import {
    applyPlan,
    disownEntries,
    entriesOf,
    isAsWanted,
    isHeldBy,
    surveySystem,
    wantedEntries,
} from "./system-plan.js";
import { type MovingEntry, dropImagesElsewhere, movingEntries } from "./system-moves.js";
import { type SystemState, shippedIn } from "./system-state.js";

/** What is to be there. */
export interface SystemTarget {
    readonly spec: SystemBootSourcesSpec;
    readonly inputs: Data;
    readonly cluster: string;
}

/** What was written, and what is left to wait for. */
export interface Switched {
    readonly owner: Owner;
    /** How the switch stood before this resource; null where the object said nothing. */
    readonly before: boolean | null;
    readonly view: SystemView;
    arrive(): Promise<void>;
}

/** Writes the switch and the entries; nothing is written where something that would be destroyed cannot be kept. */
export async function switchSystem(
    { spec, inputs }: SystemTarget,
    last: SystemState | undefined,
    world: World,
): Promise<Switched> {
    const { cluster } = world;
    const first = await present(spec, shippedIn(last), world);
    surveySystem(spec, first, { urn: world.urn, token: last?.token });
    // A create marks anew: a delete that is still due for an earlier state must not find its token there.
    const owner = last === undefined ? newOwner(world.urn) : { urn: world.urn, token: last.token };
    const view = await uncovered(spec, first, owner, world);
    let before: SwitchHold["enabled"] = null;
    const write = (object: HyperConverged): void => {
        // Others write at the same time: an entry or a hold may have come since it was looked at.
        const now = { ...view, object };
        surveySystem(spec, now, owner);
        const entries = wantedEntries(spec, now, owner);
        const note = noteFor(now, entries, owner);
        before = note.enabled;
        applyPlan(object.spec, spec.enabled ?? true, entries, (one) => isHeldBy(one, owner));
        object.metadata.annotations = { ...object.metadata.annotations, [holdKey]: JSON.stringify(note) };
    };
    surveySystem(spec, view, owner);
    const after = structuredClone(view.object?.spec ?? switchedOff);
    applyPlan(after, spec.enabled ?? true, wantedEntries(spec, view, owner), (one) => isHeldBy(one, owner));
    const { removed, changed } = changeOf(view, after);
    const moving = (await movingEntries({ changed }, world)).filter(({ reimported }) => reimported);
    const leaving = await cronsOf(removed, world);
    const remade = await cronsOf(
        // What goes to another class is not kept where it was: the platform would take it up there again.
        changed.filter((one) => !moving.some(({ after: to }) => to === one.after)).map(({ before }) => before),
        world,
    );
    if (spec.images !== "delete") await spareImages([...leaving, ...remade], world);
    await cluster.update("HyperConverged", view.at, write);
    return {
        owner,
        before,
        view,
        arrive: async () => {
            await follow({ spec, inputs, view, after, leaving, moving }, world);
            await takeBackSpared([...leaving, ...remade], world);
        },
    };
}

/** Gives the switch and the entries back (`restore`), or leaves them as they are; acts on what carries the state's token alone. */
export async function releaseSystem(state: SystemState, spec: SystemBootSourcesSpec, world: World): Promise<void> {
    const { cluster } = world;
    if (cluster.identity !== state.cluster) return;
    const view = await lookAtSystem(spec, shippedIn(state), world).catch((thrown: unknown) => {
        if (isBootsourceError(thrown) && thrown.code === "missing-object") return undefined;
        throw thrown;
    });
    const hold = view?.object && switchHold(view.object);
    if (view?.object === undefined || hold?.token !== state.token) return;
    const restore = spec.onDelete === "restore";
    const after = structuredClone(view.object.spec);
    if (restore) giveBack(after, hold);
    const change = changeOf(view, after);
    const changing = [...change.removed, ...change.changed.map(({ before }) => before)];
    await spareImages(await cronsOf(changing, world), world);
    const leaving = await cronsOf(change.removed, world);
    await cluster.update("HyperConverged", view.at, (object) => {
        // Taken over meanwhile: it is another's to give back.
        if (switchHold(object)?.token !== state.token) return;
        const { [holdKey]: _hold, ...annotations } = object.metadata.annotations ?? {};
        object.metadata.annotations = annotations;
        if (restore) giveBack(object.spec, hold);
        else disownEntries(object.spec, state.token);
    });
    const nothingElse = { active: [], digests: {}, ready: false, timeoutSeconds: spec.timeoutSeconds };
    if (restore) await awaitSystem(view.at, { ...nothingElse, leaving }, world);
    await takeBackSpared(await cronsOf(changing, world), world);
    await takeBackSpared(leaving, world);
}

/** What somebody has changed of what this resource wrote, as inputs; undefined where all is as it was left. */
export function driftOfSystem(spec: SystemBootSourcesSpec, view: SystemView, owner: Owner): Data | undefined {
    const drift: Data = {};
    if (isSwitchedOn(view) !== (spec.enabled ?? true)) drift["enabled"] = isSwitchedOn(view);
    const lost = wantedEntries(spec, view, owner).filter(
        (entry) => !entriesOf(view.object).some((there) => isAsWanted(there, entry)),
    );
    if (lost.length === 0) return Object.keys(drift).length === 0 ? undefined : drift;
    const names = new Set(lost.flatMap(({ metadata, spec: one }) => [metadata.name, one?.managedDataSource]));
    for (const { metadata, spec: one } of view.system) if (names.has(metadata.name)) names.add(one?.managedDataSource);
    const left = Object.entries(spec.overrides ?? {}).filter(([name]) => !names.has(name));
    return { ...drift, overrides: Object.fromEntries(left) };
}

/** A list that is ours to make is made here, with the switch off. */
async function present(
    spec: SystemBootSourcesSpec,
    remembered: ReturnType<typeof shippedIn>,
    world: World,
): Promise<SystemView> {
    const view = await lookAtSystem(spec, remembered, world);
    if (view.object !== undefined) return view;
    await world.cluster.create("HyperConverged", { metadata: view.at, spec: switchedOff });
    return lookAtSystem(spec, remembered, world);
}

/** Overrides need the platform's list, which it shows with the switch on alone: then that comes first. */
async function uncovered(
    spec: SystemBootSourcesSpec,
    view: SystemView,
    owner: Owner,
    world: World,
): Promise<SystemView> {
    if (!isListHidden(view) || spec.enabled === false || Object.keys(spec.overrides ?? {}).length === 0) return view;
    await world.cluster.update("HyperConverged", view.at, (object) => {
        const now = { ...view, object };
        surveySystem(spec, now, owner);
        const note = noteFor(now, [], owner);
        applyPlan(object.spec, true, [], () => false);
        object.metadata.annotations = { ...object.metadata.annotations, [holdKey]: JSON.stringify(note) };
    });
    await awaitList(view.at, true, spec.timeoutSeconds, world);
    return lookAtSystem(spec, [], world);
}

/**
 * What stays known of how it was before: the switch, entries of other hands whose names ours take (`takeOver`), and shipped ones that
 * ours hide. Of those none is forgotten: the platform's list may still show our own in the place of one that we have taken out.
 */
function noteFor(
    { system, byPlatform, object }: SystemView & { readonly object: HyperConverged },
    entries: readonly DataImportCronTemplate[],
    owner: Owner,
): SwitchHold {
    const hold = switchHold(object);
    const kept = hold !== undefined && isHeldBy(hold, owner) ? hold : undefined;
    const displaced = entriesOf(object).filter(({ metadata }) => {
        const by = ownerOf(metadata);
        const isOwn = by !== undefined && isHeldBy(by, owner);
        return !isOwn && entries.some((entry) => entry.metadata.name === metadata.name);
    });
    const is = object.spec.workloadSources?.enableCommonBootImageImport ?? null;
    const hidden = [...entries, ...(hold?.shipped ?? [])].map(({ metadata }) => metadata.name);
    return {
        ...owner,
        enabled: kept === undefined ? is : kept.enabled,
        entries: [...(kept?.entries ?? []), ...displaced],
        ...(byPlatform ? { shipped: system.filter(({ metadata }) => hidden.includes(metadata.name)) } : {}),
    };
}

function giveBack(spec: HyperConverged["spec"], { enabled, entries, token }: SwitchHold): void {
    applyPlan(spec, enabled ?? true, entries, (one) => one.token === token);
    const sources = spec.workloadSources;
    if (sources !== undefined && enabled === null) Reflect.deleteProperty(sources, "enableCommonBootImageImport");
}

/** What was written, and what is to come of it. */
interface Following {
    readonly spec: SystemBootSourcesSpec;
    readonly inputs: Data;
    readonly view: SystemView;
    readonly after: HyperConverged["spec"];
    readonly leaving: readonly DataImportCron[];
    /** Whose images the platform brings in anew. */
    readonly moving: readonly MovingEntry[];
}

/** The platform carries it out; where that is us, the stack says which versions it wants. */
async function follow({ spec, inputs, view, after, leaving, moving }: Following, world: World): Promise<void> {
    const known = effectiveWith(after, view);
    const shows = isListHidden(view) ? isOn(after) : known.some(({ status }) => status.commonTemplate === true);
    if (view.byPlatform) await awaitList(view.at, shows, spec.timeoutSeconds, world);
    const effective = view.byPlatform ? (await lookAtSystem(spec, view.system, world)).effective : known;
    const active = effective.filter(({ status }) => status.commonTemplate === true);
    const gone = leaving.filter(({ metadata }) => !active.some((one) => one.metadata.name === metadata.name));
    const expected = {
        digests: (inputs["digests"] ?? {}) as Record<string, string>,
        timeoutSeconds: spec.timeoutSeconds,
    };
    if (moving.length > 0) {
        const remade = moving.map(({ after: one }) => one);
        await awaitSystem(view.at, { ...expected, active: remade, leaving: [], ready: false }, world);
        for (const { after: one, move } of moving) {
            for (const cron of await cronsOf([one], world)) await dropImagesElsewhere(cron, move, world);
        }
    }
    const ready = spec.wait !== "accepted" && isOn(after);
    await awaitSystem(view.at, { ...expected, active, leaving: gone, ready }, world);
    if (spec.images === "delete") await deleteImages(gone, world);
}
