// A boot source as an entry of the HyperConverged's list: whose place it may not take, and the one write that puts it there.
import { type Owner, ownerAnnotations, ownerOf } from "../cluster/ownership.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { DataImportCron, DataImportCronTemplate, HyperConverged } from "../model/objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { leadsTo, toListEntry, toListSpec } from "../rules/list-entry.js";
import { saysNoOther } from "../rules/system-entries.js";
import { isOperators } from "../rules/template-crons.js";
import { refuseUnlessOurs } from "./own-objects.js";
import type { BootSourceState, Target } from "./boot-source-state.js";
import type { World } from "./contract.js";
import { spareImages } from "./spare-images.js";
import { type SystemView, lookAtSystem, switchedOff } from "./system-look.js";
import { entriesOf } from "./system-plan.js";

/** Who asks: by the token of its state, or by its URN where it has none yet. */
export interface Claimant {
    readonly urn: string;
    readonly token: string | undefined;
}

/** Where cron and DataSource are. */
type Places = Target["places"];

/** What was written, and what is to be followed. */
export interface Listed {
    readonly view: SystemView;
    readonly spec: DataImportCron["spec"];
    /** Generation of the HyperConverged that has it. */
    readonly generation: number;
    /** Crons whose images were taken out of the platform's cleanup for the time being. */
    readonly spared: readonly DataImportCron[];
}

/** Writes the entry, every other one as it is; nothing is written where another hand has its name or its DataSource. */
export async function writeEntry(
    { spec, places }: Target,
    { found, last, owner }: { found: DataImportCron | undefined; last: BootSourceState | undefined; owner: Owner },
    world: World,
): Promise<Listed> {
    const { cluster, upstream } = world;
    const view = await presentList(world);
    const claimant = { urn: world.urn, token: last?.token };
    refuseInList(places, view, claimant, spec.adopt === true);
    if (found !== undefined && !isOperators(found.metadata))
        refuseUnlessOurs({ kind: "DataImportCron", at: places.cron, metadata: found.metadata }, last?.token, world);
    const wanted = toListSpec(spec, places, !view.byPlatform, (path) => upstream.resolvePath(path));
    const { platformCrons } = cluster.capabilities;
    // A cron that the platform cannot carry out is kept elsewhere, and would stand in the way of the entry's.
    const isForeign = found !== undefined && !isPlatformsCron(found.spec.template.spec.source, platformCrons);
    if (view.byPlatform && isForeign) await cluster.delete("DataImportCron", places.cron, { uid: found.metadata.uid });
    const spared = found === undefined || isForeign || saysNoOther(found.spec, wanted) ? [] : [found];
    await spareImages(spared, world);
    const written = await cluster.update("HyperConverged", view.at, (object) => {
        // Somebody may have come in between.
        refuseInList(places, { ...view, object }, claimant, spec.adopt === true);
        const there = entriesOf(object).find(({ metadata }) => metadata.name === places.cron.name);
        const marks = ownerAnnotations(owner);
        put(object, toListEntry(spec, wanted, places.cron, { there, before: last, marks }), places, world.urn);
    });
    return { view, spec: wanted, generation: written.metadata.generation, spared };
}

/** Looks at the list; one that is ours to make is made, with the switch of the system's own off. */
export async function presentList(world: World): Promise<SystemView> {
    const view = await lookAtList(world);
    if (view.object !== undefined) return view;
    await world.cluster.create("HyperConverged", { metadata: view.at, spec: switchedOff });
    return lookAtList(world);
}

/** Throws `missing-object` where nobody reads such a list. */
export async function lookAtList({ cluster }: Pick<World, "cluster">): Promise<SystemView> {
    try {
        return await lookAtSystem({}, [], { cluster });
    } catch (thrown) {
        if (!isBootsourceError(thrown) || thrown.code !== "missing-object") throw thrown;
        throw new BootsourceError(
            "missing-object",
            `cannot make an entry of the platform's list (carrier: "hyperConverged"): ${cluster.name} has no HyperConverged object; ` +
                "leave carrier out, and a DataImportCron of its own keeps the boot source current",
        );
    }
}

/** The boot source that the platform ships under that name, or for that DataSource; undefined where there is none, or nobody tells. */
export function systemNamesake({ cron, dataSource }: Places, view: SystemView): DataImportCronTemplate | undefined {
    const common = view.effective.filter(({ status }) => status.commonTemplate === true);
    return [...view.system, ...common].find((one) => one.metadata.name === cron.name || leadsTo(one, dataSource));
}

/** Why a system boot source is not made here. */
export function systemHint(one: DataImportCronTemplate): string {
    return (
        `${one.metadata.name} is a boot source that the platform ships; change it by the overrides of SystemBootSources ` +
        `(overrides: { "${one.spec?.managedDataSource ?? one.metadata.name}": ... }), or choose another name and managedDataSource`
    );
}

/** Throws where the platform, or another hand, has what the entry is to take. */
export function refuseInList(places: Places, view: SystemView, claimant: Claimant, adopt: boolean): void {
    const { name } = places.cron;
    const shipped = systemNamesake(places, view);
    if (shipped !== undefined)
        throw new BootsourceError("invalid-argument", `cannot make the entry ${name}: ${systemHint(shipped)}`);
    for (const there of entriesOf(view.object)) {
        const isNamesake = there.metadata.name === name;
        if (!isNamesake && !leadsTo(there, places.dataSource)) continue;
        const by = ownerOf(there.metadata);
        if (by !== undefined && (by.token === claimant.token || by.urn === claimant.urn)) continue;
        if (by === undefined && isNamesake && adopt) continue;
        throw held(name, there, by);
    }
}

/** In its place where it was there; a former entry of the same resource for the same DataSource goes in the same write. */
function put({ spec }: HyperConverged, entry: DataImportCronTemplate, { dataSource }: Places, urn: string): void {
    const sources = (spec.workloadSources ??= {});
    const before = sources.dataImportCronTemplates ?? [];
    const isFormer = (one: DataImportCronTemplate): boolean =>
        ownerOf(one.metadata)?.urn === urn && leadsTo(one, dataSource);
    const isNamesake = (one: DataImportCronTemplate): boolean => one.metadata.name === entry.metadata.name;
    const after = before.filter((one) => isNamesake(one) || !isFormer(one));
    sources.dataImportCronTemplates = after.some(isNamesake)
        ? after.map((one) => (isNamesake(one) ? entry : one))
        : [...after, entry];
}

function held(name: string, there: DataImportCronTemplate, by: Owner | undefined): BootsourceError {
    const at = there.metadata.name;
    const what = at === name ? "one of that name" : `${at}, for the same DataSource`;
    if (by === undefined) {
        return new BootsourceError(
            "already-exists",
            `cannot make the entry ${name} of the HyperConverged's list: it has ${what}, which Pulumi did not make; ` +
                (at === name ? "set adopt: true to take it over, choose another name, or remove it" : "remove it"),
        );
    }
    return new BootsourceError(
        "not-owned",
        `cannot make the entry ${name} of the HyperConverged's list: it has ${what}, which belongs to ${by.urn}; change it there, ` +
            "or choose another name (an entry's name is one in the whole list)",
        { facts: { owner: by.urn } },
    );
}
