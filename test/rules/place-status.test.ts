// What is told of a whole store or cluster: what counts as stale, what is left over, under way, and recommended.
import assert from "node:assert/strict";
import type { DataVolume } from "../../provider/model/objects.js";
import { isStale, type PlaceObjects } from "../../provider/rules/place-status.js";
import { systemNamespace as namespace } from "../../provider/rules/system-list.js";
import { cron, image, list, source, told } from "./place-objects.js";
import { metadata, profile, snapshotClass, storageClass, whole } from "./storage-objects.js";

describe("what is stale", () => {
    const fine = { dataSources: [source("fedora")], claims: [image("fedora-aaaaaaaaaaaa", "fedora-image-cron")] };
    const disks = new Map([["uid-of-fedora-aaaaaaaaaaaa", 1000]]);
    const cases: { readonly why: string; readonly some: Partial<PlaceObjects>; readonly stale: string | undefined }[] =
        [
            { why: "it is up to date", some: { ...fine, disks, crons: [cron("fedora")] }, stale: undefined },
            {
                why: "another version has been coming in for 14 minutes",
                some: { ...fine, disks, crons: [cron("fedora", "False", 14)] },
                stale: undefined,
            },
            {
                why: "another version has been coming in for 15 minutes",
                some: { ...fine, disks, crons: [cron("fedora", "False", 15)] },
                stale: "not-up-to-date",
            },
            {
                why: "it is new, and nothing can be cloned from it yet",
                some: { crons: [cron("fedora", "False", 2)] },
                stale: undefined,
            },
            {
                why: "nothing could be cloned from it in its first 15 minutes",
                some: { crons: [cron("fedora", "False", 16)] },
                stale: "not-ready",
            },
            {
                why: "a DataSource of nobody's leads to a claim that is not there",
                some: { dataSources: [source("fedora", "False")] },
                stale: "not-ready",
            },
            {
                why: "the platform keeps a name without updates, and no image of it is there",
                some: { dataSources: [source("fedora", "False", "fedora")], hyperConverged: list },
                stale: undefined,
            },
            {
                why: "the platform keeps a name without updates, and an image of it is still there",
                some: { ...fine, disks, dataSources: [source("fedora", "False", "fedora")], hyperConverged: list },
                stale: "not-ready",
            },
        ];
    for (const { why, some, stale } of cases) {
        it(`is ${stale ?? "nothing"} where ${why}`, () => {
            const status = told(some);
            assert.equal(status.sources.length, 1);
            assert.equal(status.sources[0]?.stale, stale);
            assert.equal(isStale(status), stale !== undefined);
        });
    }
});

describe("what else is told", () => {
    it("is which images are left of boot sources that are imported no more, to delete by hand [A12]", () => {
        const [old, used] = [image("fedora-aaaaaaaaaaaa", "gone-cron"), image("debian-aaaaaaaaaaaa", "gone-cron")];
        const alive = image("rocky-aaaaaaaaaaaa", "rocky-image-cron");
        const { leftovers } = told({
            crons: [cron("rocky")],
            ...{ claims: [old, used, alive], dataSources: [source("debian")] },
            disks: new Map([old, used, alive].map(({ metadata: { uid } }) => [uid, 1000])),
        });
        assert.deepEqual(leftovers, [{ namespace, name: "fedora-aaaaaaaaaaaa", cron: "gone-cron", bytes: 1000 }]);
    });

    it("is that no alert fires where everything is switched off, as at a site without a network [A18]", () => {
        const off = { ...list, spec: { workloadSources: { enableCommonBootImageImport: false } }, status: {} };
        const failing = cron("fedora", "False");
        const alertsOf = (some: Partial<PlaceObjects>) => told(some).alerts.map(({ name }) => name);
        assert.deepEqual(alertsOf({ crons: [failing], hyperConverged: list }), ["CDIDataImportCronOutdated"]);
        assert.deepEqual(alertsOf({ dataSources: [source("fedora", "False", "fedora")], hyperConverged: off }), []);
        assert.equal(told({ hyperConverged: off }).hyperConverged?.switchedOn, false);
    });

    it("is what is being imported, until it has succeeded [B42, B44]", () => {
        const volume = (name: string, phase: "ImportInProgress" | "Succeeded", from: object): DataVolume => ({
            metadata: metadata(name),
            spec: { source: from },
            status: { phase, progress: phase === "Succeeded" ? "100.0%" : "45.50%", restartCount: 2 },
        });
        const http = { http: { url: "https://example.com/disk.img" } };
        const { imports } = told({
            volumes: [
                volume("coming", "ImportInProgress", http),
                volume("done", "Succeeded", http),
                volume("cloned", "ImportInProgress", { pvc: { namespace, name: "x" } }),
            ],
        });
        const [one, ...others] = imports;
        assert.deepEqual(
            [one?.name, one?.phase, one?.progress, one?.restarts],
            ["coming", "ImportInProgress", 45.5, 2],
        );
        assert.deepEqual(others, []);
    });

    it("is to name a class where another one could become the default, which would import again [A51, A52]", () => {
        const classes = [storageClass("fast", ["cluster"]), storageClass("bulk", [])];
        const [recommended] = told({ crons: [cron("fedora")], classes }).recommendations;
        assert.deepEqual([recommended?.rule, recommended?.about], ["name-storage-class", [`${namespace}/fedora`]]);
        assert.match(recommended?.message ?? "", /name a storageClassName .* for stable behaviour/);
        assert.match(recommended?.message ?? "", /imported again whenever/);
        assert.deepEqual(told({ crons: [cron("fedora")], classes: classes.slice(1) }).recommendations, []);
        const named = cron("fedora");
        named.spec.template.spec.storage = { storageClassName: "fast" };
        assert.deepEqual(told({ crons: [named], classes }).recommendations, []);
    });

    it("is to keep snapshots where the storage can take them and scales so [A79, A80]", () => {
        const status = { ...whole, dataImportCronSourceFormat: "pvc" as const };
        const some = {
            ...{ classes: [storageClass("fast", [])], snapshotClasses: [snapshotClass] },
            ...{ crons: [cron("fedora")], dataSources: [source("fedora")] },
            claims: [image("fedora-aaaaaaaaaaaa", "fedora-image-cron")],
            disks: new Map([["uid-of-fedora-aaaaaaaaaaaa", 1000]]),
        };
        const rules = (more: Partial<PlaceObjects>) => told({ ...some, ...more }).recommendations;
        const [recommended] = rules({ profiles: [profile("fast", status)] });
        assert.deepEqual([recommended?.rule, recommended?.about], ["keep-as-snapshots", ["fast"]]);
        assert.match(recommended?.message ?? "", /where the storage clones many machines from one snapshot well/);
        assert.deepEqual(
            rules({ profiles: [profile("fast", { ...status, dataImportCronSourceFormat: "snapshot" })] }),
            [],
        );
        assert.deepEqual(rules({ profiles: [profile("fast", status)], snapshotClasses: [] }), []);
        assert.deepEqual(rules({ profiles: [profile("fast", status)], claims: [], dataSources: [] }), [], "not used");
    });

    it("is nothing false where classes may not be seen", () => {
        const waiting: DataVolume = { metadata: metadata("disk"), spec: { source: { blank: {} }, storage: {} } };
        const unseen = [{ kind: "StorageClass", only: [], reason: "forbidden" }];
        assert.deepEqual(told({ volumes: [waiting], unseen }).alerts, []);
        assert.equal(told({ volumes: [waiting] }).alerts[0]?.name, "CDINoDefaultStorageClass");
    });
});
