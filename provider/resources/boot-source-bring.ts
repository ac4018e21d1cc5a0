// Brings a boot source in line: its cron, the digest that is to be current, and waiting until machines can clone from it.
import { newOwner, ownerAnnotations, type Owner } from "../cluster/ownership.js";
import { isSame } from "../model/canonical.js";
import { want } from "../cluster/polls.js";
import type { DataImportCron } from "../model/objects.js";
import { cronAnnotations } from "../rules/cron-names.js";
import { toCronSpec } from "../rules/boot-source-objects.js";
import { isCarriedByList } from "../rules/list-entry.js";
import { primaryAnnotations } from "../rules/template-crons.js";
import { adoptedCron, isPlatformsCron, toCdiCron } from "../rules/cdi-cron.js";
import { withLoginForCdi } from "../rules/cdi-pull-secret.js";
import { syncAccess } from "./access-objects.js";
import { awaitBootSource } from "./await-boot-source.js";
import { type Live, adoptLive, findLive } from "./boot-source-adopt.js";
import { importsToKeepAs } from "./boot-source-adopt-cdi.js";
import { bringByList } from "./boot-source-by-list.js";
import { digestToBring } from "./boot-source-digest.js";
import { whoseSource } from "./boot-source-foreign.js";
import { takeFromFormer } from "./boot-source-rename.js";
import { requireWayIsFree } from "./preflight.js";
import { needOfBootSource } from "./preflight-needs.js";
import { remakeCron } from "./remake-cron.js";
import { refuseUnlessOurs, withOwn } from "./own-objects.js";
import { type BootSourceState, type Target, toBootSourceState } from "./boot-source-state.js";
import { toUnfinished } from "./boot-source-unfinished.js";
import { leaveList } from "./boot-source-unlist.js";
import { syncCloneRights } from "./clone-rights.js";
import type { World } from "./contract.js";

/** Makes or changes the cron, waits for its DataSource, and says what is now true. */
export async function bringUpToDate(
    given: Target,
    last: BootSourceState | undefined,
    world: World,
): Promise<BootSourceState> {
    const byStore = world.cluster.capabilities.localVolumes;
    const target: Target = byStore ? given : { ...given, spec: withLoginForCdi(given.spec) };
    const { spec, inputs, places, cluster } = target;
    if (isCarriedByList(spec)) return bringByList(target, last, world);
    const former = isCarriedByList(last)
        ? await leaveList(places.cron, String(last?.token), spec.timeoutSeconds, world)
        : undefined;
    const found = await world.cluster.get("DataImportCron", places.cron);
    const live = last === undefined && spec.adopt === true ? await findLive(places, world) : undefined;
    // A create marks what it takes up anew: a delete that is still due for an earlier state must not find its token there.
    const owner = last === undefined ? newOwner(world.urn) : { urn: world.urn, token: last.token };
    if (live !== undefined) await adoptLive(spec, places, live, world);
    else if (found !== undefined)
        refuseUnlessOurs({ kind: "DataImportCron", at: places.cron, metadata: found.metadata }, last?.token, world);
    const foreign = live === undefined ? await whoseSource(spec, places, world) : undefined;
    if (foreign !== undefined) throw foreign;
    const digest = await digestToBring(target, world);
    const imports = live === undefined && (found === undefined || last?.wantedDigest !== (inputs["digest"] ?? null));
    await requireWayIsFree(needOfBootSource(spec, places, { imports, digest }), world);
    const giveBack = last === undefined ? await takeFromFormer(places, world) : undefined;
    const cron = await write(target, digest, { found, former, last, owner, live }, world);
    try {
        const owned = { kind: "DataImportCron", metadata: cron.metadata } as const;
        await syncAccess(spec, owned, world, { state: last, spec: found?.spec });
        await syncCloneRights(spec.cloneableFrom, last, { at: places.dataSource, only: undefined, owner }, world);
        if (spec.wait === "accepted") world.cluster.drive("DataImportCron", places.cron);
        else await awaitBootSource(target, cron, digest, world);
        const now = (await world.cluster.get("DataImportCron", places.cron)) ?? cron;
        const asked = digest === undefined ? inputs : { ...inputs, digest };
        return await toBootSourceState(asked, { cron: now, owner, cluster, world });
    } catch (error) {
        // The engine is gone: what is begun stays as it is, and the next run goes on from it.
        if (world.signal.aborted) throw error;
        if (giveBack !== undefined) {
            await giveBack();
            await world.cluster.delete("DataImportCron", places.cron, { uid: cron.metadata.uid });
            throw error;
        }
        throw await toUnfinished(error, target, { cron, owner }, world);
    }
}

