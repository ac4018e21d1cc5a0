// How boot sources are told to be: each state from the objects that mean it, and the facts beside it.
import assert from "node:assert/strict";
import type {
    Condition,
    DataImportCron,
    DataSource,
    DataVolume,
    Metadata,
    PersistentVolumeClaim,
    VolumeSnapshot,
} from "../../provider/model/objects.js";
import { type BootObjects, bootStatus, type BootSourceStatus } from "../../provider/rules/boot-status.js";
import { polled, progressing, upToDate } from "../../provider/rules/cron-conditions.js";
import { cronAnnotations, cronLabels } from "../../provider/rules/cron-names.js";

const now = Date.parse("2026-11-22T12:00:00Z");
const created = "2026-11-01T00:00:00Z";
const digest = `sha256:${"a".repeat(64)}`;
const other = `sha256:${"b".repeat(64)}`;
const image = `fedora-${"a".repeat(12)}`;

type Saying = Omit<Condition, "type" | "lastTransitionTime">;

function conditions(said: Readonly<Record<string, Saying>>): Condition[] {
    return Object.entries(said).map(([type, saying]) => ({ type, ...saying, lastTransitionTime: created }));
}

function metadata(name: string, more: Partial<Metadata> = {}): Metadata {
    return {
        ...{ name, namespace: "default", uid: `uid-of-${name}`, resourceVersion: "1", generation: 1 },
        ...{ creationTimestamp: created, ...more },
    };
}

const labels = { [cronLabels.cron]: "fedora-cron" };
const noted = { [cronAnnotations.digest]: digest };

function cron(said: Readonly<Record<string, Saying>>, wanted?: string, more: Partial<DataImportCron["status"]> = {}) {
    const annotations = wanted === undefined ? {} : { [cronAnnotations.desiredDigest]: wanted };
    return {
        metadata: metadata("fedora-cron", { annotations }),
        spec: {
            template: { spec: { source: { registry: { url: "docker://quay.io/fedora" } } } },
            ...{ schedule: "0 */12 * * *", managedDataSource: "fedora" },
        },
        status: { conditions: conditions(said), ...more },
    } satisfies DataImportCron;
}

function claim(name = image, annotations: Record<string, string> = noted): PersistentVolumeClaim {
    return { metadata: metadata(name, { labels, annotations }), spec: { storageClassName: "fast" } };
}

function source(ready: boolean, to: DataSource["spec"]["source"] = { pvc: { namespace: "default", name: image } }) {
    const Ready = ready
        ? { status: "True" as const, reason: "Ready", message: "DataSource is ready to be consumed" }
        : { status: "False" as const, reason: "NotFound", message: "PVC not found" };
    return {
        metadata: metadata("fedora"),
        spec: { source: to },
        status: { conditions: conditions({ Ready }) },
    } satisfies DataSource;
}

function objects(some: Partial<BootObjects>): BootObjects {
    const none = { crons: [], dataSources: [], volumes: [], claims: [], snapshots: [] };
    return { ...none, disks: new Map([[`uid-of-${image}`, 1000]]), ...some };
}

function only(some: Partial<BootObjects>): BootSourceStatus {
    const [status, ...others] = bootStatus(objects(some), now);
    assert.ok(status !== undefined && others.length === 0);
    return status;
}

describe("the state of a boot source", () => {
    const healthy = { dataSources: [source(true)], claims: [claim()] };
    const failedPoll = polled.failed("unreachable", "cannot read docker://quay.io/fedora: no answer; try again");
    const importing: DataVolume = {
        metadata: metadata(`fedora-${"b".repeat(12)}`, { labels, annotations: { [cronAnnotations.digest]: other } }),
        spec: { source: { blank: {} } },
        status: { phase: "ImportInProgress", progress: "45.50%" },
    };
    const cases: {
        readonly why: string;
        readonly some: Partial<BootObjects>;
        readonly state: string;
        readonly ready: boolean;
        readonly reasons: readonly RegExp[];
    }[] = [
        {
            why: "its cron says so, and the version wanted is the one that machines get",
            some: { ...healthy, crons: [cron({ UpToDate: upToDate.yes, Polled: polled.yes }, digest)] },
            ...{ state: "up-to-date", ready: true, reasons: [] },
        },
        {
            why: "its cron said so, but another version was asked for since",
            some: { ...healthy, crons: [cron({ UpToDate: upToDate.yes }, other)] },
            ...{ state: "outdated", ready: true, reasons: [/another version is wanted/] },
        },
        {
            why: "it is current as far as is known, but its source did not answer",
            some: { ...healthy, crons: [cron({ UpToDate: upToDate.yes, Polled: failedPoll }, digest)] },
            ...{ state: "poll-failed", ready: true, reasons: [/no answer; try again/] },
        },
        {
            why: "a newer version is on its way, and the old one serves",
            some: { ...healthy, volumes: [importing], crons: [cron({ UpToDate: upToDate.importing }, other)] },
            ...{ state: "importing", ready: true, reasons: [] },
        },
        {
            why: "a newer version cannot be brought in: both are told",
            some: {
                ...healthy,
                crons: [cron({ UpToDate: upToDate.failed("cannot import x: too large; ask for more") }, other)],
            },
            ...{ state: "import-failed", ready: true, reasons: [/too large; ask for more/] },
        },
        {
            why: "an import waits for something, and its phase says for what",
            some: {
                crons: [
                    cron(
                        {
                            UpToDate: upToDate.outdated,
                            Progressing: progressing.phase("Pending", "no storage class is marked as default"),
                        },
                        digest,
                    ),
                ],
                dataSources: [source(false, {})],
            },
            ...{
                state: "outdated",
                ready: false,
                reasons: [/phase Pending: no storage class/, /nothing can be cloned/],
            },
        },
        {
            why: "nobody has asked its source yet",
            some: { crons: [cron({})] },
            ...{ state: "waiting", ready: false, reasons: [/nobody has asked/, /there is no DataSource yet/] },
        },
        {
            why: "its source was asked in vain from the beginning",
            some: { crons: [cron({ UpToDate: upToDate.noDigest, Polled: failedPoll })], dataSources: [source(false)] },
            ...{ state: "poll-failed", ready: false, reasons: [/no answer/, /nothing can be cloned/] },
        },
        {
            why: "its DataSource belongs to another cron",
            some: { ...healthy, crons: [cron({ UpToDate: upToDate.managedByAnother("fedora", "old") })] },
            ...{ state: "blocked", ready: true, reasons: [/already managed by DataImportCron old/] },
        },
        {
            why: "no cron moves it",
            some: healthy,
            ...{ state: "unmanaged", ready: true, reasons: [] },
        },
        {
            why: "its disk is gone, whatever else is said",
            some: {
                ...{ crons: [cron({ UpToDate: upToDate.yes }, digest)], claims: [claim()], disks: new Map() },
                dataSources: [source(false)],
            },
            ...{
                state: "outdated",
                ready: false,
                reasons: [/image is not there any more/, /nothing can be cloned from it: PVC not found/],
            },
        },
    ];
    for (const { why, some, state, ready, reasons } of cases) {
        it(`is ${state}${ready ? "" : ", not ready"}, where ${why}`, () => {
            const status = only(some);
            assert.equal(status.state, state);
            assert.equal(status.ready, ready);
            assert.equal(status.reasons.length, reasons.length, status.reasons.join("\n"));
            for (const [index, reason] of reasons.entries()) assert.match(status.reasons[index] ?? "", reason);
            assert.equal(status.progress, state === "importing" ? 45.5 : undefined);
        });
    }
});

