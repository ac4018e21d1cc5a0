// Crons that are kept in ConfigMaps, and the leases of who works on them: over any cluster of the contract, here a store.
import * as assert from "node:assert/strict";
import type { Cluster } from "../../provider/cluster/contract.js";
import { KeepingCluster } from "../../provider/kubernetes/keeping-cluster.js";
import { KeptCrons } from "../../provider/kubernetes/kept-crons.js";
import { Leases } from "../../provider/kubernetes/leases.js";
import { merged } from "../../provider/kubernetes/merge.js";
import { HurryClock } from "../servers/hurry-clock.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";

describe("crons that CDI does not carry out", () => {
    const at = { namespace: "default", name: "fedora-image-cron" };
    const spec = {
        template: { spec: { source: { http: { url: "https://example.org/fedora.img" } } } },
        schedule: "@daily",
        managedDataSource: "fedora",
    };
    let clock: HurryClock;
    let stage: EmbeddedStage;
    beforeEach(() => {
        clock = new HurryClock();
        stage = makeEmbeddedStage(clock);
    });
    afterEach(() => stage.close());

    it("are ConfigMaps that say what a cron says: labels, annotations, spec, status, and how often the spec was changed", async () => {
        const crons = new KeptCrons(stage.cluster);
        const made = await crons.create({ metadata: { ...at, labels: { team: "blue" } }, spec });
        assert.deepEqual([made.metadata.labels, made.metadata.generation, made.spec], [{ team: "blue" }, 1, spec]);
        await crons.update(at, (cron) => {
            cron.status = { sourceFormat: "pvc" };
            cron.metadata.annotations = { noted: "yes" };
        });
        const told = await crons.update(at, (cron) => {
            cron.spec = { ...cron.spec, importsToKeep: 1 };
        });
        assert.deepEqual([told.metadata.generation, told.status], [2, { sourceFormat: "pvc" }]);
        const map = await stage.cluster.get("ConfigMap", at);
        assert.deepEqual(JSON.parse(map?.data?.["spec"] ?? ""), { ...spec, importsToKeep: 1 });
        assert.deepEqual(map?.metadata.annotations, { noted: "yes" });
        assert.equal(map.metadata.labels?.["pulumi-bootsource/kind"], "DataImportCron");
        assert.deepEqual(await crons.get(at), told);
        assert.equal(crons.isOne(map.metadata.uid), true);
    });

    it("are written only where something has changed", async () => {
        const crons = new KeptCrons(stage.cluster);
        const { metadata } = await crons.create({ metadata: at, spec });
        const after = await crons.update(at, (cron) => {
            cron.spec = structuredClone(cron.spec);
            cron.metadata.labels = { ...cron.metadata.labels };
        });
        assert.equal(after.metadata.resourceVersion, metadata.resourceVersion);
    });

    it("are none of the ConfigMaps of others", async () => {
        const crons = new KeptCrons(stage.cluster);
        await stage.cluster.create("ConfigMap", { metadata: at });
        assert.equal(await crons.get(at), undefined);
        assert.deepEqual(await crons.list(), []);
        await crons.delete(at, undefined);
        assert.ok(await stage.cluster.get("ConfigMap", at), "it is not touched");
    });

    it("are kept current by an agent as long as there is one: who looks on sees it come, and go", async () => {
        const lease = { namespace: "default", name: "bootsource-agent" };
        const over: Cluster = stage.cluster;
        const cluster = new KeepingCluster(over as Cluster & Required<Pick<Cluster, "upload">>, {
            clock,
            ask: undefined,
            warn: () => undefined,
        });
        const refreshes = () => cluster.refreshes(spec.template.spec.source);
        assert.equal(await refreshes(), false);
        const agent = await new Leases(stage.other, clock).take(lease);
        assert.equal(await refreshes(), false, "asked just now");
        clock.pass(60_000);
        assert.equal(await refreshes(), true);
        await agent?.release();
        clock.pass(60_000);
        assert.equal(await refreshes(), false);
    });

    it("are worked on by one process at a time; one that renews no more is given up by whoever waits, by their own clock", async () => {
        const lease = { namespace: "default", name: "bootsource-fedora" };
        const [first, second] = [new Leases(stage.cluster, clock), new Leases(stage.other, clock)];
        assert.equal(await first.isHeld(lease), false);
        const held = await first.take(lease);
        assert.ok(held);
        assert.equal(await second.take(lease), undefined);
        assert.equal(await second.isHeld(lease), true);
        await held.release();
        await held.release();
        const next = await second.take(lease);
        assert.ok(next, "released, it is free at once");
        await next.release();
        const now = new Date(clock.now()).toISOString();
        const dead = { holderIdentity: "killed", leaseDurationSeconds: 15, renewTime: now };
        await stage.cluster.create("Lease", { metadata: lease, spec: dead });
        assert.equal(await first.take(lease), undefined, "seen for the first time");
        clock.pass(14_000);
        assert.equal(await first.take(lease), undefined, "it may live");
        clock.pass(2_000);
        assert.equal(await first.take(lease), undefined, "given up");
        const taken = await first.take(lease);
        assert.ok(taken, "and taken");
        await taken.release();
    });

    it("are told of in one stream with the platform's own, whichever tells first", async () => {
        async function* tells(...words: string[]): AsyncGenerator<string> {
            for (const word of words) {
                await new Promise((resolve) => setImmediate(resolve));
                yield word;
            }
        }
        const heard: string[] = [];
        for await (const word of merged(tells("a", "b", "c"), tells(), tells("d"))) heard.push(word);
        assert.deepEqual(heard.sort(), ["a", "b", "c", "d"]);
        async function* fails(): AsyncGenerator<string> {
            yield* tells("one");
            throw new Error("the watch broke");
        }
        await assert.rejects(async () => {
            for await (const word of merged(fails(), tells("two"))) heard.push(word);
        }, /the watch broke/);
    });
});
