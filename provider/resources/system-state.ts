// What Pulumi keeps of the system boot sources: the inputs, how the switch stood before, and the list as it is now.
import { conditionOf } from "../model/conditions.js";
import type { DataImportCronTemplate, EffectiveTemplate, Pointer } from "../model/objects.js";
import { type SystemBootSourcesSpec, systemBootSourcesArgs } from "../model/system-boot-sources.js";
import { isEnabled } from "../rules/effective-templates.js";
import { templateAnnotations } from "../rules/system-list.js";
import { dataSourceOf } from "../rules/template-crons.js";
import type { Data, World } from "./contract.js";
import { type SystemView, isSwitchedOn } from "./system-look.js";
import { entriesOf } from "./system-plan.js";

/** An entry of the list, for a person. Null stands for "nothing said". */
export interface ShownTemplate extends Data {
    name: string;
    /** "system": as shipped; "overridden": another one takes its place; "disabled": switched off by an entry; "custom": of another hand. */
    origin: "system" | "overridden" | "disabled" | "custom";
    namespace: string | null;
    managedDataSource: string | null;
    schedule: string | null;
    source: Data | null;
    storage: Data | null;
    garbageCollect: string | null;
    importsToKeep: number | null;
    retentionPolicy: string | null;
    bindImmediately: boolean;
}

/** The outputs beside the inputs. */
export interface SystemState extends Data {
    /** The shape of this record; a newer package reads every older one. */
    stateVersion: 1;
    urn: string;
    token: string;
    cluster: string;
    hyperConverged: Pointer;
    /** Whether the platform's entries count. */
    switchedOn: boolean;
    /** How the switch stood before; null where nothing was said. */
    switchedOnBefore: boolean | null;
    /** Shipped entries that ours take the place of: the list does not show them meanwhile. */
    shipped: DataImportCronTemplate[];
    templates: ShownTemplate[];
    /** What machines clone from, by the DataSource's name. */
    dataSources: Record<string, Pointer>;
    /** DataSources that the switch left leading nowhere: no machine can be made of them until there is a claim of their name. */
    dangling: string[];
}

/** The names of everything that `check` may hand on. */
const systemInputs: ReadonlySet<string> = new Set([...Object.keys(systemBootSourcesArgs.shape), "cluster", "digests"]);

/** The inputs among a state's properties, as they were checked. */
export function inputsOf(state: Data): Data {
    return Object.fromEntries(
        Object.entries(state).filter(([key, value]) => systemInputs.has(key) && value !== undefined && value !== null),
    );
}

/** The arguments among them. */
export function specOf(inputs: Data): SystemBootSourcesSpec {
    const { cluster: _in, digests: _to, ...args } = inputsOf(inputs);
    return args;
}

/** Shipped entries that a state remembers. */
export function shippedIn(state: Data | undefined): readonly DataImportCronTemplate[] {
    return (state?.["shipped"] as DataImportCronTemplate[] | undefined) ?? [];
}

/** Reads what is now true. */
export async function toSystemState(
    inputs: Data,
    known: Pick<SystemState, "urn" | "token" | "cluster" | "switchedOnBefore">,
    view: SystemView,
    { cluster }: Pick<World, "cluster">,
): Promise<SystemState> {
    const entries = entriesOf(view.object);
    const taken = view.system.filter(({ metadata }) => entries.some((one) => one.metadata.name === metadata.name));
    const disabled = entries.filter((entry) => !isEnabled(entry));
    const sources = [...view.system, ...view.effective].flatMap((one) => dataSourceOf(one) ?? []);
    const named = Object.fromEntries(sources.map((at) => [at.name, at] as const));
    const active = view.effective.flatMap((one) => dataSourceOf(one)?.name ?? []);
    const idle = Object.values(named).filter(({ name }) => !active.includes(name));
    const seen = await Promise.all(idle.map(async (at) => ({ at, source: await cluster.get("DataSource", at) })));
    // A name that nothing was ever brought in for is no DataSource.
    const absent = seen.filter(({ source }) => source === undefined).map(({ at }) => at.name);
    const dataSources = Object.fromEntries(Object.entries(named).filter(([name]) => !absent.includes(name)));
    const dangling = seen
        .filter(({ source }) => source !== undefined && conditionOf(source, "Ready")?.status !== "True")
        .map(({ at }) => at.name);
    return {
        ...inputsOf(inputs),
        ...known,
        stateVersion: 1,
        hyperConverged: view.at,
        switchedOn: isSwitchedOn(view),
        shipped: taken,
        templates: [
            ...view.effective.map((one) => toShown(one, originOf(one))),
            ...disabled.map((one) => toShown(one, "disabled")),
        ].sort((a, b) => (a.name < b.name ? -1 : 1)),
        dataSources,
        dangling: dangling.sort(),
    };
}

function originOf({ status }: EffectiveTemplate): "system" | "overridden" | "custom" {
    if (status.commonTemplate !== true) return "custom";
    return status.modified === true ? "overridden" : "system";
}

function toShown({ metadata, spec }: DataImportCronTemplate, origin: ShownTemplate["origin"]): ShownTemplate {
    const { source, storage } = spec?.template.spec ?? {};
    return {
        name: metadata.name,
        origin,
        namespace: metadata.namespace ?? null,
        managedDataSource: spec?.managedDataSource ?? null,
        schedule: spec?.schedule ?? null,
        source: (source as Data | undefined) ?? null,
        storage: (storage as Data | undefined) ?? null,
        garbageCollect: spec?.garbageCollect ?? null,
        importsToKeep: spec?.importsToKeep ?? null,
        retentionPolicy: spec?.retentionPolicy ?? null,
        bindImmediately: metadata.annotations?.[templateAnnotations.bindImmediate] === "true",
    };
}
