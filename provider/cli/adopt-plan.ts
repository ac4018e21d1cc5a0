// Which resources adopt what a store holds: one for each cron, each DataSource over a hand-made disk and each disk that nobody owns.
import { ownerOf } from "../cluster/ownership.js";
import { imageFactsIn } from "../model/image-facts.js";
import type {
    ClaimSpec,
    DataImportCron,
    DataSource,
    DataVolume,
    DataVolumeSource,
    Metadata,
    PersistentVolumeClaim,
} from "../model/objects.js";
import { wantedOf } from "../rules/boot-imports.js";
import { cronLabels } from "../rules/cron-names.js";
import { systemNamespace, systemTemplates } from "../rules/system-list.js";
import { isOperators } from "../rules/template-crons.js";

/** A resource of a program. */
export interface Adoption {
    readonly type: "BootSource" | "ImportedImage";
    readonly name: string;
    readonly args: Readonly<Record<string, unknown>>;
}

/** What cannot be adopted as it is, and what to do. */
export interface Skipped {
    /** "DataImportCron images/fedora-image-cron". */
    readonly object: string;
    readonly reason: string;
}

/** What there may be to adopt. */
export interface Adoptable {
    readonly crons: readonly DataImportCron[];
    readonly sources: readonly DataSource[];
    readonly volumes: readonly DataVolume[];
    readonly claims: readonly PersistentVolumeClaim[];
}

/** The plan; with names only what is called so, "fedora" or "images/fedora". */
export function planAdoption(
    { crons, sources, volumes, claims }: Adoptable,
    names: readonly string[],
): { readonly adoptions: Adoption[]; readonly skipped: Skipped[] } {
    const adoptions: Adoption[] = [];
    const skipped: Skipped[] = [];
    const taken = new Set<string>();
    /** One name in the program for each: the plain one, unless another namespace has it already. */
    const nameFor = ({ namespace = "default", name }: Place): string => {
        const free = [name, `${namespace}-${name}`, `${namespace}-${name}-disk`].find((one) => !taken.has(one)) ?? name;
        taken.add(free);
        return free;
    };
    const wanted = ({ namespace = "default", name }: Place): boolean =>
        names.length === 0 || names.includes(name) || names.includes(`${namespace}/${name}`);
    const skip = (kind: string, at: Place, reason: string): void => {
        skipped.push({ object: `${kind} ${keyOf(at)}`, reason });
    };
    const [volumeAt, claimAt] = [byKey(volumes), byKey(claims)];
    const cronAt = byKey(crons);
    const covered = new Set<string>();
    const belongs = ({ namespace, labels }: Metadata): boolean => {
        const cron = labels?.[cronLabels.cron];
        return cron !== undefined && cronAt.has(keyOf({ namespace, name: cron }));
    };
    for (const cron of crons) {
        const at = { namespace: cron.metadata.namespace, name: cron.spec.managedDataSource };
        covered.add(keyOf(at));
        if (ownerOf(cron.metadata) !== undefined || !wanted(at)) continue;
        const why = whyNot(cron);
        if (why === undefined) {
            const name = nameFor(at);
            adoptions.push({ type: "BootSource", name, args: ofCron(cron, name) });
        } else skip("DataImportCron", cron.metadata, why);
    }
    const pointed = new Set<string>();
    for (const { metadata, spec } of sources) {
        const { pvc, snapshot } = spec.source;
        if (pvc !== undefined) pointed.add(keyOf(pvc));
        if (covered.has(keyOf(metadata)) || !wanted(metadata)) continue;
        if (pvc === undefined && snapshot === undefined) {
            skip("DataSource", metadata, "it leads to no disk of its own");
            continue;
        }
        const name = nameFor(metadata);
        const source = (pvc && upstreamOf(volumeAt.get(keyOf(pvc)))) ?? withoutUndefined({ pvc, snapshot });
        const args = { source, ...placed(metadata, "managedDataSource", name), adopt: true };
        adoptions.push({ type: "BootSource", name, args });
    }
    for (const volume of volumes) {
        const { metadata, status } = volume;
        const free = ownerOf(metadata) === undefined && !belongs(metadata) && !pointed.has(keyOf(metadata));
        if (!free || !wanted(metadata)) continue;
        if (status?.phase !== "Succeeded")
            skip("DataVolume", metadata, "its import is not finished; wait for it, or remove it");
        else adoptions.push({ type: "ImportedImage", name: nameFor(metadata), args: ofVolume(volume) });
    }
    for (const { metadata, status } of claimAt.values()) {
        const free = ownerOf(metadata) === undefined && !belongs(metadata) && !pointed.has(keyOf(metadata));
        const { namespace = "default", name: claim } = metadata;
        if (!free || volumeAt.has(keyOf(metadata)) || covered.has(keyOf(metadata)) || !wanted(metadata)) continue;
        if (status?.disk === undefined) skip("PersistentVolumeClaim", metadata, "it holds no disk");
        else if (imageFactsIn(metadata)?.digest)
            skip(
                "PersistentVolumeClaim",
                metadata,
                "its DataVolume is gone, which said what its image is; write that into the source of a BootSource",
            );
        else {
            const name = nameFor(metadata);
            const args = {
                source: { pvc: { namespace, name: claim } },
                ...placed(metadata, "managedDataSource", name),
                adopt: true,
            };
            adoptions.push({ type: "BootSource", name, args });
        }
    }
    return { adoptions, skipped };
}

