// Entries of the HyperConverged's list: when one says what is asked, and what another hand or the platform added to it.
import * as assert from "node:assert/strict";
import type { DataImportCron } from "../../provider/model/objects.js";
import { entryOf, saysNoOther } from "../../provider/rules/system-entries.js";
import { systemTemplates } from "../../provider/rules/system-list.js";

describe("entries of the system boot sources", () => {
    const [shipped] = systemTemplates;
    assert.ok(shipped?.spec !== undefined);
    const spec: DataImportCron["spec"] = shipped.spec;

    it("say the same with what the platform adds where nothing is said", () => {
        const found = { ...spec, retentionPolicy: "None" as const, importsToKeep: 1 };
        assert.ok(saysNoOther(found, spec), "injected, and written back as an empty part or not");
        assert.ok(!saysNoOther(found, { ...spec, importsToKeep: 2 }), "what is asked counts");
    });

    it("say another thing as soon as a field is no longer asked for", () => {
        const { spec: fast } = entryOf(shipped, { storage: { storageClassName: "fast" } });
        const { spec: slow } = entryOf(shipped, { schedule: spec.schedule });
        assert.ok(!saysNoOther(fast, slow), "a class that was taken back would stay for ever");
        assert.ok(saysNoOther(slow, slow));
    });
});
