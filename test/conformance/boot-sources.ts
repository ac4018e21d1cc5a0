// What every world must do that keeps boot sources current: CDI's own tests of crons and DataSources, over a small stage.
import * as assert from "node:assert/strict";
import { cronAnnotations, cronLabels } from "../../provider/rules/cron-names.js";
import {
    type BootStage,
    type Otherwise,
    casesBut,
    cronAt,
    dataSourceAt,
    importOf,
    namespace,
    refOf,
    useBootPlay,
} from "./boot-stage.js";

/** The suite: rows 63 to 72 of CDI's tests. */
export function describeBootSources(
    name: string,
    makeStage: () => Promise<BootStage>,
    otherwise: Otherwise = {},
): void {
    describe(`boot sources in ${name}`, function () {
        this.timeout(400_000);
        const there = useBootPlay(makeStage);
        const it = casesBut(otherwise);

        it("a first image comes in as a claim, then one of a new digest [C63]", async () => {
            const { stage, play } = there();
            const first = stage.publish(1);
            await play.make();
            const at = await play.current(1, first, "pvc");
            assert.deepEqual(at, { pvc: refOf(importOf(first)) }, "named after the DataSource and the digest");
            const { status, metadata } = await play.cron();
            assert.deepEqual(status?.lastImportedPVC, refOf(importOf(first)));
            assert.equal(status.sourceFormat, "pvc");
            assert.equal(metadata.annotations?.[cronAnnotations.storageClass], stage.classes.plain);
            assert.equal((await play.says("DataImportCron", cronAt, "Progressing", "NoImport")).status, "False");
            const second = stage.publish(2);
            await stage.poll(cronAt);
            assert.deepEqual(await play.current(2, second, "pvc"), { pvc: refOf(importOf(second)) });
            await play.exactly("PersistentVolumeClaim", [importOf(first), importOf(second)]);
        });

        it("a first image comes in as a snapshot, then one of a new digest, and no claim is left [C63]", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            await play.setFormat("snapshot");
            const first = stage.publish(1);
            await play.make();
            assert.deepEqual(await play.current(1, first, "snapshot"), { snapshot: refOf(importOf(first)) });
            const second = await play.moveTo(2, "snapshot");
            await play.exactly("VolumeSnapshot", [importOf(first), importOf(second)]);
            await play.exactly("PersistentVolumeClaim", []);
            await play.exactly("DataVolume", []);
            assert.equal((await play.cron()).status?.sourceFormat, "snapshot");
        });

        it("garbage collection keeps importsToKeep claims with their DataVolumes, those used last [C67]", async () => {
            const { stage, play } = there();
            const digests = [stage.publish(1)];
            await play.make({ importsToKeep: 2 });
            await play.current(1, String(digests[0]));
            for (const image of [2, 3, 4]) digests.push(await play.moveTo(image));
            const kept = digests.slice(2).map((digest) => importOf(digest));
            await play.exactly("PersistentVolumeClaim", kept);
            await play.exactly("DataVolume", kept);
            // Going back to the older one makes the other the least recently used.
            await play.want(String(digests[2]));
            await play.current(3, String(digests[2]));
            const fifth = await play.moveTo(5);
            await play.exactly("PersistentVolumeClaim", [importOf(String(digests[2])), importOf(fifth)]);
        });

        it("garbage collection keeps importsToKeep snapshots [C67]", async () => {
            const { stage, play } = there();
            await play.setDefault(stage.classes.fast);
            await play.setFormat("snapshot");
            const first = stage.publish(1);
            await play.make({ importsToKeep: 2 });
            await play.current(1, first, "snapshot");
            const kept = [await play.moveTo(2, "snapshot"), await play.moveTo(3, "snapshot")];
            await play.exactly(
                "VolumeSnapshot",
                kept.map((digest) => importOf(digest)),
            );
        });

        it("garbageCollect Never keeps all of them", async () => {
            const { stage, play } = there();
            const digests = [stage.publish(1)];
            await play.make({ importsToKeep: 1, garbageCollect: "Never" });
            await play.current(1, String(digests[0]));
            for (const image of [2, 3]) digests.push(await play.moveTo(image));
            await play.exactly(
                "PersistentVolumeClaim",
                digests.map((digest) => importOf(digest)),
            );
        });

        it("somebody else may poll: an empty schedule follows the digest that is written by hand, also back [C65]", async () => {
            const { stage, play } = there();
            const first = stage.publish(1);
            await play.make({ schedule: "" });
            await play.says("DataImportCron", cronAt, "UpToDate", "NoDigest");
            assert.deepEqual(
                (await play.dataSource()).spec.source,
                {},
                "there before the first digest is known, empty",
            );
            await play.says("DataSource", dataSourceAt, "Ready", "NoSource");
            await play.want(first);
            await play.current(1, first);
            const second = stage.publish(2);
            await play.want(second);
            await play.current(2, second);
            await play.want(first);
            await play.current(1, first);
            assert.equal((await play.cron()).status?.lastExecutionTimestamp, undefined, "nobody polled here");
        });

        it("a digest that cannot be one is told, serves what was there, and the next good one is imported [C70, C71]", async () => {
            const { stage, play } = there();
            const first = stage.publish(1);
            await play.make({ schedule: "" });
            await play.want(first);
            await play.current(1, first);
            for (const [junk, why] of [
                ["md5:0123456789abcdef", /no supported prefix/],
                ["sha256:0123", /too short/],
            ] as const) {
                await play.want(junk);
                const { message } = await stage.settle(`${junk} is told`, async () => {
                    const said = (await play.cron()).status?.conditions?.find(({ type }) => type === "UpToDate");
                    return said?.status === "False" && why.test(said.message) ? said : undefined;
                });
                assert.match(message, why);
                assert.equal((await play.dataSource()).status?.conditions?.[0]?.status, "True", "the old one serves");
            }
            const second = stage.publish(2);
            await play.want(second);
            await play.current(2, second);
        });

        it("an import in error is given up as soon as a new digest comes [C64]", async () => {
            const { stage, play } = there();
            const first = stage.publish(1);
            await play.make({ schedule: "" });
            await play.want(first);
            await play.current(1, first);
            const nowhere = `sha256:${"0".repeat(64)}`;
            await play.want(nowhere);
            const { message } = await play.says("DataImportCron", cronAt, "UpToDate", "ImportFailed");
            assert.match(message, /000000/, "why");
            assert.equal((await play.dataSource()).status?.source?.pvc?.name, importOf(first), "the old one serves");
            const second = stage.publish(2);
            await play.want(second);
            await play.current(2, second);
            await play.exactly("DataVolume", [importOf(first), importOf(second)]);
        });

        it("a claim of the digest's name that is there already is taken as it is: no import is made [C70]", async () => {
            const { stage, play } = there();
            const first = stage.publish(1);
            await play.make({ schedule: "" });
            await play.want(first);
            await play.current(1, first);
            await stage.cluster.delete("DataImportCron", cronAt);
            const before = await play.must("PersistentVolumeClaim", refOf(importOf(first)));
            await play.make({ schedule: "" }, { name: "another-cron" });
            await play.want(first, refOf("another-cron"));
            await play.current(1, first);
            const after = await play.must("PersistentVolumeClaim", refOf(importOf(first)));
            assert.equal(after.metadata.uid, before.metadata.uid);
            assert.equal(after.metadata.labels?.[cronLabels.cron], "another-cron", "the new cron's own");
        });

        it("with retentionPolicy None its DataSource and images go with the cron, with All they stay [C68]", async () => {
            const { stage, play } = there();
            for (const retentionPolicy of ["All", "None"] as const) {
                const first = stage.publish(1);
                await play.make({ retentionPolicy });
                await play.current(1, first);
                await play.moveTo(2);
                await stage.cluster.delete("DataImportCron", cronAt);
                const wanted = retentionPolicy === "All" ? [2, true] : [0, false];
                await stage.settle(`what ${retentionPolicy} says is left`, async () => {
                    const kept = (await stage.cluster.list("PersistentVolumeClaim", { namespace })).length;
                    const found = await stage.cluster.get("DataSource", dataSourceAt);
                    return JSON.stringify([kept, found !== undefined]) === JSON.stringify(wanted) ? true : undefined;
                });
            }
            // Nothing comes back when whoever worked on the cron looks once more.
            await stage.cluster.create("DataSource", { metadata: refOf("other"), spec: { source: {} } });
            await play.says("DataSource", refOf("other"), "Ready", "NoSource");
            await play.exactly("DataVolume", []);
            assert.equal(await stage.cluster.get("DataSource", dataSourceAt), undefined);
        });

        it("labels that machines read flow from the cron to import, claim and DataSource; others do not [C70]", async () => {
            const { stage, play } = there();
            const preference = "instancetype.kubevirt.io/default-preference";
            const first = stage.publish(1);
            await play.make({}, { labels: { [preference]: "fedora", team: "blue" } });
            await play.current(1, first);
            const labelsOf = async () =>
                Promise.all([
                    play.must("DataVolume", refOf(importOf(first))),
                    play.must("PersistentVolumeClaim", refOf(importOf(first))),
                    play.dataSource(),
                ]).then((found) => found.map(({ metadata }) => metadata.labels ?? {}));
            for (const labels of await labelsOf()) {
                assert.deepEqual([labels[preference], labels["team"]], ["fedora", undefined]);
                assert.equal(labels[cronLabels.cron], cronAt.name);
            }
            await stage.cluster.update("DataImportCron", cronAt, ({ metadata }) => {
                metadata.labels = { ...metadata.labels, [preference]: "rhel.9" };
            });
            await stage.settle("the new preference is everywhere", async () =>
                (await labelsOf()).every((labels) => labels[preference] === "rhel.9") ? true : undefined,
            );
        });
    });
}
