// Storage classes for whoever looks after them: roles, what their profiles come to, and what is the matter.
import assert from "node:assert/strict";
import type { StorageProfile } from "../../provider/model/objects.js";
import { ago, classes, only, profile, shared, storageClass, whole } from "./storage-objects.js";

describe("a storage class's status", () => {
    it("has its roles, and of several in one role says which counts [A43, A45]", () => {
        const found = classes({
            classes: [
                storageClass("old", ["virtualization", "cluster"], ago(60)),
                storageClass("new", ["virtualization"], ago(30)),
                storageClass("plain", []),
            ],
            profiles: undefined,
        });
        assert.deepEqual(
            found.map(({ name, virtualizationDefault, clusterDefault }) => [
                name,
                virtualizationDefault,
                clusterDefault,
            ]),
            [
                ["new", true, false],
                ["old", true, true],
                ["plain", false, false],
            ],
        );
        assert.deepEqual(found[0]?.reasons, []);
        assert.match(
            found[1]?.reasons.join() ?? "",
            /^it is marked as the default for virtual machines, and does not count: .*, new$/,
        );
    });

    it("has what its profile comes to: the format that boot sources are kept in, modes, clones [A64]", () => {
        const status = { ...whole, dataImportCronSourceFormat: "snapshot" as const, snapshotClass: "snapshots" };
        const [found] = only([], status);
        const { sourceFormat, claimPropertySets, cloneStrategy, snapshotClasses, complete, smartClone } = found ?? {};
        assert.deepEqual(
            { sourceFormat, claimPropertySets, cloneStrategy, snapshotClasses, complete, smartClone },
            {
                ...{ sourceFormat: "snapshot", claimPropertySets: [shared], cloneStrategy: "snapshot" },
                ...{ snapshotClasses: ["snapshots"], complete: true, smartClone: true },
            },
        );
    });

    it("says what its profile lacks, and what it asks for in vain", () => {
        assert.match(only([], undefined)[0]?.reasons.join() ?? "", /no StorageProfile for it yet/);
        assert.match(only([], {})[0]?.reasons.join() ?? "", /names no claim property sets/);
        const vain: StorageProfile = {
            ...profile("fast", whole),
            status: {
                ...whole,
                conditions: [
                    {
                        ...{ type: "Effective", status: "False", reason: "NoSnapshotClass", message: "there is none" },
                        lastTransitionTime: ago(1),
                    },
                ],
            },
        };
        assert.deepEqual(only([], whole, { profiles: [vain] })[0]?.reasons, ["there is none"]);
    });
});
