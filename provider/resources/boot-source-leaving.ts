// The imports that a change of a boot source makes superfluous, for the preview: garbage collection takes them once the new one serves.
import { importsOf, isInUse, pointedAt } from "../cluster/boot-imports.js";
import { describeRef } from "../cluster/wait.js";
import type { Effect } from "../model/effects.js";
import type { DataImportCron, Metadata, Pointer } from "../model/objects.js";
import { describeBytes, parseQuantity } from "../model/quantity.js";
import { type BootImport, outdatedImports } from "../rules/boot-imports.js";
import type { World } from "./contract.js";

/** What becomes current: an import that is there by its name, a new one, or the one that is served already. */
export interface Coming {
    readonly kept?: string | undefined;
    readonly isNew: boolean;
}

/** "removes image default/fedora-1a2b3c4d5e6f (5 GiB)", for each that leaves; what is in use or pointed at stays. */
export async function leavingImports(
    cron: { readonly metadata: Metadata; readonly spec: DataImportCron["spec"] },
    dataSource: Pointer,
    { kept, isNew }: Coming,
    { cluster, clock }: Pick<World, "cluster" | "clock">,
): Promise<Effect[]> {
    if (cron.spec.garbageCollect === "Never") return [];
    const imports = await importsOf(cron, cluster);
    const current = kept ?? (isNew ? undefined : await servedName(dataSource, cluster));
    const isCurrent = ({ name }: BootImport): boolean => name === current;
    const inOrder = [...imports.filter(isCurrent), ...imports.filter((one) => !isCurrent(one))];
    const old = outdatedImports(
        inOrder,
        cron,
        new Set(current === undefined ? [] : [current]),
        clock.now(),
        isNew ? 1 : 0,
    );
    if (old.length === 0) return [];
    const { namespace } = cron.metadata;
    const pointed = await Promise.all([
        pointedAt("pvc", namespace, cluster),
        pointedAt("snapshot", namespace, cluster),
    ]);
    // What the boot source itself points at is let go of by then.
    const own = await servedName(dataSource, cluster);
    const effects = await Promise.all(
        old.map(async (one): Promise<Effect[]> => {
            const isNeeded = one.name !== own && pointed.some((names) => names.has(one.name));
            if (isNeeded || (await isInUse(one, cluster))) return [];
            return [{ verb: "remove", object: `image ${describeRef({ namespace, name: one.name })}${sizeOf(one)}` }];
        }),
    );
    return effects.flat();
}

async function servedName(at: Pointer, cluster: World["cluster"]): Promise<string | undefined> {
    const { pvc, snapshot } = (await cluster.get("DataSource", at))?.spec.source ?? {};
    return (pvc ?? snapshot)?.name;
}

function sizeOf({ claim, snapshot }: BootImport): string {
    const size = claim?.status?.capacity?.storage ?? snapshot?.status?.restoreSize;
    return size === undefined ? "" : ` (${describeBytes(parseQuantity(size))})`;
}
