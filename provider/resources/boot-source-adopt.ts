// Adoption: takes a cron, a DataSource over a hand-made disk, or a disk alone as they are; nothing is downloaded for it.
import { ownerOf } from "../cluster/ownership.js";
import { describeRef } from "../cluster/wait.js";
import { type BootSourceSpec, pinOf } from "../model/boot-source.js";
import { BootsourceError } from "../model/errors.js";
import { imageFactsIn } from "../model/image-facts.js";
import { describeSource } from "../model/image-source.js";
import type { DataImportCron, DataSource, DataVolumeSource, Metadata, Pointer, Ref } from "../model/objects.js";
import { wantedOf } from "../rules/boot-imports.js";
import { toCronSpec, type placesOf } from "../rules/boot-source-objects.js";
import { cronAnnotations, cronLabels } from "../rules/cron-names.js";
import { isOperators } from "../rules/template-crons.js";
import { digestAdopted, whyCdiWouldMove } from "./boot-source-adopt-cdi.js";
import type { World } from "./contract.js";

type Places = ReturnType<typeof placesOf>;

/** What is there to adopt. */
export interface Live {
    readonly cron: DataImportCron | undefined;
    readonly source: DataSource | undefined;
    /** The claim or the snapshot behind it. */
    readonly disk:
        { readonly kind: "PersistentVolumeClaim" | "VolumeSnapshot"; readonly metadata: Metadata } | undefined;
    /** The version that the cron asks for, or that the disk is known by. */
    readonly digest: string | undefined;
}

/** Looks for what may be adopted; undefined where there is nothing, or where it belongs to a resource already. */
export async function findLive(places: Places, { cluster }: World): Promise<Live | undefined> {
    const { namespace } = places.cron;
    const crons = await cluster.list("DataImportCron", { namespace });
    const manages = ({ spec }: DataImportCron): boolean => spec.managedDataSource === places.dataSource.name;
    const cron = crons.find(({ metadata }) => metadata.name === places.cron.name) ?? crons.find(manages);
    if (cron !== undefined && ownerOf(cron.metadata) !== undefined) return undefined;
    const source = await cluster.get("DataSource", places.dataSource);
    const { pvc, snapshot } = source?.spec.source ?? { pvc: places.dataSource };
    const claim = pvc && (await cluster.get("PersistentVolumeClaim", pvc));
    const taken = snapshot && (await cluster.get("VolumeSnapshot", snapshot));
    const disk = claim
        ? ({ kind: "PersistentVolumeClaim", metadata: claim.metadata } as const)
        : taken && ({ kind: "VolumeSnapshot", metadata: taken.metadata } as const);
    if (cron === undefined && source === undefined && disk === undefined) return undefined;
    return { cron, source, disk, digest: (cron && wantedOf(cron)?.digest) ?? (disk && digestOf(disk.metadata)) };
}

/** The arguments with what they leave open filled in from what is there. */
export function filledFrom(spec: BootSourceSpec, { cron }: Live): BootSourceSpec {
    if (cron === undefined) return spec;
    const { schedule, importsToKeep, garbageCollect, retentionPolicy, keepFor, template } = cron.spec;
    const { storage } = template.spec;
    const labels = cron.metadata.labels;
    const open = { schedule, importsToKeep, garbageCollect, retentionPolicy, keepFor, storage, labels };
    const known = Object.entries(open).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(known), ...spec, name: spec.name ?? cron.metadata.name };
}

/** Marks what is adopted as the cron's own; refuses what could only be adopted by a download. */
export async function adoptLive(spec: BootSourceSpec, places: Places, live: Live, world: World): Promise<void> {
    const { cron, source, disk } = live;
    if (cron !== undefined && isOperators(cron.metadata))
        throw unfit(
            places,
            `the platform makes its DataImportCron ${cron.metadata.name} of an entry of its list, and would take it back; set ` +
                'carrier: "hyperConverged" to take over the entry',
        );
    if (cron !== undefined) refuseAnotherSource(spec, places, cron, world);
    const moves = await whyCdiWouldMove(spec, places, live, world);
    if (moves !== undefined) throw unfit(places, moves);
    const digest = digestAdopted(spec, live.digest);
    if (digest === undefined) throw unfit(places, "there is no image yet; leave adopt out, and let it be imported");
    const pinned = spec.pin ?? pinOf(spec.source);
    if (cron === undefined && pinned !== undefined && pinned !== digest)
        throw unfit(places, `its disk is known to hold ${digest}, and the arguments pin ${pinned}`);
    if (disk !== undefined) await mark(disk.kind, disk.metadata, places, digest, world);
    const volume = { namespace: places.cron.namespace, name: disk?.metadata.name ?? "" };
    const ordered = disk?.kind === "PersistentVolumeClaim" && (await world.cluster.get("DataVolume", volume));
    if (ordered) await mark("DataVolume", ordered.metadata, places, digest, world);
    const labels = { [cronLabels.cron]: places.cron.name };
    if (source === undefined && disk !== undefined) {
        const pointer: Pointer = { namespace: places.cron.namespace, name: disk.metadata.name };
        await world.cluster.create("DataSource", {
            metadata: { ...places.dataSource, labels },
            spec: { source: disk.kind === "VolumeSnapshot" ? { snapshot: pointer } : { pvc: pointer } },
        });
    } else if (source !== undefined) {
        await world.cluster.update("DataSource", places.dataSource, (current) => {
            current.metadata.labels = { ...current.metadata.labels, ...labels };
        });
    }
}

/** What a disk is known by: its image's own digest where one was noted, else the object's uid. */
function digestOf(metadata: Metadata): string {
    const { digest, container } = imageFactsIn(metadata) ?? {};
    const noted = metadata.annotations?.[cronAnnotations.digest];
    return (noted ?? container?.indexDigest ?? container?.digest ?? digest) || `uid:${metadata.uid}`;
}

async function mark(
    kind: "PersistentVolumeClaim" | "VolumeSnapshot" | "DataVolume",
    { namespace, name }: Metadata,
    places: Places,
    digest: string,
    { cluster }: World,
): Promise<void> {
    const at: Ref = { namespace, name };
    await cluster.update(kind, at, (object: { metadata: Metadata }) => {
        const { metadata } = object;
        metadata.labels = { ...metadata.labels, [cronLabels.cron]: places.cron.name };
        metadata.annotations = { [cronAnnotations.digest]: digest, ...metadata.annotations };
    });
}

function refuseAnotherSource(spec: BootSourceSpec, places: Places, cron: DataImportCron, { upstream }: World): void {
    const wanted = toCronSpec(spec, places, (path) => upstream.resolvePath(path)).template.spec.source;
    const [is, was] = [wanted, cron.spec.template.spec.source].map(placeOf);
    if (is !== was)
        throw unfit(
            places,
            `its DataImportCron ${cron.metadata.name} polls ${was ?? ""}, and the arguments say ${is ?? ""}`,
        );
}

function placeOf(source: DataVolumeSource): string {
    const { kind = "", details } = describeSource(source as Parameters<typeof describeSource>[0]);
    const { url, path, imageStream, namespace, name } = details ?? {};
    return [kind, url ?? path ?? imageStream ?? `${namespace ?? ""}/${name ?? ""}`].join(" ");
}

function unfit(places: Places, why: string): BootsourceError {
    return new BootsourceError(
        "already-exists",
        `cannot adopt the boot source ${describeRef(places.dataSource)}: ${why}; make the arguments say what is there, or ` +
            "choose another name",
    );
}
