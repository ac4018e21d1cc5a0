// What a delete of a boot source takes away: its cron; with retentionPolicy None its DataSource and images, unless one is in use.
import { importsOf, isInUse } from "../cluster/boot-imports.js";
import type { Cluster } from "../cluster/contract.js";
import { holds } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import { cronLabels } from "../rules/cron-names.js";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, Pointer } from "../model/objects.js";
import { isCarriedByList } from "../rules/list-entry.js";
import { asCron, findEntry, leaveList } from "./boot-source-unlist.js";
import type { BootSourceState } from "./boot-source-state.js";
import type { World } from "./contract.js";

/** Acts on the cron that carries the state's token alone; what is not there any more is no fault. */
export async function removeBootSource(
    state: BootSourceState,
    places: { readonly cron: Pointer; readonly dataSource: Pointer },
    world: World,
): Promise<void> {
    const { cluster } = world;
    if (cluster.identity === undefined) return;
    const cron = isCarriedByList(state)
        ? await cronOfEntry(state.token, places.cron, world)
        : await cluster.get("DataImportCron", places.cron);
    if (cron === undefined || !holds(cron.metadata, state.token)) {
        if (cluster.identity === state.cluster) return;
        world.warn(`${cluster.name} is not where ${describeRef(places.dataSource)} was kept: nothing is deleted there`);
        return;
    }
    // On CDI the cron itself never takes anything along: it goes and comes again with every change.
    const { cronsTakeAlong } = cluster.capabilities;
    const byList = isCarriedByList(state);
    const takesAll =
        cronsTakeAlong && !byList ? cron.spec.retentionPolicy === "None" : state["retentionPolicy"] === "None";
    if (takesAll && state["force"] !== true) await refuseInUse(cron, places, cluster);
    if (byList) {
        const patience = state["timeoutSeconds"];
        await leaveList(places.cron, state.token, typeof patience === "number" ? patience : undefined, world);
        if (takesAll) await removeImages(places, cluster);
        return;
    }
    await cluster.delete("DataImportCron", places.cron, { uid: cron.metadata.uid });
    if (takesAll && !cronsTakeAlong) await removeImages(places, cluster);
}

/** The cron that the platform made of our entry, or what it is to make. */
async function cronOfEntry(token: string, at: Pointer, world: World): Promise<DataImportCron | undefined> {
    const found = await findEntry(at, token, world);
    const cron = found && (await world.cluster.get("DataImportCron", at));
    return cron ?? (found && asCron(found.entry));
}

/** The DataSource first: whoever clones from it now is told that it is gone, and not that its image is. */
async function removeImages(
    { cron, dataSource }: { readonly cron: Pointer; readonly dataSource: Pointer },
    cluster: Cluster,
): Promise<void> {
    const { namespace } = cron;
    const labels = { [cronLabels.cron]: cron.name };
    for (const kind of ["DataSource", "VolumeSnapshot", "DataVolume", "PersistentVolumeClaim"] as const) {
        for (const { metadata } of await cluster.list(kind, { namespace, labels })) {
            // Another DataSource of that label is somebody's copy of it.
            if (kind === "DataSource" && metadata.name !== dataSource.name) continue;
            await cluster.delete(kind, { namespace, name: metadata.name }, { uid: metadata.uid });
        }
    }
}

async function refuseInUse(
    cron: DataImportCron,
    { dataSource }: { readonly dataSource: Pointer },
    cluster: Cluster,
): Promise<void> {
    for (const one of await importsOf(cron, cluster)) {
        if (!(await isInUse(one, cluster))) continue;
        throw new BootsourceError(
            "in-use",
            `cannot delete the boot source ${describeRef(dataSource)} with its images (retentionPolicy None): ${one.name} is open ` +
                "in another program, cloned from, or was written since its import; stop its users, or set force: true or " +
                "retentionPolicy: All on the resource, run an update, and try again",
            { facts: { import: one.name } },
        );
    }
}