interface Place {
    readonly namespace?: string | undefined;
    readonly name: string;
}

/** What a BootSource has no argument for, and what is no image yet. */
function whyNot(cron: DataImportCron): string | undefined {
    const { namespace, name } = cron.metadata;
    if (namespace === systemNamespace && systemTemplates.some(({ metadata }) => metadata.name === name))
        return "it is a boot source that the platform ships; SystemBootSources has its switch and its overrides";
    const { pvc, contentType, preallocation } = cron.spec.template.spec;
    if (wantedOf(cron) === undefined) return 'nothing was imported yet; run "bootsource refresh" first';
    if (cron.spec.importsToKeep === 0) return "importsToKeep is 0; set it to 1 or more first";
    if (pvc !== undefined) return "its template names a pvc; write it as storage first";
    if (contentType === "archive") return "its template imports archives";
    return preallocation === true ? "its template preallocates disks" : undefined;
}

function ofCron({ metadata, spec }: DataImportCron, resource: string): Record<string, unknown> {
    const { template, schedule, managedDataSource, importsToKeep, garbageCollect, retentionPolicy, keepFor } = spec;
    const { storage } = template.spec;
    const usual = `${managedDataSource.slice(0, 53).replace(/-+$/, "")}-image-cron`;
    return withoutUndefined({
        source: template.spec.source,
        schedule,
        ...placed({ namespace: metadata.namespace, name: managedDataSource }, "managedDataSource", resource),
        name: metadata.name === usual ? undefined : metadata.name,
        storage: claimArgs(storage),
        importsToKeep,
        garbageCollect,
        retentionPolicy,
        keepFor,
        labels: filled(metadata.labels),
        annotations: filled(template.metadata?.annotations),
        // Of an entry of the platform's list it is the entry that is taken over.
        carrier: isOperators(metadata) ? "hyperConverged" : undefined,
        adopt: true,
    });
}

function ofVolume({ metadata, spec }: DataVolume): Record<string, unknown> {
    const { source, storage, pvc, contentType, preallocation, format } = spec;
    const { namespace = "default", name } = metadata;
    // The checksum is an argument of its own, for every source that has one.
    const [kind = "", details = {}] = Object.entries(source)[0] ?? [];
    const { checksum, ...rest } = details as { checksum?: string };
    return withoutUndefined({
        source: { [kind]: rest },
        checksum,
        name,
        namespace: namespace === "default" ? undefined : namespace,
        storage: claimArgs(storage),
        pvc: claimArgs(pvc),
        contentType: contentType === "kubevirt" ? undefined : contentType,
        preallocation,
        format,
        labels: filled(metadata.labels),
        adopt: true,
    });
}

/** Where its versions come from, where that is told; without the checksum of the one that is here. */
function upstreamOf(volume: DataVolume | undefined): DataVolumeSource | undefined {
    const [kind = "", details = {}] = Object.entries(volume?.spec.source ?? {})[0] ?? [];
    if (!["http", "registry", "s3", "gcs", "file", "upload"].includes(kind)) return undefined;
    const { checksum: _one, ...rest } = details as { checksum?: string };
    return { [kind]: rest };
}

function placed({ namespace = "default", name }: Place, key: string, resource: string): Record<string, string> {
    return { ...(namespace === "default" ? {} : { namespace }), ...(name === resource ? {} : { [key]: name }) };
}

function claimArgs(spec: ClaimSpec | undefined): Record<string, unknown> | undefined {
    if (spec === undefined) return undefined;
    const { resources, ...rest } = spec;
    return filled(withoutUndefined({ size: resources?.requests?.storage, ...rest }));
}

function filled<T extends object>(object: T | undefined): T | undefined {
    return object === undefined || Object.keys(object).length === 0 ? undefined : object;
}

function byKey<T extends { readonly metadata: Metadata }>(objects: readonly T[]): Map<string, T> {
    return new Map(objects.map((object) => [keyOf(object.metadata), object]));
}

function keyOf({ namespace = "default", name }: Place): string {
    return `${namespace}/${name}`;
}

function withoutUndefined(object: object): Record<string, unknown> {
    return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
