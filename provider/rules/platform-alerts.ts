// Which alerts the platform's own rules would raise, told from the objects alone: CDI's (pkg/monitoring/rules/alerts, 1.65) and HCO's of its list.
import { conditionOf } from "../model/conditions.js";
import type { DataImportCron, DataVolume, HyperConverged } from "../model/objects.js";
import type { ClassStatus } from "./class-status.js";
import { cronAnnotations } from "./cron-names.js";
import { templateAnnotations } from "./system-list.js";

/** One alert. */
export interface PlatformAlert {
    readonly name: string;
    readonly severity: "info" | "warning";
    /** What it is about: "namespace/name" of a cron, an entry or a class; undefined where it is about the cluster. */
    readonly about: string | undefined;
    /** For how long its rule has to hold before it is raised. */
    readonly afterMinutes: number;
    /** Since when it holds; undefined where objects do not tell. */
    readonly since: string | undefined;
    /** Minutes until it is raised unless it is mended; 0 is now, undefined where objects do not tell. */
    readonly inMinutes: number | undefined;
    /** What is the matter. */
    readonly message: string;
}

/** What is looked at. */
export interface AlertObjects {
    readonly crons: readonly DataImportCron[];
    readonly volumes: readonly DataVolume[];
    readonly classes: readonly ClassStatus[];
    readonly hyperConverged: HyperConverged | undefined;
}

type Finding = Pick<PlatformAlert, "about" | "since" | "message">;
interface Rule {
    readonly name: string;
    readonly severity: PlatformAlert["severity"];
    readonly afterMinutes: number;
    readonly find: (objects: AlertObjects) => readonly Finding[];
}

/** All that hold, those about the cluster's boot sources first. */
export function platformAlerts(objects: AlertObjects, now: number): PlatformAlert[] {
    return rules.flatMap(({ name, severity, afterMinutes, find }) =>
        find(objects).map(({ about, since, message }) => ({
            ...{ name, severity, about, afterMinutes, since, message },
            inMinutes: afterMinutes === 0 ? 0 : minutesLeft(since, afterMinutes, now),
        })),
    );
}

/** As CDI judges it: no class is named, and there never was one to import to. It keeps CDIDataImportCronOutdated back. */
export function isPending({ metadata, spec }: Pick<DataImportCron, "metadata" | "spec">): boolean {
    const { storage, pvc } = spec.template.spec;
    const named = storage?.storageClassName ?? pvc?.storageClassName;
    return named === undefined && metadata.annotations?.[cronAnnotations.storageClass] === undefined;
}

/** Whether a DataVolume waits for a default class to be marked. */
export function waitsForDefault(
    { spec, status }: Pick<DataVolume, "spec" | "status">,
    classes: readonly Pick<ClassStatus, "virtualizationDefault" | "clusterDefault">[],
): boolean {
    const { phase = "" } = status ?? {};
    if (phase !== "" && phase !== "Pending") return false;
    const named = spec.storage?.storageClassName ?? spec.pvc?.storageClassName;
    return named === undefined && !classes.some(isDefault);
}

