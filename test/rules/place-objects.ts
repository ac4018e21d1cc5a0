// Boot sources of the platform's namespace and its list, as small as they can be, and what is told of them.
import type {
    DataImportCron,
    DataSource,
    EffectiveTemplate,
    HyperConverged,
    PersistentVolumeClaim,
} from "../../provider/model/objects.js";
import { cronAnnotations, cronLabels } from "../../provider/rules/cron-names.js";
import { type PlaceObjects, type PlaceStatus, placeStatus } from "../../provider/rules/place-status.js";
import { systemNamespace as namespace } from "../../provider/rules/system-list.js";
import { ago, metadata, now } from "./storage-objects.js";

const digest = `sha256:${"a".repeat(64)}`;

export function told(some: Partial<PlaceObjects>): PlaceStatus {
    const none = {
        crons: [],
        dataSources: [],
        volumes: [],
        claims: [],
        snapshots: [],
        disks: new Map<string, number>(),
    };
    const classes = { classes: [], profiles: [], snapshotClasses: [], unseen: [], oneMachine: false };
    return placeStatus({ ...none, ...classes, hyperConverged: undefined, ...some }, now);
}

function conditions(type: string, status: "True" | "False", minutes = 60) {
    return [{ type, status, reason: "", message: "why", lastTransitionTime: ago(minutes) }];
}

export function cron(name: string, upToDate: "True" | "False" = "True", minutes = 60): DataImportCron {
    return {
        metadata: metadata(`${name}-image-cron`, {
            namespace,
            annotations: { [cronAnnotations.desiredDigest]: digest, [cronAnnotations.storageClass]: "fast" },
        }),
        spec: {
            template: {
                spec: {
                    source: { registry: { url: `docker://me:secret@quay.io/${name}:latest?token=s` } },
                    storage: {},
                },
            },
            ...{ schedule: "0 */12 * * *", managedDataSource: name },
        },
        status: { conditions: conditions("UpToDate", upToDate, minutes), lastImportTimestamp: ago(90) },
    };
}

export function source(name: string, ready: "True" | "False" = "True", claim = `${name}-aaaaaaaaaaaa`): DataSource {
    return {
        metadata: metadata(name, { namespace }),
        spec: { source: { pvc: { namespace, name: claim } } },
        status: { conditions: conditions("Ready", ready) },
    };
}

export function image(name: string, by: string): PersistentVolumeClaim {
    return {
        metadata: metadata(name, {
            namespace,
            labels: { [cronLabels.cron]: by },
            annotations: { [cronAnnotations.digest]: digest },
        }),
        spec: { storageClassName: "fast" },
    };
}

/** The seed's example of the HyperConverged's status (Y5), and an entry in the place of a shipped one. */
export const annotations = { "cdi.kubevirt.io/storage.bind.immediate.requested": "true" };
const centos = {
    garbageCollect: "Outdated" as const,
    schedule: "55 8/12 * * *",
    template: {
        metadata: {},
        spec: {
            source: { registry: { url: "docker://quay.io/containerdisks/centos-stream:9" } },
            storage: { resources: { requests: { storage: "30Gi" } } },
        },
        status: {},
    },
};
const nodePulled = structuredClone(centos);
Object.assign(nodePulled.template.spec.source.registry, { pullMethod: "node" });
const templates: EffectiveTemplate[] = [
    {
        metadata: { name: "centos-9-image-cron", annotations },
        spec: { ...centos, managedDataSource: "centos-stream9" },
        status: { commonTemplate: true },
    },
    {
        metadata: { name: "fedora-image-cron", annotations },
        spec: { ...centos, managedDataSource: "fedora" },
        status: { commonTemplate: true, modified: true },
    },
    {
        metadata: { name: "user-defined-dic", annotations },
        spec: { ...nodePulled, managedDataSource: "user-defined-centos-stream9" },
        status: {},
    },
];
export const list: HyperConverged = {
    metadata: metadata("kubevirt-hyperconverged", { namespace: "openshift-cnv" }),
    spec: {
        workloadSources: {
            dataImportCronTemplates: [
                {
                    metadata: {
                        name: "rhel9-image-cron",
                        annotations: { "dataimportcrontemplate.kubevirt.io/enable": "false" },
                    },
                },
            ],
        },
    },
    status: { dataImportCronTemplates: templates },
};