/** What is there, and whose it is. */
interface Present {
    readonly found: DataImportCron | undefined;
    /** The cron whose place the new one takes: its annotations are how its images are found again. */
    readonly former: DataImportCron | undefined;
    readonly last: BootSourceState | undefined;
    readonly owner: Owner;
    /** What is being taken over. */
    readonly live: Live | undefined;
}

async function write(
    { spec, inputs, places }: Target,
    digest: string | undefined,
    { found, former, last, owner, live }: Present,
    world: World,
): Promise<DataImportCron> {
    const { platformCrons, cronsTakeAlong } = world.cluster.capabilities;
    const byPlatform = isPlatformsCron(spec.source, platformCrons);
    const asked = toCronSpec(spec, places, (path) => world.upstream.resolvePath(path));
    const byCdi =
        live?.cron !== undefined && found !== undefined
            ? adoptedCron(found.spec, asked)
            : toCdiCron(asked, found?.spec);
    const byUs = cronsTakeAlong ? asked : { ...asked, retentionPolicy: "All" as const };
    const wanted = byPlatform ? byCdi : byUs;
    const now = new Date(world.clock.now()).toISOString();
    // What an agent or CDI has moved meanwhile stays, unless this very update moves it.
    const moves = found === undefined || last?.wantedDigest !== (inputs["digest"] ?? null);
    const change = (cron: Pick<DataImportCron, "metadata" | "spec">): void => {
        cron.spec = wanted;
        cron.metadata.labels = withOwn(cron.metadata.labels, last?.["labels"], spec.labels);
        const annotations = withOwn(cron.metadata.annotations, last?.["annotations"], {
            ...spec.annotations,
            ...ownerAnnotations(owner),
            [cronAnnotations.requested]: now,
        });
        Reflect.deleteProperty(annotations, cronAnnotations.bindImmediate);
        if (spec.bindImmediately !== false) annotations[cronAnnotations.bindImmediate] = "true";
        if (moves && digest !== undefined) {
            want(annotations, { digest, digests: [] });
            annotations[cronAnnotations.lastCronTime] = now;
        }
        cron.metadata.annotations = annotations;
    };
    if (found === undefined) {
        const name = byPlatform && digest !== undefined ? live?.disk?.metadata.name : undefined;
        const kept =
            name === undefined ? {} : importsToKeepAs(wanted, { DataVolumeName: name, Digest: String(digest) });
        const fresh = { metadata: { ...places.cron, ...marksOf(former) }, spec: wanted, ...kept };
        change(fresh as DataImportCron);
        return world.cluster.create("DataImportCron", fresh);
    }
    if (!byPlatform || isSame(found.spec, wanted)) {
        return world.cluster.update("DataImportCron", places.cron, change);
    }
    return remakeCron(places.cron, found, change, world);
}

/** All but what says that an operator made it. */
function marksOf(former: DataImportCron | undefined): Pick<DataImportCron["metadata"], "labels" | "annotations"> {
    if (former === undefined) return {};
    const { labels = {}, annotations = {} } = former.metadata;
    const operators: readonly string[] = Object.values(primaryAnnotations);
    const ours = Object.entries(annotations).filter(([key]) => !operators.includes(key));
    return { labels, annotations: Object.fromEntries(ours) };
}
