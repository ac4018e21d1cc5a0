// What a change of an imported image costs, for the preview: bytes to download, what is kept, what would be refused.
import { ownerOf } from "../cluster/ownership.js";
import type { Access } from "../model/access.js";
import { isSame } from "../model/canonical.js";
import type { Effect } from "../model/effects.js";
import { toBootsourceError } from "../model/errors.js";
import { describeSource, inlineAccess } from "../model/image-source.js";
import { type ImportedImageSpec, sizeOf } from "../model/imported-image.js";
import { parseQuantity } from "../model/quantity.js";
import { isUnknown, unknownPaths } from "../model/unknown.js";
import { placementOf, toSource } from "../rules/data-volume.js";
import type { Data, Decision, Failure, World } from "./contract.js";
import { foresee } from "./preflight.js";
import { needOfImage } from "./preflight-needs.js";
import { protectedError, reasonToKeep } from "./protection.js";

/** A preview asks the source this long at most. */
const patience = 3_000;

interface Change {
    readonly spec: ImportedImageSpec;
    readonly before: ImportedImageSpec | undefined;
    /** Whether the image that is there is the one asked for. */
    readonly kept: boolean;
    readonly inputs: Data;
    readonly old: Data | undefined;
}

/** An unchanged resource says nothing and asks nobody; for a changed one a preview tells what the update will do. */
export async function describeImageChange(change: Change, world: World): Promise<Omit<Decision, "inputs">> {
    const { spec, before, kept, inputs, old } = change;
    if (old !== undefined && isSame(old, inputs)) return quiet;
    const moved = old?.["cluster"] !== inputs["cluster"] || old?.["namespace"] !== inputs["namespace"];
    const was = before === undefined ? undefined : await presentSize(before, old, world);
    // Another name is another claim, also for the same content.
    const renamed = old?.["claimName"] !== inputs["claimName"];
    const imports = before === undefined || !kept || moved || renamed || !samePlace(before, spec, was);
    const failures = imports && before !== undefined && !moved ? await whatIsLost(change, world) : [];
    if (!world.preview) return { ...quiet, failures: failures.map((reason): Failure => ({ path: [], reason })) };
    const object = `claim ${String(inputs["namespace"])}/${shown(inputs["claimName"])}`;
    if (await adopts(change, world)) return { ...quiet, effects: [{ verb: "adopt", object, bytes: 0 }] };
    const { namespace, claimName: name } = inputs;
    const at = typeof name === "string" && !isUnknown(name) ? { namespace: String(namespace), name } : undefined;
    const lacks = imports ? await foresee(needOfImage(spec, String(namespace), at), world) : [];
    const warnings = [...failures, ...(await whatIsMissing(spec, world)), ...lacks];
    if (imports)
        return {
            effects: [await importEffect(spec, object, whatServes(change, world), world, warnings)],
            warnings,
            failures: [],
        };
    return { effects: [sizeEffect(spec, was, object)], warnings, failures: [] };
}

/** A DataVolume that nobody of ours made is taken as it is; what speaks against that the update says. */
async function adopts({ spec, inputs, old }: Change, { cluster }: World): Promise<boolean> {
    const [namespace, name] = [inputs["namespace"], inputs["claimName"]];
    if (spec.adopt !== true || old !== undefined || typeof namespace !== "string" || typeof name !== "string")
        return false;
    const found = await cluster.get("DataVolume", { namespace, name });
    return found !== undefined && ownerOf(found.metadata) === undefined;
}

const quiet = { effects: [], warnings: [], failures: [] } as const;

async function importEffect(
    spec: ImportedImageSpec,
    object: string,
    interrupts: string | undefined,
    world: World,
    warnings: string[],
): Promise<Effect> {
    const size = sizeOf(spec);
    const sizes = size === undefined || isUnknown(size) ? undefined : { after: parseQuantity(size) };
    if (spec.source.blank !== undefined) return { verb: "create", object, sizes };
    const from = whereFrom(spec);
    return { verb: "import", object, from, bytes: await bytesOf(spec, from, world, warnings), sizes, interrupts };
}

/** What there is to clone from while the new disk comes in. */
function whatServes({ before, inputs, old }: Change, { cluster }: World): string | undefined {
    if (before === undefined) return undefined;
    const sameName = ["cluster", "namespace", "claimName"].every((key) => old?.[key] === inputs[key]);
    return sameName && !cluster.capabilities.mutableDataVolumes
        ? "the old disk goes first, as CDI changes no DataVolume: there is none until the import has ended"
        : "the old disk stays until the new one is ready";
}

