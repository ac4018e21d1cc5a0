// What a change of a boot source costs, for the preview: what is downloaded, copied or only repointed, and what serves meanwhile.
import { importsOf } from "../cluster/boot-imports.js";
import { landingFor } from "../cluster/landing.js";
import { describeRef } from "../cluster/wait.js";
import type { BootSourceSpec } from "../model/boot-source.js";
import { isSame } from "../model/canonical.js";
import type { Effect } from "../model/effects.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron } from "../model/objects.js";
import { isUnknown } from "../model/unknown.js";
import { type BootImport, isOfVersion, isReady } from "../rules/boot-imports.js";
import { type placesOf, toCronSpec } from "../rules/boot-source-objects.js";
import { isPlatformsCron } from "../rules/cdi-cron.js";
import { importName } from "../rules/cron-names.js";
import { whoseSource } from "./boot-source-foreign.js";
import { leavingImports } from "./boot-source-leaving.js";
import type { Data, Decision, World } from "./contract.js";
import { foresee } from "./preflight.js";
import { needOfBootSource } from "./preflight-needs.js";

interface Change {
    readonly spec: BootSourceSpec;
    readonly places: ReturnType<typeof placesOf>;
    readonly inputs: Data;
    readonly old: Data | undefined;
    /** Bytes to download, where upstream said so. */
    readonly bytes: number | undefined;
    /** Whether it goes to another cluster, or takes another name. */
    readonly moved: boolean;
    /** Whether what is there is taken over. */
    readonly adopts: boolean;
}

/** An unchanged boot source says nothing; a changed one tells what its update will do. */
export async function describeBootSourceChange(change: Change, world: World): Promise<Omit<Decision, "inputs">> {
    const { spec, places, inputs, old, moved } = change;
    const quiet = { effects: [], warnings: [], failures: [] };
    if (!world.preview || (old !== undefined && isSame(old, inputs))) return quiet;
    const cron = { metadata: places.cron, spec: toCronSpec(spec, places, (path) => world.upstream.resolvePath(path)) };
    const landing = isUnknown(spec.storage?.storageClassName) ? undefined : await landingFor(cron, world.cluster);
    const main = await mainEffect(change, landing?.storageClass, landing?.format ?? "pvc", world);
    const { effect } = main;
    const digest = typeof inputs["digest"] === "string" && !isUnknown(inputs["digest"]) ? inputs["digest"] : undefined;
    const waits = landing?.waiting === undefined ? [] : [`${landing.waiting} (until then the import waits)`];
    const foreign = change.adopts ? undefined : await whoseSource(spec, places, world);
    const more = foreign === undefined ? [] : [foreign.message];
    const need = needOfBootSource(spec, places, { imports: effect?.verb === "import", digest, more });
    const warnings = world.cluster.capabilities.localVolumes ? waits : await foresee(need, world);
    const leaves = change.adopts || old === undefined || moved ? [] : await leaving(change, cron.spec, main, world);
    return { ...quiet, warnings, effects: [...(effect === undefined ? [] : [effect]), ...leaves] };
}

/** The imports that go; those of CDI's own doing as well, which counts alike. */
function leaving(
    { places, old }: Change,
    spec: DataImportCron["spec"],
    { effect, kept }: Main,
    world: World,
): Promise<Effect[]> {
    const cron = { metadata: metadataOf(places, old), spec };
    const isNew = kept === undefined && (effect?.verb === "import" || effect?.verb === "copy");
    return leavingImports(cron, places.dataSource, { kept, isNew }, world);
}

/** What happens to the image, and the import that is there and becomes current, or stays it. */
interface Main {
    readonly effect: Effect | undefined;
    readonly kept?: string | undefined;
}

/** The one thing that happens to the image. A change of schedule, labels or limits happens to none. */
async function mainEffect(
    { spec, places, inputs, old, bytes, moved, adopts }: Change,
    storageClass: string | undefined,
    format: "pvc" | "snapshot",
    world: World,
): Promise<Main> {
    const { digest } = inputs;
    const interrupts = old === undefined || moved ? undefined : "the present image serves until the new one is ready";
    const object = `boot source ${describeRef(places.dataSource)}`;
    if (adopts) return { effect: { verb: "adopt", object: `${object} as it is there`, bytes: 0 } };
    if (typeof digest !== "string" || isUnknown(digest)) {
        return { effect: { verb: "import", object, from: whereFrom(spec), bytes, interrupts } };
    }
    const imports = await importsOf({ metadata: metadataOf(places, moved ? undefined : old) }, world.cluster);
    const wanted = { managedDataSource: places.dataSource.name, digest, alsoKnownAs: [] };
    const kept = imports.filter((one) => isReady(one) && isOfVersion(one, wanted));
    const byPlatform = isPlatformsCron(spec.source, world.cluster.capabilities.platformCrons);
    const there = kept.find((one) => storageClass === undefined || one.storageClass === storageClass);
    const name = `${object} (${importName(places.dataSource.name, digest)})`;
    if (there !== undefined) {
        // In another form it is still the same import.
        const as = (effect: Effect | undefined): Main => ({ effect, kept: there.name });
        if (!hasForm(there, format) && format === "pvc" && byPlatform)
            return as({ verb: "import", object: name, from: whereFrom(spec), bytes, interrupts: cdiInterrupts });
        if (!hasForm(there, format))
            return as({ verb: "copy", object: `${object} (${there.name}, as ${format})`, bytes: 0, interrupts });
        const points = old !== undefined && old["digest"] !== digest && !(await isServed(there, places, world));
        return as(
            points ? { verb: "point", object: `${object} to the kept import ${there.name}`, bytes: 0 } : undefined,
        );
    }
    if (kept.length > 0 && byPlatform) {
        const from = whereFrom(spec);
        return { effect: { verb: "import", object: name, from, bytes, interrupts: cdiInterrupts } };
    }
    if (kept.length > 0) {
        const to = `${object} to the storage class ${storageClass ?? ""}`;
        return { effect: { verb: "copy", object: to, bytes: 0, interrupts } };
    }
    return { effect: { verb: "import", object: name, from: whereFrom(spec), bytes, interrupts } };
}

/** CDI removes the present image before it imports the same one onto another class, or into another form. */
const cdiInterrupts = "CDI removes the present image first: the DataSource is not ready until the import has ended";

function hasForm(one: BootImport, format: "pvc" | "snapshot"): boolean {
    return format === "snapshot" ? one.snapshot !== undefined : one.claim !== undefined;
}

/** The imports of a renamed cron still carry its former name. */
function metadataOf({ cron }: ReturnType<typeof placesOf>, old: Data | undefined) {
    const name = typeof old?.["cronName"] === "string" ? old["cronName"] : cron.name;
    return { namespace: cron.namespace, name, uid: "", resourceVersion: "", generation: 0, creationTimestamp: "" };
}

async function isServed(
    { name }: BootImport,
    { dataSource }: ReturnType<typeof placesOf>,
    { cluster }: World,
): Promise<boolean> {
    const { pvc, snapshot } = (await cluster.get("DataSource", dataSource))?.spec.source ?? {};
    return (pvc ?? snapshot)?.name === name;
}

/** Where the bytes come from, for a person; a query may hold a signature: it is not shown. */
function whereFrom({ source, namespace = "default" }: BootSourceSpec): string | undefined {
    const { details } = describeSource(source);
    const place = details?.url ?? details?.path ?? details?.imageStream;
    const named = details?.name === undefined ? undefined : `${details.namespace ?? namespace}/${details.name}`;
    const shown = place ?? named;
    return shown === undefined || isUnknown(shown) ? undefined : shown.split("?")[0];
}
