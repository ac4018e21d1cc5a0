// What counts of a storage class: spec before declaration before default, and a wish that cannot be followed says so.
import * as assert from "node:assert/strict";
import type { StorageClass, StorageProfile, VolumeSnapshotClass } from "../../provider/model/objects.js";
import { effectiveProfile, formatParameter, provisioners } from "../../provider/rules/storage-profile.js";

const metadata = (name: string, annotations: Record<string, string> = {}): StorageClass["metadata"] => ({
    name,
    uid: name,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: "2026-01-01T00:00:00.000Z",
    annotations,
});

const classOf = (more: Partial<StorageClass> = {}): StorageClass => ({
    metadata: metadata("fast"),
    provisioner: provisioners.overlay,
    ...more,
});

const snapshotClass = (name: string, driver: string, isDefault = false): VolumeSnapshotClass => ({
    metadata: metadata(name, isDefault ? { "snapshot.storage.kubernetes.io/is-default-class": "true" } : {}),
    driver,
    deletionPolicy: "Delete",
});

const now = "2026-11-22T00:00:00.000Z";
const overlay = snapshotClass("bootsource-overlay", provisioners.overlay);

const settle = (
    spec: StorageProfile["spec"],
    {
        of = classOf(),
        snapshotClasses = [overlay],
        status,
    }: { of?: StorageClass; snapshotClasses?: VolumeSnapshotClass[]; status?: StorageProfile["status"] } = {},
): NonNullable<StorageProfile["status"]> =>
    effectiveProfile(of, { spec, ...(status === undefined ? {} : { status }) }, snapshotClasses, now);

const conditionOf = (status: StorageProfile["status"], type: string): string[] => {
    const found = status?.conditions?.find((one) => one.type === type);
    return [found?.status ?? "", found?.reason ?? "", found?.message ?? ""];
};

describe("the effective profile of a storage class", () => {
    it("says what directories can do where nobody says anything", () => {
        const status = settle({}, { of: classOf({ provisioner: provisioners.none }) });
        assert.deepEqual(status.claimPropertySets, [{ accessModes: ["ReadWriteOnce"], volumeMode: "Filesystem" }]);
        assert.deepEqual([status.cloneStrategy, status.dataImportCronSourceFormat], ["copy", "pvc"]);
        assert.equal(status.snapshotClass, undefined, "a snapshot class of another driver is none");
        assert.deepEqual([status.storageClass, status.provisioner], ["fast", "pulumi-bootsource/directory"]);
        const recognized = ["True", "RecognizedProvisioner", "Provisioner is recognized"];
        assert.deepEqual(conditionOf(status, "Recognized"), recognized);
    });

    it("does not recognize what others provision, in CDI's words", () => {
        const status = settle({}, { of: classOf({ provisioner: "rancher.io/local-path" }) });
        const words = ["False", "UnrecognizedProvisioner", "Provisioner is not recognized"];
        assert.deepEqual(conditionOf(status, "Recognized"), words);
    });

    it("has the spec's property sets in place of its own", () => {
        const sets = [{ accessModes: ["ReadWriteMany" as const], volumeMode: "Filesystem" as const }];
        assert.deepEqual(settle({ claimPropertySets: sets }).claimPropertySets, sets);
    });

    it("passes over property sets that are not whole, and says so: CDI stops reconciling", () => {
        const half = [{ accessModes: [], volumeMode: "Filesystem" as const }];
        const status = settle({ claimPropertySets: half });
        assert.deepEqual(status.claimPropertySets?.[0]?.accessModes, ["ReadWriteOnce"]);
        const words = "each ClaimPropertySet must provide both volume mode and access modes";
        assert.deepEqual(conditionOf(status, "Effective"), ["False", "InvalidClaimPropertySets", words]);
    });

    it("clones by snapshot where a snapshot class fits, unless spec or class say otherwise", () => {
        const annotated = classOf({ metadata: metadata("fast", { "cdi.kubevirt.io/clone-strategy": "csi-clone" }) });
        assert.equal(settle({}).cloneStrategy, "snapshot");
        assert.equal(settle({}, { of: annotated }).cloneStrategy, "csi-clone");
        assert.equal(settle({ cloneStrategy: "copy" }, { of: annotated }).cloneStrategy, "copy");
    });

    describe("takes the snapshot class", () => {
        const driver = provisioners.overlay;
        const [b, c] = [snapshotClass("b", driver), snapshotClass("c", driver)];
        it("of the spec, where its driver fits", () => {
            assert.equal(settle({ snapshotClass: "c" }, { snapshotClasses: [b, c] }).snapshotClass, "c");
        });
        it("that is marked as default, else the first by name", () => {
            assert.equal(settle({}, { snapshotClasses: [c, b] }).snapshotClass, "b");
            const marked = snapshotClass("c", driver, true);
            assert.equal(settle({}, { snapshotClasses: [b, marked] }).snapshotClass, "c");
        });
        it("that it would take anyway, where the spec's is of another driver, and says so", () => {
            const other = snapshotClass("other", "csi.example.com");
            const status = settle({ snapshotClass: "other" }, { snapshotClasses: [b, other] });
            assert.equal(status.snapshotClass, "b");
            const [is, reason, message] = conditionOf(status, "Effective");
            assert.deepEqual([is, reason], ["False", "SnapshotClassNotFound"]);
            assert.match(
                message ?? "",
                /VolumeSnapshotClass "other": there is none of that name for pulumi-bootsource\/overlay/,
            );
        });
    });

    describe("keeps boot sources", () => {
        const declared = classOf({ parameters: { [formatParameter]: "snapshot" } });
        it("in the spec's format before the declared one, and as claims where nobody says", () => {
            assert.equal(settle({ dataImportCronSourceFormat: "snapshot" }).dataImportCronSourceFormat, "snapshot");
            assert.equal(settle({}, { of: declared }).dataImportCronSourceFormat, "snapshot");
            const spec = { dataImportCronSourceFormat: "pvc" as const };
            assert.equal(settle(spec, { of: declared }).dataImportCronSourceFormat, "pvc");
            assert.equal(settle({}).dataImportCronSourceFormat, "pvc");
        });
        it("as claims where no snapshot class fits, and says so: CDI takes snapshots that never get ready", () => {
            const status = settle({ dataImportCronSourceFormat: "snapshot" }, { snapshotClasses: [] });
            assert.equal(status.dataImportCronSourceFormat, "pvc");
            const [is, reason, message] = conditionOf(status, "Effective");
            assert.deepEqual([is, reason], ["False", "NoSnapshotClass"]);
            assert.match(
                message ?? "",
                /no VolumeSnapshotClass for pulumi-bootsource\/overlay, so they are kept as claims/,
            );
        });
    });

    it("is the same when nothing changed: the time of a condition moves with its status alone", () => {
        const before = settle({});
        const later = effectiveProfile(classOf(), { spec: {}, status: before }, [overlay], "2027-01-01T00:00:00.000Z");
        assert.deepEqual(later, before);
        const spec = { dataImportCronSourceFormat: "snapshot" as const };
        const broken = effectiveProfile(classOf(), { spec, status: before }, [], "2027-01-01T00:00:00.000Z");
        const times = broken.conditions?.map(({ type, lastTransitionTime }) => [type, lastTransitionTime.slice(0, 4)]);
        assert.deepEqual(times, [
            ["Recognized", "2026"],
            ["Effective", "2027"],
        ]);
    });
});
