// What the status reads of a cluster: as far as rights reach, no more than it needs, and each place for itself.
import assert from "node:assert/strict";
import { readPlace } from "../../provider/cli/status-read.js";
import { type Place, Watched } from "../../provider/cli/status-places.js";
import type { Cluster } from "../../provider/cluster/contract.js";
import type { Query } from "../../provider/cluster/query.js";
import type { Clock } from "../../provider/model/clock.js";
import { BootsourceError } from "../../provider/model/errors.js";
import type { Kind, Ref } from "../../provider/model/objects.js";
import { cron, image, list, source } from "../rules/place-objects.js";
import { storageClass } from "../rules/storage-objects.js";

/** A cluster of a few objects, which notes what it is asked. */
class FakeCluster {
    readonly asked: string[] = [];
    readonly name = "the cluster east";
    readonly namespace = "mine";
    readonly capabilities = { localVolumes: false };
    readonly #objects: Partial<Record<Kind, readonly { metadata: { namespace?: string } }[]>>;
    /** What is thrown for a kind and a namespace ("" for all). */
    refuse: (kind: Kind, namespace: string) => BootsourceError | undefined = () => undefined;
    missing: readonly Kind[] = [];
    closed = 0;

    constructor(objects: Partial<Record<Kind, readonly { metadata: { namespace?: string } }[]>>) {
        this.#objects = objects;
    }

    list(kind: Kind, { namespace }: Query = {}): Promise<unknown[]> {
        this.asked.push(`${kind} ${namespace ?? "*"}`);
        const error = this.refuse(kind, namespace ?? "");
        if (error !== undefined) return Promise.reject(error);
        const all = this.#objects[kind] ?? [];
        return Promise.resolve(all.filter(({ metadata }) => !namespace || metadata.namespace === namespace));
    }

