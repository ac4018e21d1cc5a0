// The status of one store or cluster: everything that is told of it, from its objects, as `bootsource status --json` prints it.
import { conditionOf } from "../model/conditions.js";
import type {
    DataSource,
    DataVolume,
    EffectiveTemplate,
    HyperConverged,
    Metadata,
    StorageClass,
    StorageProfile,
    VolumeSnapshotClass,
} from "../model/objects.js";
import { disabledEntries } from "./boot-origin.js";
import { whyStale } from "./boot-stale.js";
import { type BootObjects, type BootSourceStatus, bootStatus } from "./boot-status.js";
import { type ClassStatus, classStatus } from "./class-status.js";
import { cronLabels } from "./cron-names.js";
import { isOn } from "./effective-templates.js";
import { type PlatformAlert, platformAlerts } from "./platform-alerts.js";
import { type Recommendation, recommendations } from "./recommendations.js";

/** All that is read of a store or a cluster. */
export interface PlaceObjects extends BootObjects {
    readonly classes: readonly StorageClass[];
    /** Undefined where they may not be seen. */
    readonly profiles: readonly StorageProfile[] | undefined;
    readonly snapshotClasses: readonly VolumeSnapshotClass[];
    /** Kinds that could not be seen, each with the reason. */
    readonly unseen: readonly Unseen[];
    readonly oneMachine: boolean;
}

/** A kind that could not be seen, or not everywhere. */
export interface Unseen {
    readonly kind: string;
    /** The namespaces that it could be seen in all the same. */
    readonly only: readonly string[];
    readonly reason: string;
}

/** What is told. */
export interface PlaceStatus {
    readonly sources: readonly (BootSourceStatus & { readonly stale: "not-up-to-date" | "not-ready" | undefined })[];
    readonly storageClasses: readonly ClassStatus[];
    /** DataVolumes that bring something in and are not done. */
    readonly imports: readonly ImportStatus[];
    /** Images of boot sources that are imported no more, which nothing leads to. */
    readonly leftovers: readonly Leftover[];
    readonly alerts: readonly PlatformAlert[];
    readonly recommendations: readonly Recommendation[];
    readonly unseen: readonly Unseen[];
    readonly hyperConverged: SystemList | undefined;
}

/** A DataVolume under way. */
export interface ImportStatus {
    readonly namespace: string;
    readonly name: string;
    readonly phase: string;
    /** Percent. */
    readonly progress: number | undefined;
    readonly restarts: number;
    readonly reason: string | undefined;
}

/** An image that nobody needs any more, perhaps. */
export interface Leftover {
    readonly namespace: string;
    readonly name: string;
    /** The cron that made it. */
    readonly cron: string;
    readonly bytes: number;
}

/** The platform's list, entries as its own status has them. */
export interface SystemList {
    readonly namespace: string;
    readonly name: string;
    readonly switchedOn: boolean;
    /** Entries that say that they are off. */
    readonly disabled: readonly string[];
    readonly templates: readonly EffectiveTemplate[];
}

/** Tells it. */
export function placeStatus(objects: PlaceObjects, now: number): PlaceStatus {
    const { crons, volumes, hyperConverged, unseen } = objects;
    const leftovers = leftoversAmong(objects);
    const sources = bootStatus(objects, now).map((source) => {
        const images = leftovers.filter((one) => isImageOf(one, source));
        const stale = whyStale(source, { leftovers: images.length, now });
        return { ...source, reasons: [...source.reasons, ...hintFor(source, images)], stale };
    });
    const storageClasses = classStatus(objects);
    // Without the classes it would seem that everybody waits for one.
    const isClassSeen = unseen.every(({ kind }) => kind !== "StorageClass");
    const alerts = platformAlerts(
        { crons, volumes: isClassSeen ? volumes : [], classes: storageClasses, hyperConverged },
        now,
    );
    return {
        sources,
        storageClasses,
        imports: volumes.filter(isUnderWay).map(importStatus).sort(byName),
        leftovers,
        alerts,
        recommendations: recommendations(crons, sources, storageClasses),
        unseen,
        hyperConverged: hyperConverged && systemList(hyperConverged),
    };
}

