// What every world must do with boot sources when something happens around them: the rows of `facts/cdi.md` section 2.5, one by one.
import * as assert from "node:assert/strict";
import { classOfSnapshot } from "../../provider/rules/boot-imports.js";
import { cronAnnotations } from "../../provider/rules/cron-names.js";
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

/** The suite. Where CDI does worse, the case says what CDI does. */
export function describeBootEvents(name: string, makeStage: () => Promise<BootStage>, otherwise: Otherwise = {}): void {
    describe(`what happens to boot sources in ${name} when`, function () {
        this.timeout(400_000);
        const there = useBootPlay(makeStage);
        const it = casesBut(otherwise);
        const begin = async (format: "pvc" | "snapshot" = "pvc"): Promise<string> => {
            const { stage, play } = there();
            await play.setFormat(format);
            const digest = stage.publish(1);
            await play.make();
            await play.current(1, digest, format === "snapshot" ? undefined : "pvc");
            return digest;
        };
        /** The class of the claim or snapshot that the DataSource leads to. */
        const classInUse = async (): Promise<string | undefined> => {
            const { stage, play } = there();
            const { pvc, snapshot } = (await play.dataSource()).status?.source ?? {};
            if (pvc !== undefined)
                return (await stage.cluster.get("PersistentVolumeClaim", pvc))?.spec.storageClassName;
            const taken = snapshot && (await stage.cluster.get("VolumeSnapshot", snapshot));
            return taken && classOfSnapshot(taken);
        };
        const landsOn = (storageClass: string): Promise<true> =>
            there().stage.settle(`it is on ${storageClass}`, async () =>
                (await classInUse()) === storageClass ? true : undefined,
            );

        it("the default class changes: the same version stands on the new one [C70]", async () => {
            const { stage, play } = there();
            const digest = await begin();
            await play.setDefault(stage.classes.fast);
            await landsOn(stage.classes.fast);
            await play.current(1, digest, "pvc");
            assert.equal((await play.cron()).metadata.annotations?.[cronAnnotations.storageClass], stage.classes.fast);
        });

        it("the virtualization default is set: it counts before the cluster's [C70]", async () => {
            const { stage, play } = there();
            const digest = await begin();
            const over = new AbortController();
            const pointers = pointersOf(stage, over.signal);
            await play.setDefault(stage.classes.fast, "virtualization");
            await landsOn(stage.classes.fast);
            await play.current(1, digest);
            await play.setDefault(undefined, "virtualization");
            await landsOn(stage.classes.plain);
            await play.current(1, digest);
            over.abort();
            // A copy is made by way of claims of the platform's own: nobody is ever led to one of those.
            assert.deepEqual(
                (await pointers).filter((name) => !name.startsWith(importOf(digest))),
                [],
            );
        });

        it("the template names a class: no default moves it", async () => {
            const { stage, play } = there();
            const digest = stage.publish(1);
            const storage = { storageClassName: stage.classes.plain, resources: { requests: { storage: "1Mi" } } };
            await play.make({ template: { spec: { source: stage.source, storage } } });
            await play.current(1, digest);
            await play.setDefault(stage.classes.fast);
            const second = await play.moveTo(2);
            assert.equal(await classInUse(), stage.classes.plain);
            await play.exactly("PersistentVolumeClaim", [importOf(digest), importOf(second)]);
        });

        it("both defaults are unset: a claim stays as it is", async () => {
            const { stage, play } = there();
            const digest = await begin();
            await play.setDefault(undefined);
            await play.want(digest);
            await play.current(1, digest, "pvc");
            assert.equal(await classInUse(), stage.classes.plain);
        });

        it("there is no default when a new version comes: it waits and says for what, then goes on when one appears [C70]", async () => {
            const { stage, play } = there();
            const digest = await begin();
            await play.setDefault(undefined);
            const second = stage.publish(2);
            await stage.poll(cronAt);
            const said = await play.says("DataImportCron", cronAt, "Progressing", "Pending");
            assert.match(said.message, /no storage class is marked as default/);
            assert.equal((await play.dataSource()).status?.source?.pvc?.name, importOf(digest), "the old one serves");
            await play.setDefault(stage.classes.fast);
            await play.current(2, second);
            await landsOn(stage.classes.fast);
        });

        it("the first import waits for a class, and one is made that is the default from the beginning", async () => {
            const { stage, play } = there();
            const { fast } = stage.classes;
            const { provisioner, parameters } = await play.must("StorageClass", { name: fast });
            await play.setDefault(undefined);
            const digest = stage.publish(1);
            await play.make();
            await play.says("DataImportCron", cronAt, "Progressing", "Pending");
            await stage.cluster.create("StorageClass", {
                metadata: { name: "newest", annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
                provisioner,
                ...(parameters === undefined ? {} : { parameters }),
            });
            await play.current(1, digest);
            await landsOn("newest");
        });

        it("the format goes from pvc to snapshot and back: the same version in the other form, and one form in the end [C69]", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            const digest = await begin();
            for (const format of ["snapshot", "pvc", "snapshot", "pvc"] as const) {
                await play.setFormat(format);
                await play.current(1, digest, format);
                await play.exactly("VolumeSnapshot", format === "snapshot" ? [importOf(digest)] : []);
                await play.exactly("PersistentVolumeClaim", format === "pvc" ? [importOf(digest)] : []);
                assert.equal((await play.cron()).status?.sourceFormat, format);
            }
        });

        it("the snapshot class goes: images that are there stay, new ones are kept as claims [C70]", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            const digest = await begin("snapshot");
            await play.current(1, digest, "snapshot");
            for (const { metadata } of await stage.cluster.list("VolumeSnapshotClass")) {
                await stage.cluster.delete("VolumeSnapshotClass", { name: metadata.name });
            }
            await play.current(1, digest, "pvc");
            await play.moveTo(2, "pvc");
        });

        it("another snapshot class is chosen: the image stays (CDI: it is deleted and downloaded again)", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            const digest = await begin("snapshot");
            await play.current(1, digest, "snapshot");
            const before = await play.must("VolumeSnapshot", refOf(importOf(digest)));
            const [first] = await stage.cluster.list("VolumeSnapshotClass");
            await stage.cluster.create("VolumeSnapshotClass", {
                metadata: { name: "another" },
                driver: first?.driver ?? "",
                deletionPolicy: "Delete",
            });
            await stage.cluster.update("StorageProfile", { name: stage.classes.fast }, ({ spec }) => {
                spec.snapshotClass = "another";
            });
            const second = await play.moveTo(2, "snapshot");
            const after = await play.must("VolumeSnapshot", refOf(importOf(digest)));
            assert.equal(after.metadata.uid, before.metadata.uid);
            const { spec } = await play.must("VolumeSnapshot", refOf(importOf(second)));
            assert.equal(spec.volumeSnapshotClassName, "another");
        });

        for (const kind of ["DataVolume", "PersistentVolumeClaim"] as const) {
            it(`the ${kind} of the current version is deleted: it is made again from the same digest [C70]`, async () => {
                const { stage, play } = there();
                const digest = await begin();
                const { metadata } = await play.must(kind, refOf(importOf(digest)));
                await stage.cluster.delete(kind, refOf(importOf(digest)));
                await stage.settle("it is another one", async () => {
                    const claim = await stage.cluster.get("PersistentVolumeClaim", refOf(importOf(digest)));
                    return claim !== undefined && claim.metadata.uid !== metadata.uid ? true : undefined;
                });
                await play.current(1, digest);
            });
        }

        it("the snapshot of the current version is deleted: it is made again", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            const digest = await begin("snapshot");
            await play.current(1, digest, "snapshot");
            // Before that, CDI makes the other one of the claim that it is about to remove, and waits for it for ever.
            await play.exactly("DataVolume", []);
            await play.exactly("PersistentVolumeClaim", []);
            const { metadata } = await play.must("VolumeSnapshot", refOf(importOf(digest)));
            await stage.cluster.delete("VolumeSnapshot", refOf(importOf(digest)));
            await stage.settle("it is another one", async () => {
                const found = await stage.cluster.get("VolumeSnapshot", refOf(importOf(digest)));
                return found !== undefined && found.metadata.uid !== metadata.uid ? true : undefined;
            });
            await play.current(1, digest, "snapshot");
        });

        it("the DataSource is deleted: it is made again and leads to the same disk", async () => {
            const { stage, play } = there();
            const digest = await begin();
            const { uid } = (await play.dataSource()).metadata;
            await stage.cluster.delete("DataSource", dataSourceAt);
            await stage.settle("it is another one", async () => {
                const found = await stage.cluster.get("DataSource", dataSourceAt);
                return found !== undefined && found.metadata.uid !== uid ? true : undefined;
            });
            await play.current(1, digest);
            await play.exactly("PersistentVolumeClaim", [importOf(digest)]);
        });

        it("the cron is deleted and made again under its name: everything is taken over, nothing is made anew", async () => {
            const { stage, play } = there();
            const digest = await begin();
            const second = await play.moveTo(2);
            const before = (await stage.cluster.list("PersistentVolumeClaim")).map(({ metadata }) => metadata.uid);
            await stage.cluster.delete("DataImportCron", cronAt);
            await play.make({ importsToKeep: 5 });
            await play.current(2, second);
            await play.exactly("PersistentVolumeClaim", [importOf(digest), importOf(second)]);
            const after = (await stage.cluster.list("PersistentVolumeClaim")).map(({ metadata }) => metadata.uid);
            assert.deepEqual(after.sort(), before.sort());
        });
    });
}

/** The names of all that the DataSource leads to until the signal is aborted. */
async function pointersOf({ cluster }: BootStage, signal: AbortSignal): Promise<string[]> {
    const names = new Set<string>();
    for await (const { object } of cluster.watch("DataSource", signal, dataSourceAt)) {
        const { pvc, snapshot } = object.spec.source;
        const name = pvc?.name ?? snapshot?.name;
        if (name !== undefined) names.add(name);
    }
    return [...names];
}
