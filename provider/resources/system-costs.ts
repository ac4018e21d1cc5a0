// What a change of the system boot sources does, for the preview: crons that go and come, images that stay or leave, what leads nowhere.
import { describeRef } from "../cluster/wait.js";
import type { Effect } from "../model/effects.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron, EffectiveTemplate, HyperConverged } from "../model/objects.js";
import { describeBytes } from "../model/quantity.js";
import type { SystemBootSourcesSpec } from "../model/system-boot-sources.js";
import { isOn } from "../rules/effective-templates.js";
import { injected, saysNoOther } from "../rules/system-entries.js";
import { systemNamespace } from "../rules/system-list.js";
import { dataSourceOf } from "../rules/template-crons.js";
import { imagesOf } from "./spare-images.js";
import { priceOf } from "./storage-move.js";
import { type SystemView, effectiveWith } from "./system-look.js";
import { type MovingEntry, bytesOfSource, isAnotherImage, movingEntries } from "./system-moves.js";
import type { World } from "./contract.js";

/** Entries before and after, by what becomes of their crons. */
export interface SystemChange {
    readonly added: readonly EffectiveTemplate[];
    /** With what they say now. */
    readonly changed: readonly { readonly before: EffectiveTemplate; readonly after: EffectiveTemplate }[];
    readonly removed: readonly EffectiveTemplate[];
}

/** What of the list another spec of the object changes. */
export function changeOf(view: SystemView, after: HyperConverged["spec"]): SystemChange {
    const will = effectiveWith(after, view);
    const nameOf = ({ metadata }: EffectiveTemplate): string => metadata.name;
    const was = new Map(view.effective.map((one) => [nameOf(one), one] as const));
    const stays = new Set(will.map(nameOf));
    return {
        added: will.filter((one) => !was.has(nameOf(one))),
        changed: will.flatMap((one) => {
            const before = was.get(nameOf(one));
            return before === undefined || saysNoOther(before.spec, one.spec) ? [] : [{ before, after: one }];
        }),
        removed: view.effective.filter((one) => !stays.has(nameOf(one))),
    };
}

/** The crons of entries, as far as they are there. */
export async function cronsOf(
    templates: readonly EffectiveTemplate[],
    { cluster }: Pick<World, "cluster">,
): Promise<DataImportCron[]> {
    const found = await Promise.all(
        templates.map(({ metadata: { name, namespace = systemNamespace } }) =>
            cluster.get("DataImportCron", { namespace, name }),
        ),
    );
    return found.filter((cron) => cron !== undefined);
}

/** Lines for a person, in the order in which it happens. */
export async function describeSystemChange(
    spec: SystemBootSourcesSpec,
    view: SystemView,
    after: HyperConverged["spec"],
    world: Pick<World, "cluster" | "upstream" | "signal">,
): Promise<Effect[]> {
    const change = changeOf(view, after);
    const moving = await movingEntries(change, world);
    const enabled = isOn(after);
    const before = view.object === undefined ? false : isOn(view.object.spec);
    return [
        ...(before === enabled
            ? []
            : [
                  {
                      verb: "set",
                      object: "the switch enableCommonBootImageImport",
                      from: String(before),
                      to: String(enabled),
                  } as const,
              ]),
        ...(await leaving(spec, change, world)),
        ...change.changed.flatMap(({ before: was, after: is }) => differences(was, is)),
        ...(await remade(spec, change, moving, world)),
        ...(await moves(moving, world)),
        ...change.added.map((one): Effect => ({
            verb: "import",
            object: `boot source ${nameOf(one)}`,
            from: urlOf(one),
        })),
        ...(enabled && !before && change.added.length === 0 ? [unknownList] : []),
    ];
}

const unknownList: Effect = {
    verb: "import",
    object: "the platform's boot sources, whose list it shows once the switch is on",
};