function sizeEffect(spec: ImportedImageSpec, was: number | undefined, object: string): Effect {
    const is = sizeOf(spec);
    if (is === undefined || isUnknown(is) || parseQuantity(is) === was) return { verb: "keep", object, bytes: 0 };
    return { verb: "grow", object, sizes: { before: was, after: parseQuantity(is) } };
}

/** The size asked for, or the one that the image came to have where none was. */
async function presentSize(
    before: ImportedImageSpec,
    old: Data | undefined,
    { cluster }: World,
): Promise<number | undefined> {
    const asked = sizeOf(before);
    if (asked !== undefined) return isUnknown(asked) ? undefined : parseQuantity(asked);
    const [namespace, name] = [old?.["namespace"], old?.["claimName"]];
    if (typeof namespace !== "string" || typeof name !== "string") return undefined;
    const claim = await cluster.get("PersistentVolumeClaim", { namespace, name });
    const present = claim?.status?.capacity?.storage;
    return present === undefined ? undefined : parseQuantity(present);
}

/** Bytes to download, where the source can be asked; a preview goes on without an answer. */
async function bytesOf(
    spec: ImportedImageSpec,
    from: string | undefined,
    { upstream, signal }: World,
    warnings: string[],
): Promise<number | undefined> {
    const access = knownAccess(spec);
    if (from === undefined || access === undefined) return undefined;
    try {
        const source = toSource(spec, "", (path) => upstream.resolvePath(path));
        return (await upstream.identify(source, access, AbortSignal.any([signal, AbortSignal.timeout(patience)])))
            .bytes;
    } catch (error) {
        warnings.push(
            `${toBootsourceError(error, `ask ${from}`).message} (seen by the preview; the update asks again)`,
        );
        return undefined;
    }
}

/** Where the bytes come from, for a person; undefined while that is not known. */
function whereFrom({ source, namespace = "default" }: ImportedImageSpec): string | undefined {
    const { kind, details } = describeSource(source);
    if ((kind === "pvc" || kind === "snapshot") && details !== undefined) {
        return `${kind === "pvc" ? "claim" : "snapshot"} ${shown(details.namespace ?? namespace)}/${shown(details.name)}`;
    }
    const location = details?.url ?? details?.path ?? details?.imageStream;
    return location === undefined || isUnknown(location) ? undefined : withoutQuery(location);
}

/** Credentials of the arguments; undefined where they lie in the cluster or are not known yet: then nobody is asked. */
function knownAccess({ source }: ImportedImageSpec): Access | undefined {
    const { details } = describeSource(source);
    if (details === undefined) return undefined;
    if (details.secretRef || details.certConfigMap || details.secretExtraHeaders !== undefined) return undefined;
    return unknownPaths(details).length > 0 ? undefined : inlineAccess(details);
}

/** Why the disk that would be replaced must stay. */
async function whatIsLost({ spec, old }: Change, { cluster }: World): Promise<string[]> {
    const [namespace, name] = [old?.["namespace"], old?.["claimName"]];
    if (spec.force === true || typeof namespace !== "string" || typeof name !== "string") return [];
    const reason = await reasonToKeep(cluster, { namespace, name });
    return reason === undefined ? [] : [protectedError("replace", { namespace, name }, reason).message];
}

/** What the update will need and does not find yet: the same run may still make it. */
async function whatIsMissing(spec: ImportedImageSpec, { cluster }: World): Promise<string[]> {
    const { class: name } = placementOf(spec);
    // Of a cluster that is among what an import needs.
    if (!cluster.capabilities.localVolumes) return [];
    if (name === undefined || isUnknown(name)) return [];
    const found = await cluster.get("StorageClass", { name });
    const known = (await cluster.list("StorageClass")).map(({ metadata }) => metadata.name);
    if (found !== undefined || known.includes(name)) return [];
    return [`there is no storage class "${name}" in ${cluster.name} yet; there are: ${known.join(", ") || "none"}`];
}

function samePlace(before: ImportedImageSpec, after: ImportedImageSpec, was: number | undefined): boolean {
    const is = sizeOf(after);
    const shrinks = was !== undefined && is !== undefined && !isUnknown(is) && parseQuantity(is) < was;
    return !shrinks && describePlace(before) === describePlace(after);
}

function describePlace(spec: ImportedImageSpec): string {
    return JSON.stringify(placementOf(spec));
}

/** A query may hold a signature: it is not shown. */
function withoutQuery(location: string): string {
    return location.split("?")[0] ?? location;
}

function shown(name: unknown): string {
    return typeof name === "string" && !isUnknown(name) ? name : "(name known after the update)";
}