    get(kind: Kind, { namespace = "" }: Ref): Promise<unknown> {
        const error = this.refuse(kind, namespace);
        if (error !== undefined) return Promise.reject(error);
        return Promise.resolve(this.#objects[kind]?.find(({ metadata }) => metadata.namespace === namespace));
    }

    serves(kind: Kind): Promise<boolean> {
        return Promise.resolve(!this.missing.includes(kind));
    }

    volume(): Promise<undefined> {
        return Promise.resolve(undefined);
    }

    volumeOfSnapshot(): Promise<undefined> {
        return Promise.resolve(undefined);
    }

    refreshes(): Promise<boolean> {
        return Promise.resolve(true);
    }

    close(): Promise<void> {
        this.closed += 1;
        return Promise.resolve();
    }

    as(): Cluster {
        return this as unknown as Cluster;
    }
}

const objects = {
    DataImportCron: [cron("fedora")],
    DataSource: [source("fedora")],
    PersistentVolumeClaim: [image("fedora-aaaaaaaaaaaa", "fedora-image-cron")],
    StorageClass: [storageClass("fast", ["cluster"])],
    HyperConverged: [list],
};
const forbidden = (kind: Kind): BootsourceError => new BootsourceError("forbidden", `cannot list ${kind}: no right`);

describe("what the status reads of a cluster", () => {
    it("is claims of the namespaces with boot sources alone: those of all others are machines' disks", async () => {
        const cluster = new FakeCluster(objects);
        const found = await readPlace(cluster.as(), true);
        assert.equal(found.claims.length, 1);
        assert.ok(cluster.asked.includes("PersistentVolumeClaim kubevirt-os-images"));
        assert.ok(!cluster.asked.includes("PersistentVolumeClaim *"), cluster.asked.join());
        const scoped = new FakeCluster(objects);
        await readPlace(scoped.as(), false);
        assert.ok(
            scoped.asked.includes("PersistentVolumeClaim *"),
            "a namespace that is named limits the cluster itself",
        );
        assert.deepEqual(found.unseen, []);
    });

    it("is the platform's list wherever the platforms have it", async () => {
        const found = await readPlace(new FakeCluster(objects).as(), true);
        assert.equal(found.hyperConverged?.metadata.namespace, "openshift-cnv");
    });

    it("is one's own namespace and the platform's where rights reach no further, and that is told", async () => {
        const cluster = new FakeCluster(objects);
        cluster.refuse = (kind, namespace) =>
            kind === "DataImportCron" && !["mine", "kubevirt-os-images"].includes(namespace)
                ? forbidden(kind)
                : undefined;
        const found = await readPlace(cluster.as(), true);
        assert.equal(found.crons.length, 1);
        assert.deepEqual(found.unseen, [
            {
                kind: "DataImportCron",
                only: ["kubevirt-os-images", "mine"],
                reason: "cannot list DataImportCron: no right",
            },
        ]);
    });

    it("goes on without what may not be read at all: of classes nothing false is said", async () => {
        const cluster = new FakeCluster(objects);
        cluster.refuse = (kind) => (["StorageProfile", "HyperConverged"].includes(kind) ? forbidden(kind) : undefined);
        const found = await readPlace(cluster.as(), true);
        assert.deepEqual(
            found.unseen.map(({ kind }) => kind),
            ["HyperConverged", "StorageProfile"],
        );
        assert.deepEqual([found.profiles, found.hyperConverged], [undefined, undefined]);
        assert.equal(found.crons.length, 1);
    });

    it("tells a kind that the cluster does not have from one of which there is none", async () => {
        const cluster = new FakeCluster({ StorageClass: objects.StorageClass });
        cluster.missing = ["VolumeSnapshotClass"];
        const { unseen } = await readPlace(cluster.as(), true);
        assert.deepEqual(unseen, [
            {
                kind: "VolumeSnapshotClass",
                only: [],
                reason: "the cluster east has no such objects: what brings them is not installed",
            },
        ]);
    });

    it("is nothing where the cluster fails: that is no missing right", async () => {
        const cluster = new FakeCluster(objects);
        cluster.refuse = (kind) => (kind === "DataSource" ? new BootsourceError("unreachable", "gone") : undefined);
        await assert.rejects(readPlace(cluster.as(), true), { code: "unreachable" });
    });
});

describe("a place that is watched", () => {
    const at = { store: "east", kubeconfig: "/k", context: "east", namespace: undefined };
    /** Time moves by hand, and nobody waits. */
    const clock = (): Clock & { time: number } => ({
        time: 1_700_000_000_000,
        now() {
            return this.time;
        },
        sleep: () => Promise.resolve(),
    });

    it("is tried again a while after it could not be opened, and closed at the end", async () => {
        const cluster = new FakeCluster(objects);
        const time = clock();
        let opened = 0;
        const open: Place["open"] = () => {
            opened += 1;
            if (opened === 1) return Promise.reject(new BootsourceError("unreachable", "no answer"));
            return Promise.resolve({ cluster: cluster.as() });
        };
        const place = new Watched({ ...at, open }, time);
        const first = await place.look();
        time.time += 14_999;
        const second = await place.look();
        assert.deepEqual([first.error?.code, second.error?.code, opened], ["unreachable", "unreachable", 1]);
        time.time += 1;
        await place.look();
        await new Promise((resolve) => setImmediate(resolve));
        const found = await place.look();
        assert.deepEqual([found.error, found.status?.sources.length, opened], [undefined, 1, 2]);
        await place.close();
        assert.equal(cluster.closed, 1);
    });

    it("is opened anew for each look where it is a store: another one may lie there, and an agent have begun", async () => {
        const clusters: FakeCluster[] = [];
        const open: Place["open"] = () => {
            clusters.push(new FakeCluster(clusters.length === 0 ? {} : objects));
            return Promise.resolve({ cluster: (clusters.at(-1) ?? assert.fail()).as() });
        };
        const store = { ...at, kubeconfig: undefined, context: undefined };
        const place = new Watched({ ...store, open }, clock());
        assert.deepEqual((await place.look()).status?.sources, []);
        await place.look();
        await new Promise((resolve) => setImmediate(resolve));
        assert.equal((await place.look()).status?.sources.length, 1);
        await place.close();
        await new Promise((resolve) => setImmediate(resolve));
        for (const { closed } of clusters) assert.equal(closed, 1);
    });

    it("shows what it was where an answer takes long: it holds up no other", async () => {
        const cluster = new FakeCluster(objects);
        const place = new Watched({ ...at, open: () => Promise.resolve({ cluster: cluster.as() }) }, clock());
        const before = await place.look();
        cluster.list = () => new Promise(() => undefined);
        assert.equal(await place.look(), before);
        assert.equal(before.status?.sources[0]?.name, "fedora");
    });
});
