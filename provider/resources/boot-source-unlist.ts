// Takes a boot source out of the HyperConverged's list: the platform removes its cron, and what it imported stays.
import { holds } from "../cluster/ownership.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron, DataImportCronTemplate, Pointer } from "../model/objects.js";
import { awaitCronGone } from "./await-entry.js";
import { lookAtList } from "./boot-source-list.js";
import type { World } from "./contract.js";
import { spareImages, takeBackSpared } from "./spare-images.js";
import type { SystemView } from "./system-look.js";
import { entriesOf } from "./system-plan.js";

/** The entry of that name that carries the state's token, and the list that it is in. */
export async function findEntry(
    { name }: Pick<Pointer, "name">,
    token: string,
    world: Pick<World, "cluster">,
): Promise<{ view: SystemView; entry: DataImportCronTemplate } | undefined> {
    const view = await lookAtList(world).catch((thrown: unknown) => {
        if (isBootsourceError(thrown) && thrown.code === "missing-object") return undefined;
        throw thrown;
    });
    const entry = entriesOf(view?.object).find((one) => one.metadata.name === name && holds(one.metadata, token));
    return view === undefined || entry === undefined ? undefined : { view, entry };
}

/** An entry as the cron that is to be made of it. */
export function asCron({ metadata, spec }: DataImportCronTemplate): DataImportCron {
    return { metadata, spec } as DataImportCron;
}

/** Removes it and waits until its cron is gone; answers that cron as it was, for one that takes its place. */
export async function leaveList(
    at: Pointer,
    token: string,
    timeoutSeconds: number | undefined,
    world: World,
): Promise<DataImportCron | undefined> {
    const { cluster } = world;
    const found = await findEntry(at, token, world);
    if (found === undefined) return undefined;
    const cron = await cluster.get("DataImportCron", at);
    const spared = cron === undefined ? [] : [cron];
    await spareImages(spared, world);
    await cluster.update("HyperConverged", found.view.at, ({ spec }) => {
        const sources = (spec.workloadSources ??= {});
        const isOurs = ({ metadata }: DataImportCronTemplate): boolean =>
            metadata.name === at.name && holds(metadata, token);
        sources.dataImportCronTemplates = (sources.dataImportCronTemplates ?? []).filter((one) => !isOurs(one));
    });
    if (cron !== undefined) await awaitCronGone(found.view.at, cron, timeoutSeconds, world);
    await takeBackSpared(spared, world);
    return cron;
}
