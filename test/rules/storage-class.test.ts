// Which storage class a disk lands on: CDI's order, case by case.
import * as assert from "node:assert/strict";
import type { StorageClass } from "../../provider/model/objects.js";
import { chooseStorageClass } from "../../provider/rules/storage-class.js";

const virt = "storageclass.kubevirt.io/is-default-virt-class";
const plain = "storageclass.kubernetes.io/is-default-class";
const make = (name: string, time: string, annotations: Record<string, string> = {}): StorageClass => ({
    metadata: { name, uid: name, resourceVersion: "1", generation: 1, creationTimestamp: time, annotations },
    provisioner: "x",
});

describe("the storage class of a disk", () => {
    const old = "2026-01-01T00:00:00Z";
    const late = "2026-02-01T00:00:00Z";
    const cases: {
        reason: string;
        classes: StorageClass[];
        name?: string;
        virtualization?: boolean;
        chosen: string | undefined;
    }[] = [
        {
            reason: "the one that is named",
            classes: [make("a", old, { [plain]: "true" }), make("b", old)],
            name: "b",
            chosen: "b",
        },
        {
            reason: "none where the named one is missing, not another",
            classes: [make("a", old, { [plain]: "true" })],
            name: "b",
            chosen: undefined,
        },
        {
            reason: "the virtualization default before the cluster's",
            classes: [make("a", late, { [plain]: "true" }), make("b", old, { [virt]: "true" })],
            chosen: "b",
        },
        {
            reason: "the cluster's default for a plain claim",
            classes: [make("a", old, { [plain]: "true" }), make("b", old, { [virt]: "true" })],
            virtualization: false,
            chosen: "a",
        },
        {
            reason: "the newest of several",
            classes: [make("a", old, { [plain]: "true" }), make("b", late, { [plain]: "true" })],
            chosen: "b",
        },
        {
            reason: "the smaller name on a tie",
            classes: [make("b", old, { [plain]: "true" }), make("a", old, { [plain]: "true" })],
            chosen: "a",
        },
        { reason: 'none but the exact word "true"', classes: [make("a", old, { [plain]: "True" })], chosen: undefined },
        { reason: "none where none is marked", classes: [make("a", old)], chosen: undefined },
    ];
    for (const { reason, classes, name, virtualization = true, chosen } of cases) {
        it(`is ${reason}`, () => {
            assert.equal(chooseStorageClass(classes, { name, virtualization })?.metadata.name, chosen);
        });
    }
});
