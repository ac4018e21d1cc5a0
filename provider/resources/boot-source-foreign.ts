// A DataSource of that name that another cron manages, or none: told in preview, refused before anything moves.
import { ownerOf } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import type { BootSourceSpec } from "../model/boot-source.js";
import { BootsourceError } from "../model/errors.js";
import type { placesOf } from "../rules/boot-source-objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { cronLabels } from "../rules/cron-names.js";
import type { World } from "./contract.js";

/**
 * The error for a DataSource that is somebody else's; undefined where nothing speaks against it. CDI passes over one that carries
 * another cron's mark, or none, and says so in its log alone.
 */
export async function whoseSource(
    { source }: Pick<BootSourceSpec, "source">,
    { cron, dataSource }: ReturnType<typeof placesOf>,
    { cluster, urn }: World,
): Promise<BootsourceError | undefined> {
    const { cronsTakeAlong, platformCrons } = cluster.capabilities;
    if (cronsTakeAlong) return undefined;
    const there = await cluster.get("DataSource", dataSource);
    const holder = there?.metadata.labels?.[cronLabels.cron];
    if (there === undefined || holder === cron.name) return undefined;
    const former = holder && (await cluster.get("DataImportCron", { namespace: cron.namespace, name: holder }));
    // Under its former name it is this very resource's, and goes over to the new one.
    if (former && ownerOf(former.metadata)?.urn === urn) return undefined;
    // What a cron left that is gone, ours take over; CDI's do not.
    if (holder !== undefined && former === undefined && !isPlatformsCron(source, platformCrons)) return undefined;
    return new BootsourceError(
        "already-exists",
        `cannot keep ${describeRef(dataSource)} current: ${cluster.name} has a DataSource of that name, ` +
            `${holder === undefined ? "which no cron manages" : `managed by the DataImportCron ${holder}`}; set adopt: true to take ` +
            "it over, or choose another managedDataSource",
    );
}
