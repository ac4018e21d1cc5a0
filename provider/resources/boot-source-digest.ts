// Which digest an update will make current: pinned, as previewed, as upstream says now, or the one that is there.
import { readAccess } from "../cluster/access.js";
import { importsOf } from "../cluster/boot-imports.js";
import { noteFailedPoll, notePoll, versionInCluster, versionless } from "../cluster/polls.js";
import type { Access } from "../model/access.js";
import { type BootSourceSpec, pinOf, updateModeOf } from "../model/boot-source.js";
import { toBootsourceError } from "../model/errors.js";
import { describeSource, inlineAccess } from "../model/image-source.js";
import type { DataImportCron } from "../model/objects.js";
import { isUnknown, unknownPaths, unknownValue } from "../model/unknown.js";
import type { Version } from "../model/upstream.js";
import { isOfVersion, isReady, wantedOf } from "../rules/boot-imports.js";
import { hasUpstream, type placesOf, toCronSpec } from "../rules/boot-source-objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { dueTime } from "../rules/due-time.js";
import type { Target } from "./boot-source-state.js";
import type { World } from "./contract.js";

/** A preview asks a source this long at most; an update has more time. */
const patience = { preview: 5_000, update: 30_000 } as const;

/** What is asked for, and what was before. */
export interface Question {
    readonly spec: BootSourceSpec;
    readonly places: ReturnType<typeof placesOf>;
    /** The digest of the last inputs; undefined for a new boot source. */
    readonly before: string | undefined;
    /** Whether the source is another one than before (or the boot source is new): its digest has to be found out. */
    readonly changed: boolean;
}

/** The answer. */
export interface Answer {
    /** Undefined where an update could not find it out; unknown in a preview that could not. */
    readonly digest: string | undefined;
    /** Bytes to download, where upstream was asked and says so. */
    readonly bytes?: number | undefined;
}

/** Decides; asks upstream only where the mode and the schedule say so. Faults of the world are warnings here. */
export async function decideDigest(question: Question, world: World): Promise<Answer> {
    const { spec, before, changed } = question;
    const pinned = spec.pin ?? pinOf(spec.source);
    if (pinned !== undefined) return { digest: pinned };
    if (unknownPaths(spec.source).length > 0) return { digest: unknownValue };
    const kept = changed ? missing(world) : before;
    if (!hasUpstream(spec)) return { digest: (await localDigest(spec, world)) ?? kept };
    const cron = await world.cluster.get("DataImportCron", question.places.cron);
    if (!changed && !(await isDue(question, cron, world))) return { digest: before };
    const key = keyOf(question, world);
    const shown = world.preview ? undefined : world.shown.recall(key);
    if (shown !== undefined) return { digest: shown };
    const asked = await ask(question, cron, world);
    if (asked === undefined) {
        if (world.preview && kept !== undefined && !isUnknown(kept)) world.shown.remember(key, kept);
        return { digest: kept };
    }
    const digest = (await isCurrent(asked, cron, world)) ? (before ?? asked.digest) : asked.digest;
    if (world.preview && digest !== undefined) world.shown.remember(key, digest);
    return { digest, bytes: asked.bytes };
}

/** The digest that an update brings in; undefined where CDI's own poll will find it. */
export async function digestToBring({ spec, inputs, places }: Target, world: World): Promise<string | undefined> {
    const { digest } = inputs;
    if (typeof digest === "string") return digest;
    const byPlatform = isPlatformsCron(spec.source, world.cluster.capabilities.platformCrons);
    const polls = byPlatform && updateModeOf(spec) === "scheduled";
    return polls ? undefined : requireDigest({ spec, places }, world);
}

/** The digest of a source that a decision could not find out; throws why it cannot be. */
export async function requireDigest(
    { spec, places }: Pick<Question, "spec" | "places">,
    world: World,
): Promise<string> {
    const { source } = toCronSpec(spec, places, (path) => world.upstream.resolvePath(path)).template.spec;
    const access = await accessFor(spec, undefined, true, world);
    const version =
        (await versionInCluster(source, world.cluster)) ??
        (await world.upstream.identify(source, access ?? {}, world.signal, { always: true }));
    if (version.digest !== undefined) return version.digest;
    throw versionless();
}

/** What an update could not find out is undefined: bringing it in says why. */
function missing({ preview }: World): string | undefined {
    return preview ? unknownValue : undefined;
}

