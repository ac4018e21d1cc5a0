// A boot source that got somewhere and then failed: what is there by now, and why it went no further.
import type { Owner } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import { BootsourceError, toBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { type Target, toBootSourceState } from "./boot-source-state.js";
import { Unfinished, type World } from "./contract.js";

/** Both are told where an older image is served: that the new one did not come in, and that the old one serves on. */
export async function toUnfinished(
    error: unknown,
    { inputs, places, cluster }: Target,
    { cron, owner }: { readonly cron: DataImportCron; readonly owner: Owner },
    world: World,
): Promise<Unfinished> {
    const now = (await world.cluster.get("DataImportCron", places.cron)) ?? cron;
    const state = await toBootSourceState(inputs, { cron: now, owner, cluster, world });
    const cause = toBootsourceError(error, `bring in ${describeRef(places.dataSource)}`);
    return new Unfinished(state, state.ready ? stillServing(cause) : cause);
}

function stillServing(cause: BootsourceError): BootsourceError {
    return new BootsourceError(cause.code, `${cause.message} (the image that was current before still serves)`, {
        cause,
        facts: cause.facts,
        terminal: cause.terminal,
    });
}