describe("what is told of a boot source beside its state", () => {
    it("is the image that machines get: digest, since when, format, class", () => {
        const currentImports = [{ DataVolumeName: image, Digest: digest }];
        const current = { lastImportTimestamp: "2026-11-20T00:00:00Z", currentImports };
        const found = only({
            crons: [cron({ UpToDate: upToDate.yes }, digest, current)],
            dataSources: [source(true)],
            claims: [claim()],
        });
        assert.deepEqual(
            [found.digest, found.since, found.format, found.storageClass, found.cron],
            [digest, "2026-11-20T00:00:00Z", "pvc", "fast", "fedora-cron"],
        );
    });

    it("is the older image while a newer one comes in", () => {
        const current = { currentImports: [{ DataVolumeName: `fedora-${"b".repeat(12)}`, Digest: other }] };
        const used = { ...noted, [cronAnnotations.lastUseTime]: "2026-11-10T00:00:00.000Z" };
        const found = only({
            crons: [cron({ UpToDate: upToDate.importing }, other, current)],
            dataSources: [source(true)],
            claims: [claim(image, used)],
        });
        assert.deepEqual([found.digest, found.since], [digest, "2026-11-10T00:00:00.000Z"]);
    });

    it("is what is kept: images in whichever form, and the bytes of all their disks; an image without a disk is none", () => {
        const snapshot: VolumeSnapshot = {
            metadata: { ...metadata(image, { labels, annotations: noted }), uid: "uid-of-snapshot" },
            spec: { source: { persistentVolumeClaimName: image } },
            status: { readyToUse: true, storageClass: "fast" },
        };
        const found = only({
            crons: [cron({ UpToDate: upToDate.yes }, digest)],
            dataSources: [source(true, { snapshot: { namespace: "default", name: image } })],
            claims: [claim("fedora-older"), claim(), claim("fedora-lost")],
            snapshots: [snapshot],
            disks: new Map([
                [`uid-of-${image}`, 1000],
                ["uid-of-snapshot", 200],
                ["uid-of-fedora-older", 30],
            ]),
        });
        assert.deepEqual(found.kept, { images: 2, bytes: 1230 });
        assert.equal(found.format, "snapshot");
    });

    it("is when its source was asked, and when it will be", () => {
        const asked = cron({ UpToDate: upToDate.yes }, digest);
        asked.metadata.annotations = {
            ...asked.metadata.annotations,
            [cronAnnotations.lastCronTime]: "2026-11-22T00:00:00.000Z",
        };
        const times = (one: DataImportCron): (string | undefined)[] => {
            const { lastPoll, nextPoll } = only({ crons: [one] });
            return [lastPoll, nextPoll];
        };
        assert.deepEqual(times(asked), ["2026-11-22T00:00:00.000Z", "2026-11-22T12:00:00.000Z"]);
        assert.deepEqual(times(cron({})), [undefined, created], "due since it is there");
        const reviewed = { ...asked, spec: { ...asked.spec, schedule: "" } };
        assert.deepEqual(times(reviewed), ["2026-11-22T00:00:00.000Z", undefined]);
        const unreadable = { ...asked, spec: { ...asked.spec, schedule: "whenever" } };
        assert.deepEqual(times(unreadable), ["2026-11-22T00:00:00.000Z", undefined]);
    });

    it("is of each source for itself, in the order of namespaces and names", () => {
        const elsewhere = { ...source(true), metadata: metadata("debian", { namespace: "images" }) };
        const found = bootStatus(
            objects({
                crons: [cron({ UpToDate: upToDate.yes }, digest)],
                dataSources: [elsewhere, source(true)],
                claims: [claim()],
            }),
            now,
        );
        assert.deepEqual(
            found.map(({ namespace, name, state, kept }) => [namespace, name, state, kept.images]),
            [
                ["default", "fedora", "up-to-date", 1],
                ["images", "debian", "unmanaged", 1],
            ],
        );
    });
});
