// Who holds a default, who declared it, and what is noted of that: pure decisions over storage classes.
import * as assert from "node:assert/strict";
import type { StorageClass } from "../../provider/model/objects.js";
import {
    declarerOf,
    holdOn,
    holdersOf,
    isMarked,
    lastWriterOf,
    rolesOf,
    setHold,
    setMark,
} from "../../provider/rules/default-roles.js";

const virt = "storageclass.kubevirt.io/is-default-virt-class";

/** A class that was made so many seconds after the others. */
function makeClass(name: string, made: number, annotations: Record<string, string> = {}): StorageClass {
    const creationTimestamp = new Date(made * 1000).toISOString();
    return {
        metadata: { name, uid: name, resourceVersion: "1", generation: 1, creationTimestamp, annotations },
        provisioner: "test",
    };
}

describe("the roles of storage classes", () => {
    it("are named by the argument: both is two of them, none is none", () => {
        assert.deepEqual(rolesOf({}), ["virt"]);
        assert.deepEqual(rolesOf({ role: "both" }), ["virt", "cluster"]);
        assert.deepEqual(rolesOf({ role: "none" }), []);
    });

    it("count by the exact string true alone, the newest class first and on a tie the smaller name [A35]", () => {
        const classes = [
            makeClass("old", 1, { [virt]: "true" }),
            makeClass("b", 5, { [virt]: "true" }),
            makeClass("a", 5, { [virt]: "true" }),
            makeClass("loud", 9, { [virt]: "True" }),
            makeClass("off", 9, { [virt]: "false" }),
        ];
        assert.deepEqual(holdersOf(classes, "virt"), ["a", "b", "old"]);
        assert.deepEqual(holdersOf(classes, "cluster"), []);
    });

    it("are marked and unmarked as the platform's own procedure does, beside what others wrote", () => {
        const one = makeClass("fast", 1, { theirs: "stays" });
        setMark(one, "virt", true);
        assert.ok(isMarked(one, "virt"));
        setMark(one, "virt", false);
        assert.deepEqual(one.metadata.annotations, { theirs: "stays", [virt]: "false" });
    });

    it("are held by a note on the class; one that was edited to nonsense holds nothing", () => {
        const one = makeClass("fast", 1);
        setHold(one, "virt", { urn: "u", token: "t", previous: ["slow"] });
        assert.deepEqual(holdOn(one, "virt"), { urn: "u", token: "t", previous: ["slow"] });
        assert.equal(holdOn(one, "cluster"), undefined);
        one.metadata.annotations = { "pulumi-bootsource/virt-default": "{" };
        assert.equal(holdOn(one, "virt"), undefined);
        setHold(one, "virt", undefined);
        assert.deepEqual(one.metadata.annotations, {});
    });

    it("have a declarer only where somebody applies the very mark, and a last writer wherever the server knows one", () => {
        const fields = { "f:metadata": { "f:annotations": { [`f:${virt}`]: {} } } };
        const base = makeClass("fast", 1);
        const written = (operation: "Apply" | "Update", manager: string, time: string, fieldsV1: object = fields) => ({
            manager,
            operation,
            time,
            fieldsV1: fieldsV1 as Record<string, unknown>,
        });
        const managedFields = [
            written("Update", "kubectl-edit", "2026-01-02T00:00:00Z"),
            written("Apply", "flux", "2026-01-01T00:00:00Z"),
            written("Apply", "helm", "2026-01-03T00:00:00Z", { "f:provisioner": {} }),
        ];
        const one = { ...base, metadata: { ...base.metadata, managedFields } };
        assert.equal(declarerOf(one, "virt"), "flux");
        assert.equal(declarerOf(one, "cluster"), undefined);
        assert.equal(lastWriterOf(one, "virt"), "kubectl-edit");
        assert.equal(lastWriterOf(one, "cluster"), "helm", "the mark is gone, and so is its writer's entry");
        assert.equal(lastWriterOf(base, "virt"), undefined);
    });
});
