// Waits until machines can clone from a boot source: its version in, its DataSource ready; or says why that will not be.
import { describeRef, waitFor } from "../cluster/wait.js";
import { conditionOf } from "../model/conditions.js";
import { BootsourceError, isBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { wantedOf } from "../rules/boot-imports.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { cronAnnotations } from "../rules/cron-names.js";
import { awaitDisk } from "./await-disk.js";
import { awaitImport } from "./await-import.js";
import type { Target } from "./boot-source-state.js";
import type { World } from "./contract.js";
import { defaultTimeoutSeconds, startStallTimer } from "./stall.js";

/** What there is to wait for next. */
type Next = { readonly importing: string } | "done";

/** Follows the cron, the import that it makes, and the DataSource; shows progress on the resource's row. */
export async function awaitBootSource(
    { spec, places }: Target,
    asked: DataImportCron,
    digest: string | undefined,
    world: World,
): Promise<void> {
    const patience = spec.timeoutSeconds ?? defaultTimeoutSeconds;
    const byCdi = isPlatformsCron(spec.source, world.cluster.capabilities.platformCrons);
    const { namespace } = places.cron;
    let followed: string | undefined;
    for (;;) {
        const next = await nextOf({ asked, digest, followed, byCdi }, places.cron, patience, world);
        if (next === "done") break;
        followed = next.importing;
        // Its end is the cron's to judge; what fails is told in the import's own words, once the cron has seen it too.
        await awaitImport({ namespace, name: next.importing }, patience, world).catch(async (error: unknown) => {
            // Replaced by its snapshot, or dropped for a newer version: the cron knows.
            if (isBootsourceError(error) && error.code === "gone") return;
            await untilSeen(places.cron, world);
            throw error;
        });
    }
    const stall = startStallTimer(`wait for the DataSource ${describeRef(places.dataSource)}`, patience, world);
    try {
        const leadsTo = await waitFor(
            world.cluster,
            "DataSource",
            places.dataSource,
            (source) => {
                const ready = conditionOf(source, "Ready");
                stall.saw(source?.status, ready?.message);
                return ready?.status === "True" ? source?.spec.source : undefined;
            },
            stall.signal,
        );
        await awaitDisk(leadsTo, world);
    } finally {
        stall.stop();
    }
}

/** What is waited for, and who brings it in. */
interface Sought {
    readonly asked: DataImportCron;
    readonly digest: string | undefined;
    readonly followed: string | undefined;
    readonly byCdi: boolean;
}

async function nextOf(
    { asked, digest, followed, byCdi }: Sought,
    at: Target["places"]["cron"],
    patience: number,
    world: World,
): Promise<Next> {
    const stall = startStallTimer(`bring in the boot source ${describeRef(at)}`, patience, world);
    try {
        return await waitFor<"DataImportCron", Next>(
            world.cluster,
            "DataImportCron",
            at,
            (cron) => {
                if (cron === undefined) throw gone(at, world);
                const upToDate = conditionOf(cron, "UpToDate");
                stall.saw(cron.status, upToDate?.message);
                const [current] = cron.status?.currentImports ?? [];
                // CDI does not say which generation its status is about; which digest it is about it does.
                const wanted = byCdi ? wantedOf(cron)?.digest : digest;
                if (byCdi ? current?.Digest !== wanted : !speaksOf(cron, asked)) return undefined;
                if (upToDate?.status === "True") return "done";
                const isNew = current?.Digest === wanted && current?.DataVolumeName !== followed;
                if (isNew && current !== undefined) return { importing: current.DataVolumeName };
                if (upToDate !== undefined && hopeless.has(upToDate.reason)) {
                    throw new BootsourceError("failed", `cannot bring in ${describeRef(at)}: ${upToDate.message}`);
                }
                return undefined;
            },
            stall.signal,
        );
    } finally {
        stall.stop();
    }
}

/** What nobody but a person mends. A failed import is told by the import itself, unless that is gone. */
const hopeless: ReadonlySet<string> = new Set(["ErrDataSourceAlreadyManaged", "DataSourceNotManaged", "ImportFailed"]);

/** Whether the cron's status speaks of what was asked; what is older speaks of something else. */
function speaksOf({ status }: DataImportCron, asked: DataImportCron): boolean {
    const [generation = "0", ...rest] = (status?.observed ?? "").split(" ");
    const requested = asked.metadata.annotations?.[cronAnnotations.requested] ?? "";
    return Number(generation) >= asked.metadata.generation && (rest[0] ?? "") >= requested;
}

/** The cron looks at once when its import ends; should it not, what it says is one look old, and no more than that. */
async function untilSeen(at: Target["places"]["cron"], { cluster, signal }: World): Promise<void> {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(5_000)]);
    const seen = (cron: DataImportCron | undefined): boolean =>
        cron === undefined || hopeless.has(conditionOf(cron, "UpToDate")?.reason ?? "");
    await waitFor(cluster, "DataImportCron", at, (cron) => (seen(cron) ? true : undefined), soon).catch(
        () => undefined,
    );
}

function gone(at: Target["places"]["cron"], { cluster }: World): BootsourceError {
    return new BootsourceError(
        "gone",
        `cannot bring in the boot source ${describeRef(at)}: somebody deleted its DataImportCron from ${cluster.name}; run the ` +
            "update again",
    );
}
