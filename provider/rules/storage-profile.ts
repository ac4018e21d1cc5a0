// What counts of a storage class: its profile's spec, filled up with what the class and the snapshot classes say, as CDI does it.
import type {
    ClaimPropertySet,
    Condition,
    SourceFormat,
    StorageClass,
    StorageProfile,
    StorageProfileValues,
    VolumeSnapshotClass,
} from "../model/objects.js";

/** Provisioners of the embedded world, by the way in which they take snapshots. */
export const provisioners = {
    none: "pulumi-bootsource/directory",
    reflink: "pulumi-bootsource/reflink",
    overlay: "pulumi-bootsource/overlay",
} as const;

/** The annotation that makes a VolumeSnapshotClass the default of its driver. */
export const defaultSnapshotClass = "snapshot.storage.kubernetes.io/is-default-class";

/** Parameter of our classes: the format that their declaration asks for. */
export const formatParameter = "dataImportCronSourceFormat";

/** Disks are files: one machine at a time writes to one. */
const filesOfOneWriter: ClaimPropertySet[] = [{ accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" }];

/**
 * The status of a profile (CDI 1.65, pkg/controller/storageprofile-controller.go). Better than CDI in one point: the format
 * `snapshot` counts only where a VolumeSnapshotClass fits, because without one no image would ever get ready; the condition
 * `Effective` then says why the wish is not followed. Times of conditions move only with their status.
 */
export function effectiveProfile(
    { metadata, provisioner, parameters = {} }: StorageClass,
    { spec, status: before }: Pick<StorageProfile, "spec" | "status">,
    snapshotClasses: readonly VolumeSnapshotClass[],
    now: string,
): NonNullable<StorageProfile["status"]> {
    const snapshotClass = chooseSnapshotClass(provisioner, spec.snapshotClass, snapshotClasses);
    const asked = spec.dataImportCronSourceFormat ?? (parameters[formatParameter] as SourceFormat | undefined) ?? "pvc";
    const annotated = metadata.annotations?.["cdi.kubevirt.io/clone-strategy"] as StorageProfileValues["cloneStrategy"];
    const sets = spec.claimPropertySets ?? [];
    const complete = sets.every(isComplete);
    const recognized = (Object.values(provisioners) as string[]).includes(provisioner);
    const unmet = [
        ...(complete ? [] : [unmetBy.sets]),
        ...(asked === "snapshot" && snapshotClass === undefined ? [unmetBy.format(provisioner)] : []),
        ...(spec.snapshotClass === undefined || spec.snapshotClass === snapshotClass
            ? []
            : [unmetBy.snapshotClass(spec.snapshotClass, provisioner)]),
    ];
    const conditions = [
        condition("Recognized", recognized ? recognizedBy.yes : recognizedBy.no, before?.conditions, now),
        condition("Effective", unmet[0] ?? unmetBy.nothing, before?.conditions, now),
    ];
    return {
        claimPropertySets: sets.length > 0 && complete ? sets : filesOfOneWriter,
        cloneStrategy: spec.cloneStrategy ?? annotated ?? (snapshotClass === undefined ? "copy" : "snapshot"),
        dataImportCronSourceFormat: snapshotClass === undefined ? "pvc" : asked,
        ...(snapshotClass === undefined ? {} : { snapshotClass }),
        storageClass: metadata.name,
        provisioner,
        conditions,
    };
}

/** The one asked for if it is of that driver; else the driver's default; else its first by name. Undefined where none fits. */
function chooseSnapshotClass(
    driver: string,
    asked: string | undefined,
    classes: readonly VolumeSnapshotClass[],
): string | undefined {
    const fitting = classes
        .filter((one) => one.driver === driver)
        .sort(({ metadata: a }, { metadata: b }) => (a.name < b.name ? -1 : 1));
    const chosen =
        fitting.find(({ metadata }) => metadata.name === asked) ??
        fitting.find(({ metadata }) => metadata.annotations?.[defaultSnapshotClass] === "true") ??
        fitting[0];
    return chosen?.metadata.name;
}

/** What was written into the cluster by others may lack what our types promise. */
function isComplete({ accessModes, volumeMode }: Partial<ClaimPropertySet>): boolean {
    return accessModes !== undefined && accessModes.length > 0 && volumeMode !== undefined;
}

type Said = Pick<Condition, "status" | "reason" | "message">;

const recognizedBy = {
    yes: { status: "True", reason: "RecognizedProvisioner", message: "Provisioner is recognized" },
    no: { status: "False", reason: "UnrecognizedProvisioner", message: "Provisioner is not recognized" },
} as const satisfies Record<string, Said>;

const unmetBy = {
    nothing: { status: "True", reason: "AsAsked", message: "All that the profile asks for counts" },
    sets: {
        status: "False",
        reason: "InvalidClaimPropertySets",
        message: "each ClaimPropertySet must provide both volume mode and access modes",
    },
    format: (provisioner: string): Said => ({
        status: "False",
        reason: "NoSnapshotClass",
        message:
            `cannot keep boot sources as snapshots: there is no VolumeSnapshotClass for ${provisioner}, so they are kept as ` +
            "claims (pvc); make such a class, or give the storage class a way to take snapshots",
    }),
    snapshotClass: (name: string, provisioner: string): Said => ({
        status: "False",
        reason: "SnapshotClassNotFound",
        message:
            `cannot take snapshots with the VolumeSnapshotClass "${name}": there is none of that name for ${provisioner}; ` +
            "name another one in snapshotClass",
    }),
} as const;

function condition(type: string, said: Said, before: readonly Condition[] = [], now: string): Condition {
    const known = before.find((one) => one.type === type);
    const { status, reason, message } = said;
    return {
        type,
        status,
        reason,
        message,
        lastTransitionTime: known?.status === status ? known.lastTransitionTime : now,
    };
}
