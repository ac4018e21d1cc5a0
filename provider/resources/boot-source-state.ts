// What Pulumi keeps of a boot source: its inputs, what became of them, and the token that marks its cron as ours.
import { importsOf, refOf } from "../cluster/boot-imports.js";
import { landingFor } from "../cluster/landing.js";
import type { Owner } from "../cluster/ownership.js";
import { type BootSourceSpec, bootSourceArgs } from "../model/boot-source.js";
import { conditionOf } from "../model/conditions.js";
import { imageFactsIn } from "../model/image-facts.js";
import type { DataImportCron, DataSource, Pointer } from "../model/objects.js";
import { parseQuantity } from "../model/quantity.js";
import type { BootImport } from "../rules/boot-imports.js";
import type { Data, World } from "./contract.js";

/** What is to be there. */
export interface Target {
    readonly spec: BootSourceSpec;
    readonly inputs: Data;
    readonly places: { readonly cron: Pointer; readonly dataSource: Pointer };
    readonly cluster: string;
}

/** One kept import, for a person. */
export interface KeptImport {
    readonly name: string;
    readonly digest: string | null;
    readonly format: "pvc" | "snapshot";
    readonly storageClass: string | null;
    /** Bytes of the disk. */
    readonly size: number | null;
    /** Whether the DataSource leads to it. */
    readonly current: boolean;
}

/** The outputs beside the inputs. Null stands for "not known": Pulumi's outputs know no undefined. */
export interface BootSourceState extends Data {
    /** The shape of this record; a newer package reads every older one. */
    stateVersion: 1;
    urn: string;
    token: string;
    cluster: string;
    namespace: string;
    cronName: string;
    dataSource: Pointer;
    /** The digest that was last asked for, as the inputs had it. */
    wantedDigest: string | null;
    /** Of the current image: as its registry's reference leads to it, or of the bytes served. */
    digest: string | null;
    /** Of a registry image's own manifest, the platform's. */
    imageDigest: string | null;
    sourceFormat: string | null;
    storageClass: string | null;
    /** Why it landed on that class. */
    storageClassReason: string | null;
    ready: boolean;
    upToDate: boolean;
    /** CDI's reason, and what it means. */
    upToDateReason: string;
    upToDateMessage: string;
    imports: KeptImport[];
    /** Absolute path of the current disk, in worlds where volumes are files of this machine. */
    path: string | null;
    /** Bytes of the current disk. */
    size: number | null;
}

/** The names of everything that `check` may hand on: arguments, and what it decides. */
export const bootSourceInputs: ReadonlySet<string> = new Set([
    ...Object.keys(bootSourceArgs.shape),
    "cronName",
    "dataSource",
    "digest",
    "landing",
    "cluster",
]);

/** Reads what is now true. */
export async function toBootSourceState(
    inputs: Data,
    seen: { cron: DataImportCron; owner: Owner; cluster: string; world: World },
): Promise<BootSourceState> {
    const { cron, owner, world } = seen;
    const { namespace = "default", name } = cron.metadata;
    const dataSource: Pointer = { namespace, name: cron.spec.managedDataSource };
    const source = await world.cluster.get("DataSource", dataSource);
    const imports = await importsOf(cron, world.cluster);
    const digestOf = (one: BootImport): string | null => shownDigest(one) ?? saidBy(cron, one) ?? null;
    const kept = await Promise.all(
        imports.map(async (one) => ({ ...(await toKept(one, source, world)), digest: digestOf(one) })),
    );
    const current = imports.find((one) => kept.some((entry) => entry.current && entry.name === one.name));
    const disk = await currentDisk(source, world);
    const landing = await landingFor(cron, world.cluster);
    const upToDate = conditionOf(cron, "UpToDate");
    const facts = current && imageFactsIn((current.claim ?? current.snapshot)?.metadata ?? {});
    return {
        ...inputs,
        stateVersion: 1,
        urn: owner.urn,
        token: owner.token,
        cluster: seen.cluster,
        namespace,
        cronName: name,
        dataSource,
        wantedDigest: typeof inputs["digest"] === "string" ? inputs["digest"] : null,
        digest: current === undefined ? null : digestOf(current),
        imageDigest: facts?.container?.digest ?? null,
        sourceFormat: formatOf(source),
        storageClass: current?.storageClass ?? landing.storageClass ?? null,
        storageClassReason: landing.why,
        ready: conditionOf(source, "Ready")?.status === "True",
        upToDate: upToDate?.status === "True",
        upToDateReason: upToDate?.reason ?? "",
        upToDateMessage: upToDate?.message ?? "",
        imports: kept,
        path: disk?.path ?? null,
        size: disk?.size ?? (current === undefined ? undefined : capacityOf(current)) ?? null,
    };
}

/** What the platform says of a disk that nobody here sees. */
function capacityOf({ claim, snapshot }: BootImport): number | undefined {
    const capacity = claim?.status?.capacity?.storage ?? snapshot?.status?.restoreSize;
    return capacity === undefined ? undefined : parseQuantity(capacity);
}

/** What a person compares: a registry's digest as the reference leads to it, else that of the bytes; never a mere version. */
function shownDigest(one: BootImport): string | undefined {
    const facts = imageFactsIn((one.claim ?? one.snapshot)?.metadata ?? {});
    const registry = facts?.container?.indexDigest ?? facts?.container?.digest;
    return registry ?? (facts?.digest || one.digests.find((known) => !known.startsWith("version:")) || one.digests[0]);
}

/** CDI notes a digest on its cron alone, that of the import that it is about. */
function saidBy({ status }: DataImportCron, { name }: BootImport): string | undefined {
    return status?.currentImports?.find(({ DataVolumeName }) => DataVolumeName === name)?.Digest;
}

async function toKept(
    one: BootImport,
    source: DataSource | undefined,
    { cluster }: World,
): Promise<Omit<KeptImport, "digest">> {
    const { pvc, snapshot } = source?.spec.source ?? {};
    const form = one.snapshot === undefined ? "pvc" : "snapshot";
    const metadata = (one.snapshot ?? one.claim ?? one.volume)?.metadata;
    const at = metadata === undefined ? { name: one.name } : refOf(metadata);
    const volume = form === "pvc" ? await cluster.volume(at) : await cluster.volumeOfSnapshot(at);
    return {
        name: one.name,
        format: form,
        storageClass: one.storageClass ?? null,
        size: volume?.size ?? capacityOf(one) ?? null,
        current: pvc?.name === one.name || snapshot?.name === one.name,
    };
}

async function currentDisk(
    source: DataSource | undefined,
    { cluster }: World,
): Promise<{ path: string; size: number } | undefined> {
    const { pvc, snapshot } = source?.spec.source ?? {};
    if (pvc !== undefined) return cluster.volume(pvc);
    return snapshot === undefined ? undefined : cluster.volumeOfSnapshot(snapshot);
}

function formatOf(source: DataSource | undefined): string | null {
    const { pvc, snapshot } = source?.spec.source ?? {};
    if (pvc !== undefined) return "pvc";
    return snapshot === undefined ? null : "snapshot";
}