async function leaving(
    spec: SystemBootSourcesSpec,
    { removed }: SystemChange,
    world: Pick<World, "cluster">,
): Promise<Effect[]> {
    const effects = await Promise.all(
        removed.map(async (one): Promise<Effect[]> => {
            const crons = await cronsOf([one], world);
            const images = await Promise.all(crons.map((cron) => imagesText(cron, world)));
            const goes = spec.images === "delete";
            const there = images.flat();
            const source = dataSourceOf(one);
            const at = source === undefined ? "" : describeRef(source);
            const hasClaim =
                source !== undefined && (await world.cluster.get("PersistentVolumeClaim", source)) !== undefined;
            return [
                ...crons.map(({ metadata }): Effect => ({
                    verb: "remove",
                    object: `DataImportCron ${describeRef(metadata)}`,
                })),
                ...there.map((object): Effect => ({ verb: goes ? "remove" : "keep", object })),
                {
                    verb: "point",
                    object: `DataSource ${at}`,
                    to: hasClaim
                        ? `claim ${at}`
                        : `claim ${at}, which is not there: no machine can be made of it until somebody makes that claim`,
                },
            ];
        }),
    );
    return effects.flat();
}

/** Where a changed entry makes the platform import anew: what its retention policy would destroy first. */
async function remade(
    spec: SystemBootSourcesSpec,
    { changed }: SystemChange,
    moving: readonly MovingEntry[],
    world: Pick<World, "cluster">,
): Promise<Effect[]> {
    const effects = await Promise.all(
        changed.map(async ({ before, after }): Promise<Effect[]> => {
            const [cron] = await cronsOf([before], world);
            const move = moving.find((one) => one.after === after);
            const isLost = move?.reimported === true;
            const again: Effect = { verb: "import", object: `boot source ${nameOf(after)} again`, from: urlOf(after) };
            const another = move === undefined && isAnotherImage(before, after) ? [again] : [];
            if (cron === undefined || (cron.spec.retentionPolicy !== "None" && !isLost)) return another;
            const images = await imagesText(cron, world);
            if (spec.images !== "delete" && !isLost)
                return [...images.map((object): Effect => ({ verb: "keep", object })), ...another];
            const gone = images.map((object): Effect => ({ verb: "remove", object }));
            return [...gone, ...(move === undefined ? [again] : [])];
        }),
    );
    return effects.flat();
}

/** "moves boot source kubevirt-os-images/fedora from plain (pvc) to thin (pvc)", and what that costs. */
async function moves(
    moving: readonly MovingEntry[],
    world: Pick<World, "cluster" | "upstream" | "signal">,
): Promise<Effect[]> {
    return Promise.all(
        moving.map(async ({ after, move, reimported }): Promise<Effect> => {
            const price = priceOf(move, after.spec?.template.spec.source ?? {}, world);
            const bytes = reimported ? { bytes: await bytesOfSource(after, world) } : {};
            const { from, to } = move;
            return { verb: "move", object: `boot source ${nameOf(after)}`, from, to, ...price, ...bytes };
        }),
    );
}

async function imagesText(cron: DataImportCron, { cluster }: Pick<World, "cluster">): Promise<string[]> {
    return (await imagesOf(cron, cluster)).map(({ at, size }) => {
        const bytes = size === 0 ? "" : ` (${describeBytes(size)})`;
        return `image ${describeRef(at)}${bytes}`;
    });
}

/** "sets schedule of the entry fedora-image-cron from ... to ...". */
function differences(before: EffectiveTemplate, after: EffectiveTemplate): Effect[] {
    const [was, is] = [flatten(before.spec), flatten(after.spec)];
    return [...new Set([...was.keys(), ...is.keys()])]
        .filter((key) => was.get(key) !== is.get(key) && (is.has(key) || !injected.includes(key)))
        .map((key) => ({
            verb: "set",
            object: `${key} of the entry ${after.metadata.name}`,
            from: was.get(key) ?? "the platform's",
            to: is.get(key) ?? "the platform's",
        }));
}

function flatten(value: unknown, path = "", into = new Map<string, string>()): Map<string, string> {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
        if (value !== undefined) into.set(path, JSON.stringify(value));
        return into;
    }
    for (const [key, part] of Object.entries(value)) {
        const shown = ["template", "spec"].includes(key) ? path : [path, key].filter((one) => one !== "").join(".");
        flatten(part, shown, into);
    }
    return into;
}

function nameOf(template: EffectiveTemplate): string {
    const at = dataSourceOf(template);
    return at === undefined ? template.metadata.name : describeRef(at);
}

function urlOf({ spec }: EffectiveTemplate): string | undefined {
    const source = spec?.template.spec.source;
    const { details } = describeSource((source ?? { blank: {} }) as Parameters<typeof describeSource>[0]);
    const { url, imageStream } = details ?? {};
    return url ?? imageStream;
}