/** Whether something is stale, for an exit code. */
export function isStale({ sources }: Pick<PlaceStatus, "sources">): boolean {
    return sources.some(({ stale }) => stale !== undefined);
}

function leftoversAmong({ crons, dataSources, claims, snapshots, disks }: PlaceObjects): Leftover[] {
    const alive = new Set(crons.map(({ metadata }) => keyOf(metadata)));
    const needed = new Set(dataSources.flatMap(targetsOf));
    const byImage = new Map<string, Leftover>();
    for (const { metadata } of [...claims, ...snapshots]) {
        const { namespace = "default", name, uid, labels, deletionTimestamp } = metadata;
        const cron = labels?.[cronLabels.cron];
        const bytes = disks.get(uid);
        if (cron === undefined || bytes === undefined || deletionTimestamp !== undefined) continue;
        if (alive.has(`${namespace}/${cron}`) || needed.has(`${namespace}/${name}`)) continue;
        const before = byImage.get(`${namespace}/${name}`)?.bytes ?? 0;
        byImage.set(`${namespace}/${name}`, { namespace, name, cron, bytes: before + bytes });
    }
    return [...byImage.values()].sort(byName);
}

function targetsOf({ spec, status }: DataSource): string[] {
    return [spec.source, status?.source]
        .flatMap((source) => [source?.pvc, source?.snapshot])
        .flatMap((at) => (at === undefined ? [] : [keyOf(at)]));
}

/** Images are named `<DataSource>-<12 of the digest>`, on another class with its name behind that. */
function isImageOf(image: Leftover, { namespace, name }: BootSourceStatus): boolean {
    if (image.namespace !== namespace || !image.name.startsWith(`${name}-`)) return false;
    return /^[0-9a-z-]{12}(-|$)/.test(image.name.slice(name.length + 1));
}

function hintFor({ ready, namespace, name, origin }: BootSourceStatus, images: readonly Leftover[]): string[] {
    if (ready || origin !== "disabled") return [];
    const [image] = images;
    const of = image === undefined ? "an image" : `its image ${image.name}, which is still there,`;
    return [
        `automatic updates are off for it; turn them on, or bring ${of} into a claim named ${name} in ${namespace}`,
    ];
}

function isUnderWay({ spec, status, metadata }: DataVolume): boolean {
    // What is written by others may have none: a clone by sourceRef.
    const { http, registry, s3, gcs, upload, file } = (spec as Partial<DataVolume["spec"]>).source ?? {};
    const imports = [http, registry, s3, gcs, upload, file].some((one) => one !== undefined);
    return imports && status?.phase !== "Succeeded" && metadata.deletionTimestamp === undefined;
}

function importStatus(volume: DataVolume): ImportStatus {
    const { phase = "", progress = "", restartCount = 0 } = volume.status ?? {};
    const percent = Number.parseFloat(progress);
    const running = conditionOf(volume, "Running");
    const bound = conditionOf(volume, "Bound");
    const reason = [running, bound].find((said) => said?.status === "False" && said.message !== "")?.message;
    return {
        ...{ namespace: volume.metadata.namespace ?? "default", name: volume.metadata.name, restarts: restartCount },
        ...{ phase: phase || "Pending", progress: Number.isNaN(percent) ? undefined : percent, reason },
    };
}

function systemList(object: HyperConverged): SystemList {
    const { namespace = "", name } = object.metadata;
    const templates = object.status?.dataImportCronTemplates ?? [];
    const disabled = disabledEntries(object).map(({ entry }) => entry);
    return { namespace, name, switchedOn: isOn(object.spec), disabled, templates };
}

function keyOf({ namespace = "default", name }: Pick<Metadata, "namespace" | "name">): string {
    return `${namespace}/${name}`;
}

type Named = Pick<Leftover, "namespace" | "name">;
function byName(left: Named, right: Named): number {
    return left.namespace.localeCompare(right.namespace) || left.name.localeCompare(right.name);
}
