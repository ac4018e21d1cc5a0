// How each boot source of a cluster is, from its objects: what machines clone from, whether that is current, and if not, why.
import { conditionOf } from "../model/conditions.js";
import type {
    DataImportCron,
    DataSource,
    DataVolume,
    HyperConverged,
    Metadata,
    PersistentVolumeClaim,
    SourceFormat,
    VolumeSnapshot,
} from "../model/objects.js";
import { type BootImport, importsAmong, isReady } from "./boot-imports.js";
import { type BootOrigin, entryOfCron, originOfEntry, originWithoutCron } from "./boot-origin.js";
import { type BootState, judgeCron, pollTimes, unwellSince } from "./boot-state.js";
import { cronLabels } from "./cron-names.js";
import { sourceText } from "./source-text.js";

/** A boot source for whoever looks after it. Times are ISO 8601. */
export interface BootSourceStatus {
    readonly namespace: string;
    /** The DataSource's: what machines clone from. */
    readonly name: string;
    /** The DataImportCron that moves it; undefined where none does. */
    readonly cron: string | undefined;
    readonly origin: BootOrigin;
    /** Where its images come from: a url, or what it is a copy of. */
    readonly source: string | undefined;
    readonly state: BootState;
    /** Since when it is not up to date, or its source does not answer. */
    readonly unwellSince: string | undefined;
    /** Whether machines can be cloned from it now. */
    readonly ready: boolean;
    /** Sentences: why it is not up to date, or not ready. */
    readonly reasons: readonly string[];
    /** How far an import is, in percent. */
    readonly progress: number | undefined;
    /** Of the image that machines get now. */
    readonly digest: string | undefined;
    /** Since when machines get it. */
    readonly since: string | undefined;
    readonly format: SourceFormat | undefined;
    readonly storageClass: string | undefined;
    /** The images that are there, and what they take on the disk. */
    readonly kept: { readonly images: number; readonly bytes: number };
    readonly schedule: string | undefined;
    readonly lastPoll: string | undefined;
    readonly nextPoll: string | undefined;
    /** When the last import ended. */
    readonly lastImport: string | undefined;
}

/** All that is read of a cluster, each kind once. */
export interface BootObjects {
    readonly crons: readonly DataImportCron[];
    readonly dataSources: readonly DataSource[];
    readonly volumes: readonly DataVolume[];
    readonly claims: readonly PersistentVolumeClaim[];
    readonly snapshots: readonly VolumeSnapshot[];
    /** Bytes that disks take, by uid of claim or snapshot; what is not in it has no disk. */
    readonly disks: ReadonlyMap<string, number>;
    /** The platform's list of boot sources; undefined where there is none, or it may not be seen. */
    readonly hyperConverged?: HyperConverged | undefined;
}

/** The boot sources by namespace and name: those of crons, and DataSources that no cron moves. */
export function bootStatus(objects: BootObjects, now: number): BootSourceStatus[] {
    const sources = new Map(objects.dataSources.map((source) => [keyOf(source.metadata), source]));
    const importsByCron = groupImports(objects);
    const managed = objects.crons.map((cron) => {
        const { namespace = "default" } = cron.metadata;
        const source = sources.get(`${namespace}/${cron.spec.managedDataSource}`);
        return ofCron(cron, source, importsByCron.get(keyOf(cron.metadata)) ?? [], objects, now);
    });
    const moved = new Set(managed.map(({ namespace, name }) => `${namespace}/${name}`));
    const pointed = {
        claims: new Map(objects.claims.map((claim) => [keyOf(claim.metadata), claim])),
        snapshots: new Map(objects.snapshots.map((snapshot) => [keyOf(snapshot.metadata), snapshot])),
        disks: objects.disks,
    };
    const others = objects.dataSources
        .filter(({ metadata }) => !moved.has(keyOf(metadata)))
        .map((source) => unmanaged(source, pointed, originWithoutCron(source, objects.hyperConverged)));
    return [...managed, ...others].sort(
        (left, right) => left.namespace.localeCompare(right.namespace) || left.name.localeCompare(right.name),
    );
}

