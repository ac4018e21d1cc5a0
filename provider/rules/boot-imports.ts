// The imports of a boot source: which is the one wanted, which forms it has, and which garbage collection takes.
import type { DataImportCron, DataVolume, Metadata, PersistentVolumeClaim, VolumeSnapshot } from "../model/objects.js";
import { digestsOf, imageFactsIn } from "../model/image-facts.js";
import { cronAnnotations, defaultImportsToKeep, importName } from "./cron-names.js";

/** What was brought in for one version, on one class: a claim, a snapshot, or for a while both, under one name. */
export interface BootImport {
    readonly name: string;
    readonly volume?: DataVolume | undefined;
    /** The claim, with its disk whole and its import done. */
    readonly claim?: PersistentVolumeClaim | undefined;
    /** The snapshot, ready to use. */
    readonly snapshot?: VolumeSnapshot | undefined;
    readonly storageClass: string | undefined;
    /** Every digest that it is known by. */
    readonly digests: readonly string[];
    /** When it last was the current one, or came in; milliseconds. */
    readonly lastUsed: number;
}

/** What belongs to a cron, as its world says. `whole` tells whether a form's disk is there. */
export interface Belongings {
    readonly volumes: readonly DataVolume[];
    readonly claims: readonly PersistentVolumeClaim[];
    readonly snapshots: readonly VolumeSnapshot[];
    /** Names of claims and of snapshots whose disks are whole. */
    readonly whole: { readonly claims: ReadonlySet<string>; readonly snapshots: ReadonlySet<string> };
}

/** The imports among what belongs to a cron, the last used first. */
export function importsAmong({ whole, ...all }: Belongings): BootImport[] {
    const [volumes, claims] = [all.volumes.filter(stays), all.claims.filter(stays)];
    const snapshots = all.snapshots.filter(stays);
    const names = new Set([...volumes, ...claims, ...snapshots].map(({ metadata }) => metadata.name));
    const imports = [...names].map((name): BootImport => {
        const volume = volumes.find(({ metadata }) => metadata.name === name);
        const claim = claims.find(({ metadata }) => metadata.name === name);
        const snapshot = snapshots.find(({ metadata }) => metadata.name === name);
        const done = volume === undefined || isDone(volume);
        return {
            name,
            volume,
            claim: done && claim && isWhole(claim, volume) && whole.claims.has(name) ? claim : undefined,
            snapshot: snapshot && isUsable(snapshot) && whole.snapshots.has(name) ? snapshot : undefined,
            storageClass: claim?.spec.storageClassName ?? (snapshot && classOfSnapshot(snapshot)),
            digests: [volume, claim, snapshot].flatMap(digestsIn),
            lastUsed: Math.max(...[volume, claim, snapshot].map(lastUsed)),
        };
    });
    return imports.sort((left, right) => right.lastUsed - left.lastUsed || left.name.localeCompare(right.name));
}

/** The class of the claim that a snapshot was taken of: a platform's snapshot does not say it, and whoever made it notes it. */
export function classOfSnapshot({ metadata, status }: VolumeSnapshot): string | undefined {
    return status?.storageClass ?? metadata.annotations?.[cronAnnotations.storageClass];
}

/** Whether an import is there in some form. */
export function isReady(one: BootImport): boolean {
    return one.claim !== undefined || one.snapshot !== undefined;
}

/** The version that a cron is to make current: its digest, and what else it is known by. */
export interface Wanted {
    readonly managedDataSource: string;
    readonly digest: string;
    readonly alsoKnownAs: readonly string[];
}

/** What a cron's annotations ask for; undefined before the first poll. */
export function wantedOf({ metadata, spec }: Pick<DataImportCron, "metadata" | "spec">): Wanted | undefined {
    const { [cronAnnotations.desiredDigest]: digest, [cronAnnotations.alsoKnownAs]: others } =
        metadata.annotations ?? {};
    if (digest === undefined || digest === "") return undefined;
    const [known, ...alsoKnownAs] = others === undefined ? [] : (JSON.parse(others) as string[]);
    // A hand that asks for another digest leaves behind what the last one was known by.
    return { managedDataSource: spec.managedDataSource, digest, alsoKnownAs: known === digest ? alsoKnownAs : [] };
}

/** Whether an import is of that version. What an older hand made has no note, and is known by its name. */
export function isOfVersion(one: BootImport, { digest, alsoKnownAs, managedDataSource }: Wanted): boolean {
    if (one.digests.some((known) => known === digest || alsoKnownAs.includes(known))) return true;
    return one.digests.length === 0 && one.name === importName(managedDataSource, digest);
}

/** What garbage collection takes: beyond the newest `importsToKeep` (with so many that are still to come), older than `keepFor`, and spared by nobody. */
export function outdatedImports(
    imports: readonly BootImport[],
    { spec }: Pick<DataImportCron, "spec">,
    spared: ReadonlySet<string>,
    now: number,
    coming = 0,
): BootImport[] {
    if (spec.garbageCollect === "Never") return [];
    const youngest = now - (spec.keepFor === undefined ? 0 : durationOf(spec.keepFor));
    const isOld = (one: BootImport): boolean => spec.keepFor === undefined || one.lastUsed < youngest;
    return imports
        .filter(isReady)
        .slice(Math.max(1, spec.importsToKeep ?? defaultImportsToKeep) - coming)
        .filter((one) => isOld(one) && !spared.has(one.name));
}

const units: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds of "30d", "12h", "90m" or "2w"; NaN where it is none of these. */
export function durationOf(text: string): number {
    const [, count = "", unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
    return Number(count || Number.NaN) * (units[unit] ?? Number.NaN) * 1000;
}

function isDone({ metadata, status }: DataVolume): boolean {
    const { phase, observedGeneration = metadata.generation } = status ?? {};
    return phase === "Succeeded" && observedGeneration === metadata.generation;
}

/** What is on its way out is not there any more. */
function stays({ metadata }: { readonly metadata: Metadata }): boolean {
    return metadata.deletionTimestamp === undefined && !isWorkpiece(metadata);
}

/** While CDI fills a claim it works with others (tmp-pvc-<uid>, prime-<uid>), which carry the labels and notes of that one. */
function isWorkpiece({ labels, ownerReferences }: Metadata): boolean {
    const isOwned = labels?.["cdi.kubevirt.io/OwnedByUID"] !== undefined;
    return isOwned || ownerReferences?.some(({ kind }) => kind === "PersistentVolumeClaim") === true;
}

/** A claim whose DataVolume has gone before it is about to be removed: it may hold half an image. */
function isWhole({ metadata }: PersistentVolumeClaim, volume: DataVolume | undefined): boolean {
    return volume !== undefined || metadata.ownerReferences?.some(({ kind }) => kind === "DataVolume") !== true;
}

function isUsable({ status }: VolumeSnapshot): boolean {
    return status?.readyToUse === true;
}

function digestsIn(object: DataVolume | PersistentVolumeClaim | VolumeSnapshot | undefined): string[] {
    if (object === undefined) return [];
    const noted = object.metadata.annotations?.[cronAnnotations.digest];
    return [...(noted === undefined ? [] : [noted]), ...digestsOf(imageFactsIn(object.metadata))];
}

function lastUsed(object: DataVolume | PersistentVolumeClaim | VolumeSnapshot | undefined): number {
    if (object === undefined) return 0;
    const { annotations, creationTimestamp } = object.metadata;
    return Date.parse(annotations?.[cronAnnotations.lastUseTime] ?? creationTimestamp);
}