const rules: readonly Rule[] = [
    {
        name: "CDIDataImportCronOutdated",
        severity: "warning",
        afterMinutes: 15,
        find: ({ crons }) =>
            crons
                .filter((cron) => conditionOf(cron, "UpToDate")?.status !== "True" && !isPending(cron))
                .map((cron) => {
                    const said = conditionOf(cron, "UpToDate");
                    return {
                        about: `${cron.metadata.namespace ?? "default"}/${cron.metadata.name}`,
                        since: said?.lastTransitionTime ?? cron.metadata.creationTimestamp,
                        message: `it is not up to date: ${said?.message || "nothing was imported yet"}`,
                    };
                }),
    },
    {
        name: "CDINoDefaultStorageClass",
        severity: "warning",
        afterMinutes: 5,
        find: ({ volumes, classes }) => {
            const waiting = volumes.filter((one) => waitsForDefault(one, classes));
            if (waiting.length === 0) return [];
            const [oldest] = waiting.map(({ metadata }) => metadata.creationTimestamp).sort();
            const names = waiting.map(({ metadata }) => `${metadata.namespace ?? "default"}/${metadata.name}`).sort();
            const message = `no storage class is marked as a default, and ${listOf("DataVolume", names)} wait${waiting.length === 1 ? "s" : ""} for one`;
            return [{ about: undefined, since: oldest, message }];
        },
    },
    {
        name: "CDIMultipleDefaultVirtStorageClasses",
        severity: "warning",
        afterMinutes: 5,
        find: ({ classes }) => {
            const names = classes.filter((one) => one.virtualizationDefault).map(({ name }) => name);
            const message = `several storage classes are marked as the default for virtual machines: ${names.join(", ")}`;
            return names.length > 1 ? [{ about: undefined, since: undefined, message }] : [];
        },
    },
    {
        name: "CDIDefaultStorageClassDegraded",
        severity: "warning",
        afterMinutes: 5,
        find: ({ classes }) => {
            const defaults = classes.filter(isDefault);
            // One default that is not degraded is enough for its rule.
            if (defaults.length === 0 || !defaults.every(({ lacks }) => lacks.length > 0)) return [];
            return defaults.map(({ name, lacks }) => {
                const message = `every default storage class is degraded: ${lacks.join(", and ")}`;
                return { about: name, since: undefined, message };
            });
        },
    },
    {
        name: "CDIStorageProfilesIncomplete",
        severity: "info",
        afterMinutes: 5,
        find: ({ classes }) =>
            classes
                .filter(({ complete }) => complete === false)
                .map(({ name, provisioner }) => ({
                    about: name,
                    since: undefined,
                    message: `its StorageProfile is incomplete: CDI does not know which modes volumes of ${provisioner} have`,
                })),
    },
    {
        name: "HCOGoldenImageWithNoSupportedArchitecture",
        severity: "warning",
        afterMinutes: 0,
        find: ({ hyperConverged }) =>
            entriesOf(hyperConverged)
                .filter(({ status }) =>
                    status.conditions?.some((one) => one.status === "False" && one.reason === unsupported),
                )
                .map(({ metadata }) => ({
                    about: metadata.name,
                    since: undefined,
                    message: "no machine of this cluster has an architecture that it supports, so it is not imported",
                })),
    },
    {
        name: "HCOGoldenImageWithNoArchitectureAnnotation",
        severity: "warning",
        afterMinutes: 0,
        // With multi-arch off the annotation is taken out of every entry, and says nothing.
        find: ({ hyperConverged }) =>
            (isMultiArch(hyperConverged) ? entriesOf(hyperConverged) : [])
                .filter(({ metadata }) => metadata.annotations?.[templateAnnotations.architectures] === undefined)
                .map(({ metadata }) => ({
                    about: metadata.name,
                    since: undefined,
                    message: `it does not say which architectures it supports (annotation ${templateAnnotations.architectures})`,
                })),
    },
    {
        name: "HCOMultiArchGoldenImagesDisabled",
        severity: "warning",
        afterMinutes: 0,
        find: ({ hyperConverged }) => {
            const architectures = hyperConverged?.status?.nodeInfo?.workloadsArchitectures ?? [];
            if (architectures.length < 2 || isMultiArch(hyperConverged)) return [];
            const message = `the machines are of several architectures (${architectures.join(", ")}), and boot sources of one alone`;
            return [{ about: undefined, since: undefined, message }];
        },
    },
];

const unsupported = "UnsupportedArchitectures";

/** Up to 1.18 a feature gate: of a map (v1beta1) or of a list (v1). */
function isMultiArch(object: HyperConverged | undefined): boolean {
    const key = "enableMultiArchBootImageImport";
    const { workloadSources, featureGates = [] } = object?.spec ?? {};
    if (workloadSources?.[key] !== undefined) return workloadSources[key];
    if (!Array.isArray(featureGates)) return (featureGates as Readonly<Record<string, unknown>>)[key] === true;
    const gates = featureGates as readonly { name: string; state?: string }[];
    const gate = gates.find(({ name }) => name.toLowerCase() === key.toLowerCase());
    return gate !== undefined && gate.state !== "Disabled";
}

function entriesOf(object: HyperConverged | undefined) {
    return object?.status?.dataImportCronTemplates ?? [];
}

function isDefault(one: Pick<ClassStatus, "virtualizationDefault" | "clusterDefault">): boolean {
    return one.virtualizationDefault || one.clusterDefault;
}

function minutesLeft(since: string | undefined, after: number, now: number): number | undefined {
    return since === undefined ? undefined : Math.max(0, Math.ceil(after - (now - Date.parse(since)) / 60_000));
}

/** "2 DataVolumes (a/b, c/d)"; of many the first ones. */
function listOf(what: string, names: readonly string[]): string {
    const shown = names.length > 4 ? [...names.slice(0, 3), "..."] : names;
    return `${names.length} ${what}${names.length === 1 ? "" : "s"} (${shown.join(", ")})`;
}