function ofCron(
    cron: DataImportCron,
    source: DataSource | undefined,
    imports: readonly BootImport[],
    { disks, hyperConverged }: BootObjects,
    now: number,
): BootSourceStatus {
    const { pvc, snapshot } = source?.spec.source ?? {};
    const served = imports.find((one) => isReady(one) && one.name === (pvc ?? snapshot)?.name);
    const { namespace = "default", name } = cron.metadata;
    const { state, reasons } = judgeCron(cron, served);
    const readiness = readinessOf(source);
    const kept = imports.filter(isReady);
    const forms = kept.flatMap((one) => [one.claim, one.snapshot]);
    const current = cron.status?.currentImports?.[0]?.DataVolumeName === served?.name;
    return {
        namespace,
        name: cron.spec.managedDataSource,
        cron: name,
        origin: originOfEntry(entryOfCron(cron, hyperConverged)),
        source: sourceText(cron.spec.template.spec.source),
        state,
        unwellSince: unwellSince(cron, state),
        ready: readiness.ready,
        reasons: [...reasons, ...readiness.reasons],
        progress: state === "importing" ? progressOf(imports) : undefined,
        digest: served?.digests[0],
        since: served && (current ? cron.status?.lastImportTimestamp : new Date(served.lastUsed).toISOString()),
        format: served && (snapshot === undefined ? "pvc" : "snapshot"),
        storageClass: served?.storageClass,
        kept: { images: kept.length, bytes: sum(forms.map((form) => disks.get(form?.metadata.uid ?? "") ?? 0)) },
        schedule: cron.spec.schedule,
        ...pollTimes(cron, now),
        lastImport: cron.status?.lastImportTimestamp,
    };
}

/** A DataSource of a deleted cron, or of somebody's own hand. */
function unmanaged(
    source: DataSource,
    { claims, snapshots, disks }: PointedObjects,
    origin: BootOrigin,
): BootSourceStatus {
    const { namespace = "default", name } = source.metadata;
    const { pvc, snapshot: image } = source.spec.source;
    const claim = pvc && claims.get(keyOf(pvc));
    const snapshot = image && snapshots.get(keyOf(image));
    const found = claim ?? snapshot;
    const bytes = disks.get(found?.metadata.uid ?? "");
    const [served] = importsAmong({
        volumes: [],
        claims: claim === undefined ? [] : [claim],
        snapshots: snapshot === undefined ? [] : [snapshot],
        whole: { claims: new Set(), snapshots: new Set() },
    });
    return {
        namespace,
        name,
        cron: undefined,
        origin,
        source: undefined,
        state: origin === "disabled" ? "off" : "unmanaged",
        unwellSince: undefined,
        ...readinessOf(source),
        progress: undefined,
        digest: served?.digests[0],
        since: found?.metadata.creationTimestamp,
        format: found && (snapshot === undefined ? "pvc" : "snapshot"),
        storageClass: served?.storageClass,
        kept: { images: bytes === undefined ? 0 : 1, bytes: bytes ?? 0 },
        schedule: undefined,
        lastPoll: undefined,
        nextPoll: undefined,
        lastImport: undefined,
    };
}

/** What DataSources may point at, by namespace and name. */
interface PointedObjects {
    readonly claims: ReadonlyMap<string, PersistentVolumeClaim>;
    readonly snapshots: ReadonlyMap<string, VolumeSnapshot>;
    readonly disks: BootObjects["disks"];
}

function readinessOf(source: DataSource | undefined): { ready: boolean; reasons: string[] } {
    const said = conditionOf(source, "Ready");
    const ready = said?.status === "True";
    const why = said?.message ?? "there is no DataSource yet";
    return { ready, reasons: ready ? [] : [`nothing can be cloned from it: ${why}`] };
}

/** Crons by hundreds, with imports by thousands: each object is looked at once. */
function groupImports({ volumes, claims, snapshots, disks }: BootObjects): Map<string, BootImport[]> {
    const groups = new Map<
        string,
        { volumes: DataVolume[]; claims: PersistentVolumeClaim[]; snapshots: VolumeSnapshot[] }
    >();
    const groupOf = ({ namespace = "default", labels }: Metadata) => {
        const cron = labels?.[cronLabels.cron];
        if (cron === undefined) return undefined;
        const key = `${namespace}/${cron}`;
        const group = groups.get(key) ?? { volumes: [], claims: [], snapshots: [] };
        groups.set(key, group);
        return group;
    };
    for (const volume of volumes) groupOf(volume.metadata)?.volumes.push(volume);
    for (const claim of claims) groupOf(claim.metadata)?.claims.push(claim);
    for (const snapshot of snapshots) groupOf(snapshot.metadata)?.snapshots.push(snapshot);
    const namesOf = (objects: readonly { metadata: Metadata }[]): Set<string> =>
        new Set(objects.filter(({ metadata }) => disks.has(metadata.uid)).map(({ metadata }) => metadata.name));
    return new Map(
        [...groups].map(([key, group]) => {
            const whole = { claims: namesOf(group.claims), snapshots: namesOf(group.snapshots) };
            return [key, importsAmong({ ...group, whole })];
        }),
    );
}

/** What the one unfinished import says: "12.34%". */
function progressOf(imports: readonly BootImport[]): number | undefined {
    const [unfinished] = imports.filter((one) => !isReady(one));
    const percent = Number.parseFloat(unfinished?.volume?.status?.progress ?? "");
    return Number.isNaN(percent) ? undefined : percent;
}

function keyOf({ namespace = "default", name }: { readonly namespace?: string; readonly name: string }): string {
    return `${namespace}/${name}`;
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, one) => total + one, 0);
}
