// The effective list of boot sources against what HCO itself answered to the same objects (the cases that were run against its packages).
import * as assert from "node:assert/strict";
import type { DataImportCronTemplate, HyperConverged } from "../../provider/model/objects.js";
import { effectiveTemplates } from "../../provider/rules/effective-templates.js";
import { systemTemplates, templateAnnotations } from "../../provider/rules/system-list.js";

type Sources = NonNullable<HyperConverged["spec"]["workloadSources"]>;

const effective = (sources: Sources) =>
    effectiveTemplates({ workloadSources: sources }, { system: systemTemplates, schedule: "17 5/12 * * *" });
const fedora = systemTemplates.find(({ metadata }) => metadata.name === "fedora-image-cron")!;
const own: DataImportCronTemplate = {
    metadata: { name: "mine" },
    spec: { ...fedora.spec, managedDataSource: "mine" } as never,
};

describe("the effective list of boot sources", () => {
    it("has what the platform ships, by name, on the schedule of this cluster [A65, A97, A103, Y511]", () => {
        const list = effective({});
        assert.deepEqual(
            list.map(({ metadata, status }) => [metadata.name, status]),
            ["centos-stream10", "centos-stream9", "fedora"].map((name) => [
                `${name}-image-cron`,
                { commonTemplate: true },
            ]),
        );
        assert.ok(list.every(({ spec }) => spec?.schedule === "17 5/12 * * *"));
        assert.equal(fedora.spec?.schedule, "0 */12 * * *", "what is shipped is not changed by that");
    });

    it("has nothing of it with the switch off, and custom entries all the same [A8, A20]", () => {
        const list = effective({ enableCommonBootImageImport: false, dataImportCronTemplates: [own] });
        assert.deepEqual(list, [{ ...own, status: {} }]);
    });

    it("loses an entry of a shipped name with the switch off: it is neither the platform's nor custom then", () => {
        const entry = structuredClone(fedora);
        assert.deepEqual(effective({ enableCommonBootImageImport: false, dataImportCronTemplates: [entry] }), []);
    });

    it("is rid of an entry that is switched off, for which no spec is needed [A98, Y403, Y404, Y405]", () => {
        const off = (value: string): DataImportCronTemplate => ({
            metadata: { name: "fedora-image-cron", annotations: { [templateAnnotations.enable]: value } },
        });
        const names = (value: string) =>
            effective({ dataImportCronTemplates: [off(value)] }).map(({ metadata }) => metadata.name);
        for (const value of ["false", "False", ""])
            assert.deepEqual(names(value), ["centos-stream10-image-cron", "centos-stream9-image-cron"], value);
        const custom = {
            ...own,
            metadata: { ...own.metadata, annotations: { [templateAnnotations.enable]: "false" } },
        };
        assert.equal(effective({ dataImportCronTemplates: [custom] }).length, 3);
    });

    it("takes the spec of an override as a whole: a size that is not repeated is lost", () => {
        const { source } = fedora.spec?.template.spec ?? {};
        const entry = {
            metadata: { name: "fedora-image-cron", labels: { mine: "yes" }, annotations: { a: "b" } },
            spec: {
                schedule: "",
                managedDataSource: "fedora",
                template: { spec: { source, storage: { storageClassName: "fast" } } },
            },
        } as DataImportCronTemplate;
        const found = effective({ dataImportCronTemplates: [entry] }).find(
            ({ metadata }) => metadata.name === "fedora-image-cron",
        );
        assert.deepEqual(found?.status, { commonTemplate: true, modified: true });
        assert.deepEqual(found.spec?.template.spec.storage, { storageClassName: "fast" });
        assert.equal(found.spec.garbageCollect, undefined, "and so is what to keep");
        assert.equal(found.spec.schedule, "17 5/12 * * *", "an empty schedule is filled in");
        assert.equal(found.metadata.annotations?.["a"], "b");
        assert.equal(found.metadata.annotations[templateAnnotations.bindImmediate], "true");
        assert.equal(found.metadata.labels, undefined, "labels of an override are ignored");
    });

    it("calls an entry modified that says the same as what is shipped, and custom what has another name [A104]", () => {
        const list = effective({ dataImportCronTemplates: [structuredClone(fedora), own] });
        assert.deepEqual(list.map(({ metadata, status }) => [metadata.name, status]).slice(2), [
            ["fedora-image-cron", { commonTemplate: true, modified: true }],
            ["mine", {}],
        ]);
    });

    it("puts shipped entries where commonBootImageNamespace says, and an override where the entry says", () => {
        const list = effective({
            commonBootImageNamespace: "images",
            dataImportCronTemplates: [structuredClone(fedora)],
        });
        assert.deepEqual(
            list.map(({ metadata }) => metadata.namespace),
            ["images", "images", undefined],
        );
    });
});
