// Another storage class, or another form, of a boot source's image: where it is and where it goes, and what that costs.
import { describeLanding, landingFor, presentLanding } from "../cluster/landing.js";
import type { Effect } from "../model/effects.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron, DataVolumeSource, Pointer } from "../model/objects.js";
import type { World } from "./contract.js";

/** Where the present image lies, and where that cron brings it. */
export interface Move {
    readonly from: string;
    readonly to: string;
    /** The storage class of `to`. */
    readonly storageClass: string;
}

/** Undefined where it lies there already, where there is none yet, and where there is no class to go to. */
export async function moveOf(
    dataSource: Pointer,
    spec: DataImportCron["spec"],
    { cluster }: Pick<World, "cluster">,
): Promise<Move | undefined> {
    const from = await presentLanding(dataSource, cluster);
    const { storageClass, format } = await landingFor({ spec }, cluster);
    if (from === undefined || storageClass === undefined) return undefined;
    const to = describeLanding(storageClass, format);
    return from === to ? undefined : { from, to, storageClass };
}

/** Ours copy what they have. CDI makes a snapshot of the present claim, and for everything else downloads again, old image first. */
export function isReimported(
    { from, to }: Pick<Move, "from" | "to">,
    source: DataVolumeSource,
    { cluster }: Pick<World, "cluster">,
): boolean {
    const { kind = "" } = describeSource(source as Parameters<typeof describeSource>[0]);
    return cluster.capabilities.platformCrons.includes(kind) && from.replace(" (pvc)", " (snapshot)") !== to;
}

/** What it costs, for a preview's line. */
export function priceOf(
    move: Pick<Move, "from" | "to">,
    source: DataVolumeSource,
    world: Pick<World, "cluster">,
): Pick<Effect, "bytes" | "interrupts"> {
    if (!isReimported(move, source, world))
        return { bytes: 0, interrupts: "the present image serves until the new one is ready" };
    return {
        interrupts:
            "CDI removes the present image first and imports it again: its DataSource is not ready until that has ended",
    };
}
