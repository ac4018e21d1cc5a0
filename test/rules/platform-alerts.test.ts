// The platform's alerts from objects: each rule where it holds, where it nearly does, and how many minutes are left.
import assert from "node:assert/strict";
import type { DataImportCron, DataVolume, EffectiveTemplate, HyperConverged } from "../../provider/model/objects.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";
import { type AlertObjects, platformAlerts } from "../../provider/rules/platform-alerts.js";
import {
    ago,
    classes,
    metadata,
    now,
    only,
    profile,
    single,
    snapshotClass,
    storageClass,
    whole,
} from "./storage-objects.js";

function cron(upToDate: { status: "True" | "False"; since: string } | undefined, landed: boolean): DataImportCron {
    const annotations = landed ? { [cronAnnotations.storageClass]: "fast" } : {};
    const conditions = upToDate && [
        {
            type: "UpToDate",
            status: upToDate.status,
            reason: "",
            message: "so it is",
            lastTransitionTime: upToDate.since,
        },
    ];
    return {
        metadata: metadata("fedora-image-cron", { annotations }),
        spec: {
            template: { spec: { source: { registry: { url: "docker://quay.io/fedora" } }, storage: {} } },
            ...{ schedule: "0 */12 * * *", managedDataSource: "fedora" },
        },
        ...(conditions === undefined ? {} : { status: { conditions } }),
    };
}

function waiting(phase: "" | "Pending" | "Succeeded", named?: string): DataVolume {
    const storage = named === undefined ? {} : { storageClassName: named };
    return {
        metadata: metadata("disk", { creationTimestamp: ago(3) }),
        spec: { source: { blank: {} }, storage },
        status: { phase },
    };
}

function list(templates: readonly EffectiveTemplate[], more: Partial<HyperConverged> = {}): HyperConverged {
    const status = { dataImportCronTemplates: [...templates], ...more.status };
    return { metadata: metadata("kubevirt-hyperconverged"), spec: more.spec ?? {}, status };
}

function entry(name: string, more: Partial<EffectiveTemplate> = {}): EffectiveTemplate {
    return { metadata: { name }, status: {}, ...more };
}

const nothing: AlertObjects = { crons: [], volumes: [], classes: [], hyperConverged: undefined };

