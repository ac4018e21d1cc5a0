// ImportedImage: one image brought in, verified and ready to clone; the claim's name says which content it holds.
import { describeRef } from "../cluster/wait.js";
import { holds } from "../cluster/ownership.js";
import { BootsourceError } from "../model/errors.js";
import { type ImportedImageSpec, importedImageArgs, sizeOf } from "../model/imported-image.js";
import { claimNameFor } from "../model/names.js";
import type { Ref } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import { isUnknown, unknownValue } from "../model/unknown.js";
import { type Content, contentKey, contentOf, sameContent } from "../rules/content.js";
import { refusedByCdi } from "../rules/cdi-volume.js";
import { placementOf } from "../rules/data-volume.js";
import { parseArguments } from "./arguments.js";
import { claimAlone, volumeOfClaim } from "./claim-alone.js";
import { removeCloneRights } from "./clone-rights.js";
import type { Data, Decision, Observation, Resource, World } from "./contract.js";
import { digestsOf, imageFactsIn } from "../model/image-facts.js";
import { describeImageChange } from "./image-costs.js";
import { bringIn, sweepUnfinished } from "./image-import.js";
import { type ImportedImageState, inputKeys, toState, wrongCluster } from "./image-state.js";
import { refuseToLose } from "./protection.js";
import { findUpload } from "./upload-content.js";

/** The resource behind `ImportedImage`. */
export const importedImage: Resource<ImportedImageSpec, ImportedImageState> = {
    parse: (args) => parseArguments(importedImageArgs, args),

    async decide(parsed, args, old, world): Promise<Decision> {
        const cluster = await identityFor(old, world);
        const before = old === undefined ? undefined : specOf(old);
        const found = await findUpload(parsed, before, world);
        const namespace = parsed.namespace ?? world.cluster.namespace;
        const spec: ImportedImageSpec = { ...parsed, namespace, fileDigest: found };
        const kept = before === undefined ? false : await keepsContent(before, spec, old, world);
        const inputs: Data = {
            ...args,
            ...(found === undefined ? {} : { fileDigest: found }),
            namespace,
            claimName: spec.name ?? (kept ? keptName(before, old) : undefined) ?? freshName(spec, world.urn),
            cluster,
        };
        const refused = world.cluster.capabilities.mutableDataVolumes ? [] : refusedByCdi(spec);
        if (refused.length > 0) return { inputs, effects: [], warnings: [], failures: refused };
        const change = await describeImageChange({ spec, before, kept, inputs, old }, world);
        return { inputs, ...change };
    },

    compare(state, inputs) {
        const before = specOf(state);
        const after = specOf(inputs);
        const replaces = ["cluster", "namespace", "claimName"].filter((key) => state[key] !== inputs[key]);
        if (!sameContent(contentOf(before), contentOf(after), digestsIn(state))) replaces.push("source");
        if (!fitsPlacement(before, after, state)) replaces.push(after.pvc === undefined ? "storage" : "pvc");
        return { replaces };
    },

    async reconcile(inputs, last, world) {
        const spec = specOf(inputs);
        const cluster = await world.cluster.establish();
        const at = refOf(inputs);
        const { volume, owner } = await bringIn({ spec, inputs }, at, last, world);
        return toState(inputs, { volume, owner, cluster, world });
    },

    async observe(state, world): Promise<Observation<ImportedImageState> | undefined> {
        if (!state.token) return findById(String(state["id"]), world);
        const cluster = world.cluster.identity;
        if (cluster === undefined) return undefined;
        const at = refOf(state);
        if (cluster !== state.cluster) {
            throw wrongCluster(`the claim ${describeRef(at)}`, state.cluster, world.cluster.name);
        }
        const ordered = await world.cluster.get("DataVolume", at);
        const alone = ordered === undefined ? await claimAlone(at, state, world) : undefined;
        const volume = alone === undefined ? ordered : volumeOfClaim(alone, state);
        if (volume === undefined || !holds(volume.metadata, state.token)) return undefined;
        if ((await world.cluster.volume(at))?.state === "missing") return undefined;
        const now = await toState(inputsOf(state), {
            volume,
            owner: { urn: state.urn, token: state.token },
            cluster,
            world,
        });
        if (now.modified && !state.modified) {
            world.info(`the disk of ${describeRef(at)} was written to since its import; it is kept as it is`);
        }
        return { state: now };
    },

    async remove(state, world) {
        if (world.cluster.identity === undefined) return;
        const at = refOf(state);
        const volume = await world.cluster.get("DataVolume", at);
        const alone = volume === undefined ? await claimAlone(at, state, world) : undefined;
        if (alone !== undefined) {
            await refuseToLose("delete", world.cluster, at, state.force === true);
            await world.cluster.delete("PersistentVolumeClaim", at, { uid: alone.metadata.uid });
        } else if (volume !== undefined && holds(volume.metadata, state.token)) {
            if (volume.status?.phase === "Succeeded")
                await refuseToLose("delete", world.cluster, at, state.force === true);
            await world.cluster.delete("DataVolume", at, { uid: volume.metadata.uid });
        } else if (world.cluster.identity !== state.cluster) {
            world.warn(
                `${world.cluster.name} is not where ${describeRef(at)} was imported to: nothing is deleted there`,
            );
        }
        if (state["cloneableFrom"] !== undefined && world.cluster.identity === state.cluster)
            await removeCloneRights(at, state.token, world);
        await sweepUnfinished(state.urn, at, world);
    },

    idOf: (state) => describeRef(refOf(state)),
};

