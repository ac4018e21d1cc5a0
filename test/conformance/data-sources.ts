// What every world must say of DataSources: CDI's reasons one by one, pointers one deep, what flows to them, whose they are.
import * as assert from "node:assert/strict";
import type { DataSourceSource } from "../../provider/model/objects.js";
import { cronLabels } from "../../provider/rules/cron-names.js";
import {
    type BootStage,
    type Otherwise,
    casesBut,
    cronAt,
    dataSourceAt,
    importOf,
    refOf,
    useBootPlay,
} from "./boot-stage.js";

/** The suite: CDI's table of reasons, and its tests of DataSources. */
export function describeDataSources(
    name: string,
    makeStage: () => Promise<BootStage>,
    otherwise: Otherwise = {},
): void {
    describe(`DataSources in ${name}`, function () {
        this.timeout(120_000);
        const there = useBootPlay(makeStage);
        const it = casesBut(otherwise);
        const make = (source: DataSourceSource, named = "own") =>
            there().stage.cluster.create("DataSource", { metadata: refOf(named), spec: { source } });
        const ready = async (named: string, reason: string, message: string | RegExp): Promise<void> => {
            const { play } = there();
            const said = await play.says("DataSource", refOf(named), "Ready", reason);
            assert.equal(said.status, reason === "Ready" ? "True" : "False");
            if (typeof message === "string") assert.equal(said.message, message);
            else assert.match(said.message, message);
            const { source } = (await play.dataSource(refOf(named))).status ?? {};
            if (reason !== "Ready") assert.deepEqual(source, {}, "emptied while it is not ready");
        };
        const imported = async (): Promise<string> => {
            const { stage, play } = there();
            const digest = stage.publish(1);
            await play.make();
            await play.current(1, digest);
            return importOf(digest);
        };

        it("without a source, or with one that is not there, say so [C72]", async () => {
            await make({});
            await ready("own", "NoSource", "No source PVC set");
            await make({ pvc: refOf("none") }, "claimless");
            await ready("claimless", "NotFound", "PVC not found");
            await make({ snapshot: refOf("none") }, "imageless");
            await ready("imageless", "NotFound", "Snapshot not found");
            await make({ dataSource: refOf("none") }, "pointer");
            await ready("pointer", "NotFound", 'DataSource.cdi.kubevirt.io "none" not found');
        });

        it("that point at themselves, at another namespace or at a pointer are refused, each for its reason [C72]", async () => {
            await make({ dataSource: refOf("self") }, "self");
            await ready("self", "SelfReference", "DataSource cannot self-reference");
            await make({ dataSource: { namespace: "elsewhere", name: "any" } }, "across");
            await ready(
                "across",
                "CrossNamespaceReference",
                "DataSource cannot reference a DataSource in another namespace",
            );
            await make({ dataSource: refOf("self") }, "deep");
            await ready("deep", "MaxReferenceDepthReached", "DataSource reference chain exceeds maximum depth of 1");
        });

        it("follow the life of a claim and of the DataVolume that fills it [C72]", async () => {
            const { stage } = there();
            await make({ pvc: refOf("hand") });
            await ready("own", "NotFound", "PVC not found");
            // It waits for a class that nobody has made yet.
            await stage.cluster.create("DataVolume", {
                metadata: refOf("hand"),
                spec: { source: { blank: {} }, storage: { storageClassName: "later" } },
            });
            await stage.cluster.create("PersistentVolumeClaim", {
                metadata: refOf("hand"),
                spec: { storageClassName: "later" },
            });
            const said = await stage.settle("the phase of the DataVolume is told", async () => {
                const { status } = await there().play.dataSource(refOf("own"));
                return status?.conditions?.find(({ reason }) => reason !== "NotFound");
            });
            assert.match(`${said.reason} ${said.message}`, /^(Pending|ImportScheduled) Import DataVolume phase/);
            await stage.cluster.delete("DataVolume", refOf("hand"));
            await stage.cluster.delete("PersistentVolumeClaim", refOf("hand"));
            await ready("own", "NotFound", "PVC not found");
            const claim = await imported();
            await make({ pvc: refOf(claim) }, "whole");
            await ready("whole", "Ready", "DataSource is ready to be consumed");
            await stage.cluster.delete("DataVolume", refOf(claim));
            await ready("whole", "NotFound", "PVC not found").catch(() => ready("whole", "Ready", /ready/));
        });

        it("follow the life of a snapshot [C72]", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            await play.setFormat("pvc");
            const claim = await imported();
            await make({ snapshot: refOf("photo") });
            await ready("own", "NotFound", "Snapshot not found");
            await stage.cluster.create("VolumeSnapshot", {
                metadata: refOf("photo"),
                spec: { source: { persistentVolumeClaimName: "none" } },
            });
            await ready("own", "SnapshotNotReady", "Snapshot phase is not ready");
            await stage.cluster.delete("VolumeSnapshot", refOf("photo"));
            await ready("own", "NotFound", "Snapshot not found");
            await stage.cluster.create("VolumeSnapshot", {
                metadata: refOf("photo"),
                spec: { source: { persistentVolumeClaimName: claim } },
            });
            await ready("own", "Ready", "DataSource is ready to be consumed");
            assert.deepEqual((await play.dataSource(refOf("own"))).status?.source, { snapshot: refOf("photo") });
        });

        it("two lead to one source, and a pointer follows the one that it points at, with its labels [C72]", async () => {
            const { stage, play } = there();
            const claim = await imported();
            await make({ pvc: refOf(claim) }, "second");
            await ready("second", "Ready", /ready/);
            await make({ dataSource: dataSourceAt }, "pointer");
            await ready("pointer", "Ready", /ready/);
            assert.deepEqual((await play.dataSource(refOf("pointer"))).status?.source, { pvc: refOf(claim) });
            await stage.cluster.update("PersistentVolumeClaim", refOf(claim), ({ metadata }) => {
                metadata.labels = { ...metadata.labels, "os.template.kubevirt.io/fedora": "true", other: "no" };
            });
            await stage.settle("the labels of the claim come through", async () => {
                const { labels = {} } = (await play.dataSource(refOf("pointer"))).metadata;
                return labels["os.template.kubevirt.io/fedora"] === "true" ? labels : undefined;
            });
            const { labels = {} } = (await play.dataSource(refOf("second"))).metadata;
            assert.deepEqual([labels["other"], labels[cronLabels.cron]], [undefined, undefined], "not whose it is");
            const next = importOf(await play.moveTo(2));
            await stage.settle("the pointer has followed", async () => {
                const { status } = await play.dataSource(refOf("pointer"));
                return status?.source?.pvc?.name === next ? true : undefined;
            });
            assert.deepEqual(
                (await play.dataSource(refOf("second"))).spec.source,
                { pvc: refOf(claim) },
                "the other stays",
            );
        });

        it("of another living cron are left alone, and the second cron says so (CDI: an event alone) [C70]", async () => {
            const { stage, play } = there();
            const claim = await imported();
            await play.make({}, { name: "second-cron" });
            const said = await play.says(
                "DataImportCron",
                refOf("second-cron"),
                "UpToDate",
                "ErrDataSourceAlreadyManaged",
            );
            assert.match(said.message, /DataSource fedora is already managed by DataImportCron fedora-image-cron/);
            assert.equal((await play.dataSource()).metadata.labels?.[cronLabels.cron], cronAt.name);
            await play.exactly("DataVolume", [claim]);
            await make({ pvc: refOf(claim) }, "hand-made");
            await play.make({ managedDataSource: "hand-made" }, { name: "third-cron" });
            const why = await play.says("DataImportCron", refOf("third-cron"), "UpToDate", "DataSourceNotManaged");
            assert.match(why.message, /adopt it, remove it, or name another one/, "CDI says nothing at all");
            await stage.cluster.delete("DataImportCron", cronAt);
            await stage.settle("the second one takes over what the first one left", async () => {
                const { labels } = (await play.dataSource()).metadata;
                return labels?.[cronLabels.cron] === "second-cron" ? true : undefined;
            });
        });
    });
}