describe("the platform's alerts", () => {
    const cases: {
        readonly why: string;
        readonly objects: Partial<AlertObjects>;
        /** Name, what it is about, minutes left; `-` for what is not known. */
        readonly alerts: readonly string[];
    }[] = [
        { why: "there is nothing to be alarmed of", objects: {}, alerts: [] },
        {
            why: "an import has taken longer than 15 minutes",
            objects: { crons: [cron({ status: "False", since: ago(20) }, true)] },
            alerts: ["CDIDataImportCronOutdated images/fedora-image-cron 0"],
        },
        {
            why: "an import takes 9 minutes now",
            objects: { crons: [cron({ status: "False", since: ago(9) }, true)] },
            alerts: ["CDIDataImportCronOutdated images/fedora-image-cron 6"],
        },
        {
            why: "a cron says nothing at all: it counts since it was made",
            objects: { crons: [cron(undefined, true)] },
            alerts: ["CDIDataImportCronOutdated images/fedora-image-cron 0"],
        },
        {
            why: "a cron is up to date, and another one never had a class to import to",
            objects: { crons: [cron({ status: "True", since: ago(20) }, true), cron(undefined, false)] },
            alerts: [],
        },
        {
            why: "a DataVolume waits for a default for 3 minutes",
            objects: { volumes: [waiting("Pending")], classes: only([], whole) },
            alerts: ["CDINoDefaultStorageClass - 2"],
        },
        {
            why: "nobody waits for the default that there is not",
            objects: { volumes: [waiting("Succeeded"), waiting("Pending", "fast")], classes: only([], whole) },
            alerts: [],
        },
        {
            why: "a DataVolume is pending, but there is a default",
            objects: { volumes: [waiting("Pending")], classes: only(["cluster"], whole) },
            alerts: [],
        },
        {
            why: "two classes are the default for machines",
            objects: {
                classes: classes({
                    classes: [storageClass("a", ["virtualization"]), storageClass("b", ["virtualization"])],
                    profiles: [profile("a", whole), profile("b", whole)],
                    snapshotClasses: [snapshotClass],
                }),
            },
            alerts: ["CDIMultipleDefaultVirtStorageClasses - -"],
        },
        {
            why: "one class is the cluster's default and another one that for machines, as it should be",
            objects: {
                classes: classes({
                    classes: [storageClass("a", ["virtualization"]), storageClass("b", ["cluster"])],
                    profiles: [profile("a", whole), profile("b", { ...whole, cloneStrategy: "copy" })],
                    snapshotClasses: [snapshotClass],
                }),
            },
            alerts: [],
        },
        {
            why: "the only default copies its clones",
            objects: { classes: only(["virtualization"], { ...whole, cloneStrategy: "copy" }) },
            alerts: ["CDIDefaultStorageClassDegraded fast -"],
        },
        {
            why: "the only default would clone by snapshots that nobody can take",
            objects: { classes: only(["virtualization"], whole, { snapshotClasses: [] }) },
            alerts: ["CDIDefaultStorageClassDegraded fast -"],
        },
        {
            why: "the only default has no volumes for several writers",
            objects: { classes: only(["cluster"], { ...whole, claimPropertySets: [single] }) },
            alerts: ["CDIDefaultStorageClassDegraded fast -"],
        },
        {
            why: "there is one machine, which needs no such volumes",
            objects: { classes: only(["cluster"], { ...whole, claimPropertySets: [single] }, { oneMachine: true }) },
            alerts: [],
        },
        {
            why: "a degraded class is no default",
            objects: { classes: only([], { ...whole, cloneStrategy: "copy" }) },
            alerts: [],
        },
        {
            why: "nothing is known of a class's modes",
            objects: { classes: only([], { cloneStrategy: "copy" }) },
            alerts: ["CDIStorageProfilesIncomplete fast -"],
        },
        {
            why: "a class is of object storage, which is for no disks",
            objects: {
                classes: classes({
                    classes: [{ ...storageClass("buckets", []), provisioner: "openshift-storage.noobaa.io/obc" }],
                }),
            },
            alerts: [],
        },
        {
            why: "profiles may not be seen: nothing is said of them",
            objects: { classes: only(["cluster"], undefined, { profiles: undefined }) },
            alerts: [],
        },
        {
            why: "an entry fits none of the machines",
            objects: {
                hyperConverged: list([
                    entry("fedora-image-cron", {
                        status: {
                            conditions: [
                                {
                                    ...{ type: "Deployed", status: "False", reason: "UnsupportedArchitectures" },
                                    ...{ message: "", lastTransitionTime: ago(1) },
                                },
                            ],
                        },
                    }),
                    entry("other-image-cron"),
                ]),
            },
            alerts: ["HCOGoldenImageWithNoSupportedArchitecture fedora-image-cron 0"],
        },
        {
            why: "several architectures are served, and an entry does not say which are its own",
            objects: {
                hyperConverged: list(
                    [
                        entry("said", {
                            metadata: { name: "said", annotations: { "ssp.kubevirt.io/dict.architectures": "amd64" } },
                        }),
                        entry("unsaid"),
                    ],
                    { spec: { workloadSources: { enableMultiArchBootImageImport: true } } },
                ),
            },
            alerts: ["HCOGoldenImageWithNoArchitectureAnnotation unsaid 0"],
        },
        ...[
            [{ name: "enableMultiArchBootImageImport", state: "Enabled" }],
            [{ name: "EnableMultiArchBootImageImport" }],
            { enableMultiArchBootImageImport: true },
        ].map((featureGates) => ({
            why: `the same by a feature gate, ${JSON.stringify(featureGates)}`,
            objects: { hyperConverged: list([entry("unsaid")], { spec: { featureGates } }) },
            alerts: ["HCOGoldenImageWithNoArchitectureAnnotation unsaid 0"],
        })),
        {
            why: "machines are of two architectures, and boot sources of one",
            objects: {
                hyperConverged: list([], { status: { nodeInfo: { workloadsArchitectures: ["amd64", "arm64"] } } }),
            },
            alerts: ["HCOMultiArchGoldenImagesDisabled - 0"],
        },
        {
            why: "machines are of one architecture",
            objects: { hyperConverged: list([], { status: { nodeInfo: { workloadsArchitectures: ["amd64"] } } }) },
            alerts: [],
        },
    ];
    for (const { why, objects, alerts } of cases) {
        it(`are ${alerts.map((alert) => alert.split(" ")[0]).join(", ") || "none"} where ${why}`, () => {
            const told = platformAlerts({ ...nothing, ...objects }, now);
            assert.deepEqual(
                told.map(({ name, about = "-", inMinutes = "-" }) => `${name} ${about} ${inMinutes}`),
                alerts,
            );
            for (const { message } of told) assert.ok(message.length > 20, message);
        });
    }
});