/** A scheduled source is asked by whoever refreshes it; by the stack itself where nobody does, once a tick has passed. */
async function isDue({ spec, places }: Question, cron: DataImportCron | undefined, world: World): Promise<boolean> {
    if (updateModeOf(spec) === "reviewed") return true;
    const wanted = toCronSpec(spec, places, (path) => world.upstream.resolvePath(path));
    if (cron === undefined || wanted.schedule === "") return false;
    if (await world.cluster.refreshes(wanted.template.spec.source)) return false;
    return dueTime({ ...cron, spec: wanted }, world.clock.now()) <= world.clock.now();
}

async function ask(
    { spec, places, changed }: Question,
    cron: DataImportCron | undefined,
    world: World,
): Promise<Version | undefined> {
    const access = await accessFor(spec, cron, changed, world);
    if (access === undefined) return undefined;
    const { source } = toCronSpec(spec, places, (path) => world.upstream.resolvePath(path)).template.spec;
    const time = AbortSignal.timeout(world.preview ? patience.preview : patience.update);
    try {
        const version = await world.upstream.identify(source, access, AbortSignal.any([world.signal, time]), {
            always: changed && !world.preview,
        });
        if (version.digest === undefined) return undefined;
        if (!world.preview && cron !== undefined && (await isCurrent(version, cron, world))) {
            await notePoll(cron, version, await importsOf(cron, world.cluster), world);
        }
        return version;
    } catch (thrown) {
        const error = toBootsourceError(thrown, "ask the source");
        if (!world.preview && cron !== undefined) await noteFailedPoll(cron, error, world);
        const meanwhile = changed ? "the update asks again" : "the image that is there stays current";
        world.warn(`${error.message} (${meanwhile})`);
        return undefined;
    }
}

/** Credentials that lie in the cluster are not read for a preview; and an update does nothing that no preview could show. */
async function accessFor(
    { source, namespace }: BootSourceSpec,
    cron: DataImportCron | undefined,
    changed: boolean,
    world: World,
): Promise<Access | undefined> {
    const { details = {} } = describeSource(source);
    const inCluster = details.secretRef || details.certConfigMap || details.secretExtraHeaders !== undefined;
    if (!inCluster) return inlineAccess(details);
    if (world.preview || !changed) {
        world.warn(
            "the source is not asked whether it holds a newer image: its credentials lie in the cluster, and previews read no " +
                "Secrets; an agent or `bootsource refresh` asks",
        );
        return undefined;
    }
    const metadata = cron?.metadata ?? { namespace: namespace ?? "default" };
    const secret = { secretRef: details.secretRef, certConfigMap: details.certConfigMap };
    const { kind = "http" } = describeSource(source);
    const asVolume = { metadata, spec: { source: { [kind]: { url: "", ...secret } } } };
    return readAccess(asVolume as unknown as Parameters<typeof readAccess>[0], world.cluster);
}

/** Whether upstream holds what is current and whole here already, under whichever of its digests. */
async function isCurrent(version: Version, cron: DataImportCron | undefined, { cluster }: World): Promise<boolean> {
    const wanted = cron && wantedOf(cron);
    if (cron === undefined || wanted === undefined || version.digest === undefined) return false;
    const current = (await importsOf(cron, cluster)).find((one) => isReady(one) && isOfVersion(one, wanted));
    const found = { ...wanted, digest: version.digest, alsoKnownAs: version.digests };
    return current !== undefined && isOfVersion(current, found);
}

/** What lies in the cluster or on this machine is looked at in every run: it moves with the program, not with a schedule. */
async function localDigest(spec: BootSourceSpec, world: World): Promise<string | undefined> {
    const { kind, details } = describeSource(spec.source);
    try {
        if (kind === "upload") {
            const path = details?.path;
            return path === undefined || isUnknown(path)
                ? undefined
                : await world.upstream.digestOf(world.upstream.resolvePath(path), world.signal);
        }
        const at = { namespace: details?.namespace ?? spec.namespace ?? "default", name: details?.name ?? "" };
        const source = kind === "snapshot" ? { snapshot: at } : { pvc: at };
        return (await versionInCluster(source, world.cluster))?.digest;
    } catch (error) {
        world.warn(toBootsourceError(error, "look at the source").message);
        return undefined;
    }
}

function keyOf({ spec, places }: Question, { urn, cluster }: World): string {
    return JSON.stringify([urn, cluster.name, places, spec.source, spec.updates ?? ""]);
}
