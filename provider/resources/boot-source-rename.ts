// A boot source under another cron's name: DataSource and images go over to the new cron, and back where that fails.
import { ownerOf } from "../cluster/ownership.js";
import type { Metadata, Pointer } from "../model/objects.js";
import { cronLabels } from "../rules/cron-names.js";
import type { World } from "./contract.js";

const carriers = ["DataSource", "DataVolume", "PersistentVolumeClaim", "VolumeSnapshot"] as const;

/**
 * Pulumi makes the new cron before it deletes the old one, and a DataSource has one cron: where the old one is this very
 * resource's, what it holds is handed over. Answers how to give it back; undefined where there is nothing to hand over.
 */
export async function takeFromFormer(
    places: { readonly cron: Pointer; readonly dataSource: Pointer },
    world: World,
): Promise<(() => Promise<void>) | undefined> {
    const { namespace, name } = places.cron;
    const source = await world.cluster.get("DataSource", places.dataSource);
    const holder = source?.metadata.labels?.[cronLabels.cron];
    if (holder === undefined || holder === name) return undefined;
    const former = await world.cluster.get("DataImportCron", { namespace, name: holder });
    if (former === undefined || ownerOf(former.metadata)?.urn !== world.urn) return undefined;
    await relabel(namespace, holder, name, world);
    return () => relabel(namespace, name, holder, world);
}

async function relabel(namespace: string, from: string, to: string, { cluster }: World): Promise<void> {
    for (const kind of carriers) {
        for (const { metadata } of await cluster.list(kind, { namespace, labels: { [cronLabels.cron]: from } })) {
            await cluster.update(kind, { namespace, name: metadata.name }, (object: { metadata: Metadata }) => {
                object.metadata.labels = { ...object.metadata.labels, [cronLabels.cron]: to };
            });
        }
    }
}
