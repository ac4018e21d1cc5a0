// How a cron of ours brings a version in where the platform does the work: what CDI cannot change goes, and comes again.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import { confirmVersion } from "../../provider/controllers/cron-confirm.js";
import { bringIn } from "../../provider/controllers/cron-import.js";
import type { CronWorld } from "../../provider/controllers/contract.js";
import { systemClock } from "../../provider/model/clock.js";
import { BootsourceError } from "../../provider/model/errors.js";
import type { DataImportCron, DataVolume, DataVolumeSource } from "../../provider/model/objects.js";
import type { BootImport } from "../../provider/rules/boot-imports.js";
import { importName } from "../../provider/rules/cron-names.js";

const digest = `sha256:${"ab".repeat(32)}`;
const version = `version:${"cd".repeat(32)}`;
const name = importName("fedora", digest);
const url = "https://example.org/fedora.img";

describe("the import of a cron by CDI", () => {
    const at = (kind: string, one: string): string => `${kind}/${one}`;
    let objects: Map<string, { metadata: Record<string, unknown> }>;
    let done: string[];
    let world: CronWorld;
    beforeEach(() => {
        objects = new Map();
        done = [];
        const find = (kind: string, { name: one }: { name: string }) => objects.get(at(kind, one));
        const cluster = {
            capabilities: { mutableDataVolumes: false, localVolumes: false },
            get: (kind: string, one: { name: string }) => Promise.resolve(structuredClone(find(kind, one))),
            create: (kind: string, object: { metadata: { name: string } }) => {
                done.push(`create ${kind} ${object.metadata.name}`);
                if (find(kind, object.metadata) !== undefined)
                    throw new BootsourceError("already-exists", "it is there");
                const made = { ...object, metadata: { uid: "made", ...object.metadata } };
                objects.set(at(kind, object.metadata.name), made);
                return Promise.resolve(made);
            },
            update: (kind: string, one: { name: string }, change: (object: unknown) => void) => {
                const found = find(kind, one);
                change(found);
                return Promise.resolve(found);
            },
            delete: (kind: string, one: { name: string }) => {
                done.push(`delete ${kind} ${one.name}`);
                objects.delete(at(kind, one.name));
                return Promise.resolve();
            },
        } as unknown as Cluster;
        world = { cluster, clock: systemClock, signal: new AbortController().signal };
    });

    const cronOf = (source: DataVolumeSource, asked = "1"): DataImportCron => {
        const annotations = { "pulumi-bootsource/requested": asked };
        const metadata = { name: "fedora-image-cron", namespace: "default", generation: 1, annotations };
        const template = { spec: { source, storage: { resources: { requests: { storage: "1Gi" } } } } };
        return { metadata, spec: { template, schedule: "", managedDataSource: "fedora" } } as unknown as DataImportCron;
    };
    const http = { http: { url, checksumUrl: `${url}.sha256` } };
    const bring = (cron: DataImportCron, origin?: BootImport) => {
        const wanted = { managedDataSource: "fedora", digest, alsoKnownAs: [] };
        return bringIn(cron, { wanted, storageClass: "fast", origin }, [], world);
    };
    const volume = (): DataVolume => objects.get(at("DataVolume", name)) as unknown as DataVolume;

    it("is a DataVolume that CDI understands, with the sum itself; somebody who was faster made the same one", async () => {
        await bring(cronOf(http));
        assert.deepEqual(volume().spec.source, { http: { url, checksum: digest } });
        assert.equal(volume().spec.storage?.storageClassName, "fast");
        await bring(cronOf(http));
        assert.deepEqual(done, [`create DataVolume ${name}`], "it is made once");
    });

    it("is a clone of what is here already", async () => {
        await bring(cronOf(http), { name: "fedora-kept" } as BootImport);
        assert.deepEqual(volume().spec.source, { snapshot: { namespace: "default", name: "fedora-kept" } });
    });

    it("goes and comes again where its source was changed, once its claim has gone too", async () => {
        await bring(cronOf({ http: { url: "https://elsewhere.example.org/fedora.img" } }));
        objects.set(at("PersistentVolumeClaim", name), { metadata: {} });
        assert.match((await bring(cronOf(http))).reason ?? "", /is being removed/);
        assert.equal(volume(), undefined);
        assert.match((await bring(cronOf(http))).reason ?? "", /is being removed/, "its claim is still there");
        objects.delete(at("PersistentVolumeClaim", name));
        await bring(cronOf(http));
        assert.deepEqual(volume().spec.source, { http: { url, checksum: digest } });
    });

    it("that is hopeless has failed, and begins again when somebody asks anew", async () => {
        await bring(cronOf(http));
        const message = "Unable to process data: checksum mismatch: expected a, calculated b";
        const lastTransitionTime = "2026-01-01T00:00:00Z";
        const said = { type: "Running", status: "False", reason: "Error", message, lastTransitionTime } as const;
        volume().status = { phase: "ImportInProgress", conditions: [said] };
        const { phase, reason } = await bring(cronOf(http));
        assert.equal(phase, "Failed");
        assert.match(reason ?? "", /checksum mismatch.*compare the checksum/);
        assert.match((await bring(cronOf(http, "2"))).reason ?? "", /is being removed/);
    });

    it("is asked about once more where no sum held it to its version: another one by then goes, and is due again", async () => {
        const cron = cronOf({ http: { url } });
        Object.assign(cron.metadata.annotations ?? {}, { "cdi.kubevirt.io/storage.import.lastCronTime": "2026-01-01" });
        objects.set(at("DataImportCron", cron.metadata.name), cron as never);
        await bring(cron);
        const one = { name, volume: volume(), claim: {} } as unknown as BootImport;
        const wanted = { managedDataSource: "fedora", digest: version, alsoKnownAs: [] };
        let asked = 0;
        const holds =
            (now: string): CronWorld["confirm"] =>
            () => {
                asked += 1;
                return Promise.resolve({ digest: now, digests: [now], bytes: 1 });
            };
        assert.equal(await confirmVersion(cron, one, wanted, { ...world, confirm: holds(version) }), undefined);
        const confirmed = { ...one, volume: volume() };
        assert.equal(await confirmVersion(cron, confirmed, wanted, { ...world, confirm: holds("other") }), undefined);
        assert.equal(asked, 1, "once");
        const fresh = { ...one, volume: { ...volume(), metadata: { ...volume().metadata, annotations: {} } } };
        const moved = await confirmVersion(cron, fresh, wanted, { ...world, confirm: holds("other") });
        assert.match(moved ?? "", /was replaced before its import had ended/);
        assert.equal(volume(), undefined);
        assert.equal(cron.metadata.annotations?.["cdi.kubevirt.io/storage.import.lastCronTime"], undefined);
    });
});
