// Who carries a boot source, a cron of its own or the HyperConverged's list, for the preview: what is refused, and what changes hands.
import { describeRef } from "../cluster/wait.js";
import { type BootsourceError, isBootsourceError } from "../model/errors.js";
import type { BootSourceSpec } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import type { Effect } from "../model/effects.js";
import { isUnknown } from "../model/unknown.js";
import type { placesOf } from "../rules/boot-source-objects.js";
import { isCarriedByList } from "../rules/list-entry.js";
import { lookAtList, refuseInList, systemHint, systemNamesake } from "./boot-source-list.js";
import type { Data, Decision, World } from "./contract.js";
import type { SystemView } from "./system-look.js";

interface Carriage {
    readonly spec: BootSourceSpec;
    readonly places: ReturnType<typeof placesOf>;
    readonly args: Data;
    readonly old: Data | undefined;
}

/** Nothing for a boot source with a cron of its own that has never had another carrier; the list is looked at only where something changes. */
export async function describeCarriage(
    { spec, places, args, old }: Carriage,
    world: World,
): Promise<Omit<Decision, "inputs">> {
    const quiet = { effects: [], warnings: [], failures: [] };
    const [before, after] = [isCarriedByList(old), isCarriedByList(spec)];
    if (!before && !after) return quiet;
    const isNew = old === undefined || before !== after || old["cronName"] !== places.cron.name;
    const isUnchanged = !isNew && Object.entries(args).every(([key, value]) => isSame(value, old[key]));
    const isKnown = ![places.cron.name, places.cron.namespace, places.dataSource.name].some(isUnknown);
    if (isUnchanged || !isKnown || world.cluster.unreachable !== undefined) return quiet;
    try {
        const view = await lookAtList(world);
        if (!after) return { ...quiet, effects: world.preview ? [leaving(places, view)] : [] };
        const shipped = systemNamesake(places, view);
        if (shipped !== undefined) {
            const path = [
                shipped.metadata.name === places.cron.name && spec.name !== undefined ? "name" : "managedDataSource",
            ];
            return { ...quiet, failures: [{ path, reason: systemHint(shipped) }] };
        }
        // Of a state only the inputs are known here: an entry of that URN is this resource's own.
        refuseInList(places, view, { urn: world.urn, token: undefined }, spec.adopt === true);
        return {
            ...quiet,
            effects: world.preview && isNew ? [coming(places, old !== undefined && !before, view)] : [],
        };
    } catch (thrown) {
        if (!isObstacle(thrown)) throw thrown;
        return world.preview
            ? { ...quiet, warnings: [`${thrown.message} (seen by the preview; the update looks again)`] }
            : quiet;
    }
}

/** The same run may still mend it: the update refuses it before anything is written. */
function isObstacle(thrown: unknown): thrown is BootsourceError {
    return (
        isBootsourceError(thrown) &&
        ["missing-object", "already-exists", "not-owned", "forbidden"].includes(thrown.code)
    );
}

function coming({ cron }: Carriage["places"], moves: boolean, { at }: SystemView): Effect {
    const list = `the list of the HyperConverged ${describeRef(at)}`;
    return moves
        ? {
              verb: "move",
              object: `DataImportCron ${describeRef(cron)}`,
              to: `${list}, whose operator keeps it from then on`,
              interrupts: stays,
          }
        : { verb: "create", object: `entry ${cron.name} in ${list}` };
}

function leaving({ cron }: Carriage["places"], { at }: SystemView): Effect {
    const object = `entry ${cron.name}`;
    const from = `the list of the HyperConverged ${describeRef(at)}`;
    return {
        verb: "move",
        object,
        from,
        to: `a DataImportCron of this stack, ${describeRef(cron)}`,
        interrupts: stays,
    };
}

const stays = "its DataSource and images stay as they are";
