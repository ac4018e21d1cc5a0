// Names that CDI writes on what belongs to a DataImportCron, and the name of an import (pkg/controller/dataimportcron-controller.go, 1.65).
import { createHash } from "node:crypto";
import { BootsourceError } from "../model/errors.js";
import type { DataImportCron, Metadata } from "../model/objects.js";

const cdi = "cdi.kubevirt.io";

/** Labels on what a cron makes. */
export const cronLabels = {
    /** The cron's name: watches and garbage collection select by it. */
    cron: `${cdi}/dataImportCron`,
    /** "true" with retentionPolicy None: deleted with the cron. */
    cleanup: `${cdi}/dataImportCron.cleanup`,
} as const;

/** Ours, on the ConfigMaps that keep the crons which a platform refuses: they are selected by it. */
export const keptCronLabels = { "pulumi-bootsource/kind": "DataImportCron" } as const;

/** Annotations on crons and on what they make; those of `pulumi-bootsource/` are ours. */
export const cronAnnotations = {
    /** On a cron: digest of the version to be made current; whoever writes it asks for that import. */
    desiredDigest: `${cdi}/storage.import.sourceDesiredDigest`,
    /** On a cron, RFC 3339. */
    nextCronTime: `${cdi}/storage.import.nextCronTime`,
    lastCronTime: `${cdi}/storage.import.lastCronTime`,
    /** Ours, on a cron: the last poll that failed, until one succeeds. */
    failedCronTime: "pulumi-bootsource/last-failed-poll",
    /** On a cron: the storage class in effect. */
    storageClass: `${cdi}/storage.import.storageClass`,
    /** On DataVolume, claim and snapshot: when the import last became or was the current one (RFC 3339). */
    lastUseTime: `${cdi}/storage.import.lastUseTime`,
    /** On a DataVolume: bind at once, also where the class waits for its first consumer. */
    bindImmediate: `${cdi}/storage.bind.immediate.requested`,
    /** On a snapshot: volume mode of the claim that it was taken of, and the size a restored disk should have. */
    sourceVolumeMode: `${cdi}/storage.import.sourceVolumeMode`,
    advisedRestoreSize: `${cdi}/storage.import.advisedRestoreSize`,
    /** Ours, on what a cron makes: the digest that it was imported for. */
    digest: "pulumi-bootsource/digest",
    /** Ours, on a cron: when somebody last asked for it to be brought in line; a failed import begins again then. */
    requested: "pulumi-bootsource/requested",
    /** Ours, on a cron: its desired digest and the others that the same version is known by, as a JSON list. */
    alsoKnownAs: "pulumi-bootsource/also-known-as",
} as const;

/** What is asked of a cron right now, as one text: its spec, and the last time that somebody asked or a poll was due. */
export function askedOf({ metadata }: Pick<DataImportCron, "metadata">): string {
    const { [cronAnnotations.requested]: requested = "", [cronAnnotations.lastCronTime]: polled = "" } =
        metadata.annotations ?? {};
    return [metadata.generation, requested, polled].join(" ");
}

/** CDI's default, applied in code and not written back. */
export const defaultImportsToKeep = 3;

/** The longest name of a DataSource and of an import: DNS labels, which every kind may have. */
const longestImport = 63;

/** `<managedDataSource>-<first 12 of the digest>`; a name too long is cut and gets a hash of its own. */
export function importName(managedDataSource: string, digest: string): string {
    const [prefix = "", id = ""] = digest.split(":");
    if (!["sha256", "uid", "version"].includes(prefix)) throw unfit(digest, "Digest has no supported prefix");
    if (id.length < 12) throw unfit(digest, "Digest is too short");
    return shortened(`${managedDataSource}-${id.slice(0, 12).replace(/-+$/, "")}`);
}

/** The same digest on another class: both are there until the new one is ready. */
export function importNameOnClass(managedDataSource: string, digest: string, storageClass: string): string {
    return shortened(`${importName(managedDataSource, digest)}-${storageClass.replace(/[^a-z0-9-]+/g, "-")}`);
}

/** Labels for what a cron makes: whose it is, whether it goes with the cron, and what KubeVirt reads. */
export function childLabels({ metadata, spec }: Pick<DataImportCron, "metadata" | "spec">): Record<string, string> {
    return {
        ...spec.template.metadata?.labels,
        ...kubevirtLabels(metadata),
        [cronLabels.cron]: metadata.name,
        ...(spec.retentionPolicy === "None" ? { [cronLabels.cleanup]: "true" } : {}),
    };
}

/**
 * Default instance type, default preference and the like, which flow from cron to import to DataSource. Whose cron something is
 * does not flow: a DataSource that only points at an import is not managed by the import's cron.
 */
export function kubevirtLabels({ labels = {} }: Pick<Metadata, "labels">): Record<string, string> {
    const flows = (key: string): boolean =>
        /^([\w.]+\.kubevirt\.io|kubevirt\.io)\/[\w.-]+$/.test(key) &&
        key !== cronLabels.cron &&
        key !== cronLabels.cleanup;
    return Object.fromEntries(Object.entries(labels).filter(([key]) => flows(key)));
}

function shortened(name: string): string {
    if (name.length <= longestImport) return name;
    const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
    return `${name.slice(0, longestImport - 9).replace(/-+$/, "")}-${hash}`;
}

function unfit(digest: string, why: string): BootsourceError {
    return new BootsourceError("invalid-argument", `cannot import the digest "${digest}": ${why}`);
}
