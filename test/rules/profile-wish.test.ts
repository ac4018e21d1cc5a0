// What is asked of a storage profile: what it was before is kept and given back, and what can never be is refused.
import * as assert from "node:assert/strict";
import type { StorageClass, StorageProfile, VolumeSnapshotClass } from "../../provider/model/objects.js";
import {
    applyWish,
    impossibleWish,
    profileHold,
    releaseProfile,
    unmetWishes,
    wishOf,
} from "../../provider/rules/profile-wish.js";

const metadata = { name: "fast", uid: "1", resourceVersion: "1", generation: 1, creationTimestamp: "" };
const owner = { urn: "u", token: "t" };
const sets = [{ accessModes: ["ReadWriteOnce" as const], volumeMode: "Block" as const }];

function profileOf(spec: StorageProfile["spec"] = {}): StorageProfile {
    return { metadata: { ...metadata }, spec };
}

describe("what a storage default asks of a profile", () => {
    it("is what its arguments name, and nothing else", () => {
        const asked = {
            storageClassName: "fast",
            role: "virt",
            cloneStrategy: "copy",
            claimPropertySets: sets,
        } as const;
        assert.deepEqual(wishOf({ ...asked, claimPropertySets: sets }), {
            claimPropertySets: sets,
            cloneStrategy: "copy",
        });
    });

    it("is written beside what others set; the values before are kept through a second change", () => {
        const profile = profileOf({ cloneStrategy: "csi-clone", snapshotClass: "theirs" });
        applyWish(profile, { cloneStrategy: "copy", dataImportCronSourceFormat: "snapshot" }, owner);
        assert.deepEqual(profile.spec, {
            cloneStrategy: "copy",
            dataImportCronSourceFormat: "snapshot",
            snapshotClass: "theirs",
        });
        applyWish(profile, { cloneStrategy: "snapshot" }, owner);
        assert.deepEqual(profile.spec, { cloneStrategy: "snapshot", snapshotClass: "theirs" });
        assert.deepEqual(profileHold(profile), { ...owner, before: { cloneStrategy: "csi-clone" } });
    });

    it("is given back where it is still as we wrote it, and left where somebody changed it since", () => {
        const wish = { cloneStrategy: "copy", dataImportCronSourceFormat: "snapshot" } as const;
        const profile = profileOf();
        applyWish(profile, wish, owner);
        profile.spec.cloneStrategy = "csi-clone";
        releaseProfile(profile, wish, true);
        assert.deepEqual(profile.spec, { cloneStrategy: "csi-clone" });
        assert.equal(profileHold(profile), undefined);
    });

    it("stays where no restoring is asked for", () => {
        const profile = profileOf();
        applyWish(profile, { cloneStrategy: "copy" }, owner);
        releaseProfile(profile, { cloneStrategy: "copy" }, false);
        assert.deepEqual([profile.spec, profileHold(profile)], [{ cloneStrategy: "copy" }, undefined]);
    });

    it("is met once the status says so", () => {
        const wish = { claimPropertySets: sets, cloneStrategy: "copy" } as const;
        const profile = { ...profileOf(), status: { cloneStrategy: "copy" as const } };
        assert.deepEqual(unmetWishes(profile, { ...wish, claimPropertySets: sets }), ["claimPropertySets"]);
        assert.deepEqual(unmetWishes(profileOf(), { cloneStrategy: "copy" }), ["cloneStrategy"]);
    });

    it("is impossible where a snapshot is asked of storage that takes none, or a class of another driver is named [A81, A82]", () => {
        const storageClass: Pick<StorageClass, "metadata" | "provisioner"> = { metadata, provisioner: "driver" };
        const snapshots = (driver: string, name: string): VolumeSnapshotClass => ({
            metadata: { ...metadata, name },
            driver,
            deletionPolicy: "Delete",
        });
        const ask = (wish: Parameters<typeof impossibleWish>[1], classes: VolumeSnapshotClass[] = []) =>
            impossibleWish(storageClass, wish, classes);
        assert.match(ask({ dataImportCronSourceFormat: "snapshot" }) ?? "", /cannot keep boot sources as snapshots/);
        assert.match(ask({ cloneStrategy: "snapshot" }) ?? "", /cannot clone by snapshots/);
        assert.equal(ask({ dataImportCronSourceFormat: "pvc", cloneStrategy: "copy" }), undefined);
        assert.equal(ask({ dataImportCronSourceFormat: "snapshot" }, [snapshots("driver", "a")]), undefined);
        const other = [snapshots("other", "b"), snapshots("driver", "a")];
        assert.match(
            ask({ snapshotClass: "b" }, other) ?? "",
            /no VolumeSnapshotClass of driver.* those of this driver are a$/,
        );
        assert.equal(ask({ snapshotClass: "a" }, other), undefined);
    });
});
