// Brings a boot source in line whose cron the platform makes of an entry of its list: the entry, the version that is to be current, and waiting.
import { newOwner } from "../cluster/ownership.js";
import { want } from "../cluster/polls.js";
import { isBootsourceError } from "../model/errors.js";
import type { DataImportCron } from "../model/objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { cronAnnotations } from "../rules/cron-names.js";
import { awaitBootSource } from "./await-boot-source.js";
import { awaitCronOfEntry } from "./await-entry.js";
import { digestToBring } from "./boot-source-digest.js";
import { whoseSource } from "./boot-source-foreign.js";
import { writeEntry } from "./boot-source-list.js";
import { takeFromFormer } from "./boot-source-rename.js";
import { type BootSourceState, type Target, toBootSourceState } from "./boot-source-state.js";
import { toUnfinished } from "./boot-source-unfinished.js";
import { leaveList } from "./boot-source-unlist.js";
import { syncCloneRights } from "./clone-rights.js";
import type { World } from "./contract.js";
import { requireWayIsFree } from "./preflight.js";
import { needOfBootSource } from "./preflight-needs.js";
import { takeBackSpared } from "./spare-images.js";

/** A cron of ours under that name goes over to the platform as it is, with DataSource, digest and images. */
export async function bringByList(
    target: Target,
    last: BootSourceState | undefined,
    world: World,
): Promise<BootSourceState> {
    const { spec, inputs, places, cluster } = target;
    const found = await world.cluster.get("DataImportCron", places.cron);
    const owner = last === undefined ? newOwner(world.urn) : { urn: world.urn, token: last.token };
    const foreign = spec.adopt === true ? undefined : await whoseSource(spec, places, world);
    if (foreign !== undefined) throw foreign;
    const digest = await digestToBring(target, world);
    const moves = found === undefined || last?.wantedDigest !== (inputs["digest"] ?? null);
    await requireWayIsFree(needOfBootSource(spec, places, { imports: moves, digest }), world);
    const giveBack = last === undefined ? await takeFromFormer(places, world) : undefined;
    const listed = await writeEntry(target, { found, last, owner }, world).catch(async (thrown: unknown) => {
        await giveBack?.();
        throw thrown;
    });
    let cron = found ?? ({ metadata: { ...places.cron }, spec: listed.spec } as unknown as DataImportCron);
    try {
        cron = await awaitCronOfEntry(places.cron, owner.token, listed, spec.timeoutSeconds, world);
        await takeBackSpared(listed.spared, world);
        cron = await ask(cron, moves ? digest : undefined, world);
        await syncCloneRights(spec.cloneableFrom, last, { at: places.dataSource, only: undefined, owner }, world);
        if (spec.wait === "accepted") world.cluster.drive("DataImportCron", places.cron);
        else await awaitBootSource(target, cron, digest, world);
        const now = (await world.cluster.get("DataImportCron", places.cron)) ?? cron;
        const asked = digest === undefined ? inputs : { ...inputs, digest };
        return await toBootSourceState(asked, { cron: now, owner, cluster, world });
    } catch (error) {
        // The engine is gone: what is begun stays as it is, and the next run goes on from it.
        if (world.signal.aborted) throw error;
        if (last === undefined && isBootsourceError(error) && error.code === "refused") {
            await leaveList(places.cron, owner.token, spec.timeoutSeconds, world);
            throw error;
        }
        throw await toUnfinished(error, target, { cron, owner }, world);
    }
}

/** Where nobody polls the stack says which version is to come; what failed in an earlier run is tried anew. */
async function ask(
    cron: DataImportCron,
    digest: string | undefined,
    { cluster, clock }: World,
): Promise<DataImportCron> {
    if (isPlatformsCron(cron.spec.template.spec.source, cluster.capabilities.platformCrons)) return cron;
    const { namespace, name } = cron.metadata;
    const now = new Date(clock.now()).toISOString();
    return cluster.update("DataImportCron", { namespace, name }, ({ metadata }) => {
        const annotations = (metadata.annotations ??= {});
        annotations[cronAnnotations.requested] = now;
        if (digest === undefined) return;
        want(annotations, { digest, digests: [] });
        annotations[cronAnnotations.lastCronTime] = now;
    });
}
