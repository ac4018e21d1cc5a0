// The boot sources that land on a storage class: which follow when a default or a format changes, and how far they are.
import type { Cluster } from "../cluster/contract.js";
import { importsOf, refOf } from "../cluster/boot-imports.js";
import { describeLanding, landingFor, presentLanding } from "../cluster/landing.js";
import { ownerOf } from "../cluster/ownership.js";
import { conditionOf } from "../model/conditions.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron, Kind, Pointer, StorageClass, StorageProfile } from "../model/objects.js";
import { isReady } from "../rules/boot-imports.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { upToDate } from "../rules/cron-conditions.js";
import type { World } from "./contract.js";

/** A boot source whose images belong on the class. */
export interface Follower {
    readonly cron: DataImportCron;
    readonly dataSource: Pointer;
    /** Where they belong: "fast (snapshot)". */
    readonly wanted: string;
}

/** What a look at classes and profiles finds; previews show one that is not there yet. */
export interface StorageView {
    readonly classes: readonly StorageClass[];
    readonly profiles: readonly StorageProfile[];
}

/** Classes and profiles as they are. */
export async function lookAtStorage(cluster: Pick<Cluster, "list">): Promise<StorageView> {
    return { classes: await cluster.list("StorageClass"), profiles: await cluster.list("StorageProfile") };
}

/** Everybody whose images belong on that class, by their class and profile as `view` has them. */
export async function followersOf(
    storageClass: string,
    crons: readonly DataImportCron[],
    view: StorageView,
): Promise<Follower[]> {
    const looks = {
        list: () => Promise.resolve(view.classes),
        get: (_kind: Kind, { name }: { name: string }) =>
            Promise.resolve(view.profiles.find(({ metadata }) => metadata.name === name)),
    } as unknown as Pick<Cluster, "get" | "list">;
    const found = await Promise.all(
        crons.map(async (cron): Promise<Follower | undefined> => {
            // A claim that is taken as it is gets its class from the API server's own default, once and for all.
            if (cron.spec.template.spec.storage === undefined) return undefined;
            const landing = await landingFor(cron, looks);
            if (landing.storageClass !== storageClass) return undefined;
            const { namespace = "default" } = cron.metadata;
            return {
                cron,
                dataSource: { namespace, name: cron.spec.managedDataSource },
                wanted: describeLanding(storageClass, landing.format),
            };
        }),
    );
    return found.filter((one) => one !== undefined);
}

/** The crons of all namespaces; of the configured one alone where the rights go no further. */
export async function cronsWithin({ cluster, warn }: Pick<World, "cluster" | "warn">): Promise<DataImportCron[]> {
    try {
        return await cluster.list("DataImportCron");
    } catch (thrown) {
        if (!isBootsourceError(thrown) || thrown.code !== "forbidden") throw thrown;
        warn(`only the boot sources of ${cluster.namespace} are looked at: ${thrown.message}`);
        return cluster.list("DataImportCron", { namespace: cluster.namespace });
    }
}

/** Whether a cron is of the same stack as a resource. */
export function isOfStack(cron: DataImportCron, urn: string): boolean {
    const stackOf = (text: string | undefined): string | undefined => text?.split("::").slice(0, 2).join("::");
    return stackOf(ownerOf(cron.metadata)?.urn) === stackOf(urn);
}

/** Whether machines are given an image that lies, whole, where it belongs, and what was to go for it is gone. */
export async function hasArrived({ cron, dataSource, wanted }: Follower, cluster: Cluster): Promise<boolean> {
    if ((await presentLanding(dataSource, cluster)) !== wanted || (await isAtWork(cron, cluster))) return false;
    const source = await cluster.get("DataSource", dataSource);
    if (conditionOf(source, "Ready")?.status !== "True") return false;
    const { pvc, snapshot } = source?.status?.source ?? {};
    const at = pvc ?? snapshot;
    const found = (await importsOf(cron, cluster)).find(({ name }) => name === at?.name);
    // CDI says "Ready" for a moment longer than the disk is there.
    return found !== undefined && isReady(found);
}

/** Ours says that it is up to date once it has cleaned up; it would not go on when this run is over. CDI has cleaned up before. */
async function isAtWork({ metadata, spec }: DataImportCron, cluster: Cluster): Promise<boolean> {
    if (isPlatformsCron(spec.template.spec.source, cluster.capabilities.platformCrons)) return false;
    const said = conditionOf(await cluster.get("DataImportCron", refOf(metadata)), "UpToDate");
    return said?.status === "False" && said.reason === upToDate.importing.reason;
}

/** The import that is on its way to where the follower belongs; undefined where none is. */
export async function underWay({ cron }: Follower, storageClass: string, cluster: Cluster) {
    const imports = await importsOf(cron, cluster);
    const volumes = imports.filter((one) => !isReady(one)).flatMap(({ volume }) => volume ?? []);
    return volumes.find(({ spec }) => [undefined, storageClass].includes(spec.storage?.storageClassName));
}

/** Where a cron is. */
export const cronRef = ({ cron }: Follower) => refOf(cron.metadata);