/** What `ImportedImage.get` looks up, by "namespace/name": it is nobody's here, so that no token can lose it. */
async function findById(id: string, world: World): Promise<Observation<ImportedImageState>> {
    const [namespace = "", name = ""] = id.split("/");
    const cluster = world.cluster.identity ?? "";
    const volume = await world.cluster.get("DataVolume", { namespace, name });
    if (volume !== undefined) {
        return { state: await toState({}, { volume, owner: { urn: "", token: "" }, cluster, world }) };
    }
    throw new BootsourceError(
        "missing-object",
        `cannot get the image "${id}": ${world.cluster.name} has no DataVolume of that name; name one that is there, as ` +
            '"namespace/name"',
    );
}

/** Which world this is: in an update it is made to exist, in a preview it may not be there yet. */
async function identityFor(old: Data | undefined, world: World): Promise<unknown> {
    if (!world.preview) return world.cluster.establish();
    const { identity, name, unreachable } = world.cluster;
    if (identity === undefined && unreachable === undefined && old !== undefined) {
        world.warn(`${name} does not exist here; if the update runs here it makes it and imports every image again`);
    }
    return identity ?? old?.["cluster"] ?? unknownValue;
}

/** Whether the image that is there is the one asked for; only a newly named checksum needs a look at what came in. */
async function keepsContent(
    before: ImportedImageSpec,
    after: ImportedImageSpec,
    old: Data | undefined,
    { cluster }: World,
): Promise<boolean> {
    const [was, is]: [Content, Content] = [contentOf(before), contentOf(after)];
    if (sameContent(was, is, [])) return true;
    if (old === undefined) return false;
    const claim = await cluster.get("PersistentVolumeClaim", refOf(old));
    return sameContent(was, is, digestsOf(imageFactsIn(claim?.metadata)));
}

/** A name that was derived stays as long as the content does; a name that the user took back is derived anew. */
function keptName(before: ImportedImageSpec | undefined, old: Data | undefined): string | undefined {
    const name = old?.["claimName"];
    return before?.name === undefined && typeof name === "string" && !isUnknown(name) ? name : undefined;
}

function freshName(spec: ImportedImageSpec, urn: string): string {
    const key = contentKey(contentOf(spec));
    return key === undefined ? unknownValue : claimNameFor(urn.split("::").at(-1) ?? "image", key);
}

/** A claim's class and modes never change, and it never shrinks. What was left open may be said later as it turned out. */
function fitsPlacement(before: ImportedImageSpec, after: ImportedImageSpec, state: ImportedImageState): boolean {
    const [was, is] = [placementOf(before), placementOf(after)];
    const sameClass = is.class === undefined || is.class === (was.class ?? state.storageClass);
    const [small, large] = [sizeOf(after), sizeOf(before)];
    const shrinks =
        small !== undefined &&
        !isUnknown(small) &&
        parseQuantity(small) < (large === undefined ? (state.size ?? 0) : parseQuantity(large));
    return sameClass && is.modes === was.modes && is.volumeMode === was.volumeMode && !shrinks;
}

function digestsIn({ digest, indexDigest }: ImportedImageState): string[] {
    return [digest, indexDigest].filter((known) => typeof known === "string");
}

function specOf(inputs: Data): ImportedImageSpec {
    const { claimName: _name, cluster: _cluster, ...args } = inputsOf(inputs);
    return args as unknown as ImportedImageSpec;
}

/** The inputs among a state's properties, as they were checked. */
function inputsOf(state: Data): Data {
    const pinned = "pinnedFormat" in state ? { format: state["pinnedFormat"] } : {};
    const entries = Object.entries({ ...state, ...pinned });
    return Object.fromEntries(
        entries.filter(([key, value]) => inputKeys.has(key) && value !== undefined && value !== null),
    );
}

function refOf(inputs: Data): Ref {
    return { namespace: String(inputs["namespace"]), name: String(inputs["claimName"]) };
}
