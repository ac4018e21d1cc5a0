// What Prometheus reads: the platform's own metrics, so that its alerts and dashboards work unchanged, and a few of ours.
import { conditionOf } from "../../model/conditions.js";
import type { DataImportCron, DataVolume } from "../../model/objects.js";
import type { BootSourceStatus } from "../../rules/boot-status.js";
import type { ClassStatus } from "../../rules/class-status.js";
import { isPending, waitsForDefault } from "../../rules/platform-alerts.js";

/** One store, as it is read for a scrape; without `objects` it cannot be read now. */
export interface MeasuredStore {
    readonly directory: string;
    readonly imports: { readonly finished: number; readonly failed: number };
    readonly objects:
        | {
              readonly crons: readonly DataImportCron[];
              readonly volumes: readonly DataVolume[];
              readonly classes: readonly ClassStatus[];
              readonly sources: readonly BootSourceStatus[];
          }
        | undefined;
}

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];
interface Metric {
    readonly name: string;
    readonly type: "gauge" | "counter";
    readonly help: string;
    readonly of: (store: MeasuredStore) => readonly Sample[];
}

/** All metrics in Prometheus' text format; each sample says which store it is of. */
export function describeMetrics(stores: readonly MeasuredStore[]): string {
    return metrics
        .map(({ name, type, help, of }) => {
            const samples = stores.flatMap((store) =>
                of(store).map(
                    ([labels, value]) => `${name}{${written({ store: store.directory, ...labels })}} ${value}`,
                ),
            );
            return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples, ""].join("\n");
        })
        .join("");
}

const metrics: readonly Metric[] = [
    {
        name: "kubevirt_cdi_cr_ready",
        type: "gauge",
        help: "CDI install ready",
        of: ({ objects }) => [[{}, objects === undefined ? 0 : 1]],
    },
    {
        name: "kubevirt_cdi_dataimportcron_outdated",
        type: "gauge",
        help: "DataImportCron has an outdated import",
        of: ({ objects }) =>
            (objects?.crons ?? []).map((cron) => [
                { ...nameOf(cron), pending: String(isPending(cron)) },
                conditionOf(cron, "UpToDate")?.status === "True" ? 0 : 1,
            ]),
    },
    {
        name: "kubevirt_cdi_import_progress_total",
        type: "counter",
        help: "The import progress in percentage",
        of: ({ objects }) =>
            (objects?.volumes ?? [])
                .filter(({ status }) => status?.phase === "ImportInProgress")
                .map(({ metadata, status }) => [
                    { ownerUID: metadata.uid },
                    Number.parseFloat(status?.progress ?? "") || 0,
                ]),
    },
    {
        name: "kubevirt_cdi_datavolume_pending",
        type: "gauge",
        help: "Number of DataVolumes pending for default storage class to be configured",
        of: ({ objects }) =>
            objects === undefined
                ? []
                : [[{}, objects.volumes.filter((one) => waitsForDefault(one, objects.classes)).length]],
    },
    {
        name: "kubevirt_cdi_storageprofile_info",
        type: "gauge",
        help: "StorageProfiles info labels",
        of: ({ objects }) => (objects?.classes ?? []).map((one) => [profileLabels(one), 1]),
    },
    {
        name: "bootsource_agent_up",
        type: "gauge",
        help: "Whether the agent works on the store",
        of: ({ objects }) => [[{}, objects === undefined ? 0 : 1]],
    },
    {
        name: "bootsource_last_poll_timestamp_seconds",
        type: "gauge",
        help: "When the source of a boot source was last asked with success",
        of: ({ objects }) =>
            (objects?.crons ?? []).flatMap((cron) => {
                const { lastExecutionTimestamp: time } = cron.status ?? {};
                return time === undefined ? [] : [[nameOf(cron), Date.parse(time) / 1000] as const];
            }),
    },
    {
        name: "bootsource_poll_failing",
        type: "gauge",
        help: "Whether the source of a boot source did not answer when it was last asked",
        of: ({ objects }) =>
            (objects?.crons ?? []).map((cron) => [
                nameOf(cron),
                conditionOf(cron, "Polled")?.status === "False" ? 1 : 0,
            ]),
    },
    {
        name: "bootsource_kept_bytes",
        type: "gauge",
        help: "Bytes that the images of a boot source take, holes not counted",
        of: ({ objects }) =>
            (objects?.sources ?? []).map(({ namespace, name, kept }) => [{ namespace, data_source: name }, kept.bytes]),
    },
    {
        name: "bootsource_imports_total",
        type: "counter",
        help: "Imports that ended since the agent began",
        of: ({ imports }) => [
            [{ outcome: "finished" }, imports.finished],
            [{ outcome: "failed" }, imports.failed],
        ],
    },
];

function nameOf({ metadata }: DataImportCron): { namespace: string; cron_name: string } {
    return { namespace: metadata.namespace ?? "default", cron_name: metadata.name };
}

function profileLabels(one: ClassStatus): Labels {
    return {
        storageclass: one.name,
        provisioner: one.provisioner,
        complete: String(one.complete),
        default: String(one.clusterDefault),
        virtdefault: String(one.virtualizationDefault),
        rwx: String(one.readWriteMany),
        smartclone: String(one.smartClone),
        degraded: String(one.lacks.length > 0),
    };
}

function written(labels: Labels): string {
    return Object.entries(labels)
        .map(
            ([name, value]) =>
                `${name}="${value.replace(/[\\"\n]/g, (sign) => (sign === "\n" ? "\\n" : `\\${sign}`))}"`,
        )
        .join(",");
}
