// What a change of an imported image costs, for the preview: bytes to download, what is kept, what would be refused.
import type { Effect } from "../model/effects.js";
import { toBootsourceError } from "../model/errors.js";
import { type ImportedImageSpec, sizeOf } from "../model/imported-image.js";
import { parseQuantity } from "../model/quantity.js";
import { isUnknown } from "../model/unknown.js";
import { placementOf, toSource } from "../rules/data-volume.js";
import type { InlineAccess } from "../model/upstream.js";
import type { Data, Decision, Failure, World } from "./contract.js";
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
    if (old !== undefined && JSON.stringify(sorted(old)) === JSON.stringify(sorted(inputs))) return quiet;
    const moved = old?.["cluster"] !== inputs["cluster"] || old?.["namespace"] !== inputs["namespace"];
    const imports = before === undefined || !kept || moved || !samePlace(before, spec);
    const failures = imports && before !== undefined && !moved ? await whatIsLost(change, world) : [];
    if (!world.preview) return { ...quiet, failures: failures.map((reason): Failure => ({ path: [], reason })) };
    const object = `claim ${String(inputs["namespace"])}/${shown(inputs["claimName"])}`;
    const warnings = [...failures, ...(await whatIsMissing(spec, world))];
    if (imports)
        return { effects: [await importEffect(spec, object, before, world, warnings)], warnings, failures: [] };
    return { effects: [sizeEffect(spec, before, object)], warnings, failures: [] };
}

const quiet = { effects: [], warnings: [], failures: [] } as const;

async function importEffect(
    spec: ImportedImageSpec,
    object: string,
    before: ImportedImageSpec | undefined,
    world: World,
    warnings: string[],
): Promise<Effect> {
    const size = sizeOf(spec);
    const sizes = size === undefined || isUnknown(size) ? undefined : { after: parseQuantity(size) };
    if (spec.source.blank !== undefined) return { verb: "create", object, sizes };
    const interrupts = before === undefined ? undefined : "the old disk stays until the new one is ready";
    const { http, file } = spec.source;
    const location = http?.url ?? file?.path;
    const from = location === undefined || isUnknown(location) ? undefined : withoutQuery(location);
    return { verb: "import", object, from, bytes: await bytesOf(spec, from, world, warnings), sizes, interrupts };
}

function sizeEffect(spec: ImportedImageSpec, before: ImportedImageSpec | undefined, object: string): Effect {
    const [was, is] = [before === undefined ? undefined : sizeOf(before), sizeOf(spec)];
    if (is === undefined || isUnknown(is) || is === was) return { verb: "keep", object, bytes: 0 };
    const earlier = was === undefined || isUnknown(was) ? undefined : parseQuantity(was);
    return { verb: "grow", object, sizes: { before: earlier, after: parseQuantity(is) } };
}

/** Bytes to download, where the source can be asked; a preview goes on without an answer. */
async function bytesOf(
    spec: ImportedImageSpec,
    from: string | undefined,
    { upstream, signal }: World,
    warnings: string[],
): Promise<number | undefined> {
    const access = inlineAccess(spec);
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

/** Credentials of the arguments; undefined where they lie in the cluster or are not known yet: then nobody is asked. */
function inlineAccess({ source: { http } }: ImportedImageSpec): InlineAccess | undefined {
    if (http === undefined) return {};
    const { credentials, caCertificates, extraHeaders, secretRef, certConfigMap, secretExtraHeaders } = http;
    if (secretRef || certConfigMap || secretExtraHeaders !== undefined) return undefined;
    const parts = [credentials?.accessKeyId, credentials?.secretKey, caCertificates, ...(extraHeaders ?? [])];
    if (isUnknown(credentials) || parts.some(isUnknown)) return undefined;
    return {
        username: credentials?.accessKeyId,
        password: credentials?.secretKey,
        caCertificates,
        headers: extraHeaders,
    };
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
    if (name === undefined || isUnknown(name)) return [];
    const found = await cluster.get("StorageClass", { name });
    const known = (await cluster.list("StorageClass")).map(({ metadata }) => metadata.name);
    if (found !== undefined || known.includes(name)) return [];
    return [`there is no storage class "${name}" in ${cluster.name} yet; there are: ${known.join(", ") || "none"}`];
}

function samePlace(before: ImportedImageSpec, after: ImportedImageSpec): boolean {
    const [was, is] = [sizeOf(before), sizeOf(after)];
    const shrinks = was !== undefined && is !== undefined && !isUnknown(is) && parseQuantity(is) < parseQuantity(was);
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

function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return Object.fromEntries(
        entries.map(([key, item]) => [key, sorted(item)] as const).sort(([a], [b]) => a.localeCompare(b)),
    );
}
