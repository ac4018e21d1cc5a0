// bootsource status of several stores and of the platform's list, as a script sees it: exit code, JSON, and what stands under the table.
import assert from "node:assert/strict";
import { waitFor } from "../../provider/cluster/wait.js";
import { conditionOf } from "../../provider/model/conditions.js";
import { systemClock } from "../../provider/model/clock.js";
import { cronLabels } from "../../provider/rules/cron-names.js";
import { defaultAnnotations } from "../../provider/rules/storage-class.js";
import { hyperConvergedRef, systemNamespace } from "../../provider/rules/system-list.js";
import { type EmbeddedStage, makeEmbeddedStage } from "../embedded/stage.js";
import { runCommand } from "./run-command.js";

/** What `--json` prints, as far as it is looked at. */
interface Told {
    readonly stale: boolean;
    readonly stores: readonly {
        readonly store: string;
        readonly error: { readonly code: string; readonly message: string } | null;
        readonly stale: boolean;
        readonly sources: readonly {
            readonly namespace: string;
            readonly name: string;
            readonly origin: string;
            readonly state: string;
            readonly format: string | null;
            readonly stale: string | null;
            readonly reasons: readonly string[];
        }[];
        readonly storageClasses: readonly Record<string, unknown>[];
        readonly leftovers: readonly { readonly name: string }[];
        readonly alerts: readonly Record<string, unknown>[];
        readonly recommendations: readonly { readonly rule: string }[];
        readonly hyperConverged: { readonly switchedOn: boolean; readonly templates: readonly unknown[] } | null;
    }[];
}

describe("bootsource status of what is not well", function () {
    this.timeout(60_000);
    let stage: EmbeddedStage;
    beforeEach(() => {
        stage = makeEmbeddedStage(systemClock, [
            { name: "fast", defaults: ["virtualization", "cluster"], snapshot: "overlay" },
            { name: "bulk" },
            { name: "thin", snapshot: "overlay", dataImportCronSourceFormat: "snapshot" },
        ]);
    });
    afterEach(() => stage.close());

    const at = (name: string, namespace = systemNamespace) => ({ namespace, name });
    const json = async (...flags: string[]): Promise<{ code: number | null; told: Told; stderr: string }> => {
        const { code, stdout, stderr } = await runCommand(["status", "--json", ...flags]);
        return { code, told: JSON.parse(stdout) as Told, stderr };
    };
    const makeCron = (name: string): Promise<unknown> =>
        stage.other.create("DataImportCron", {
            metadata: at(`${name}-image-cron`, "default"),
            spec: {
                template: { spec: { source: stage.publish(name, Buffer.alloc(1 << 16, 3)), storage: {} } },
                ...{ schedule: "@every 1h", managedDataSource: name, retentionPolicy: "All" as const },
            },
        });
    /** Imports what is asked for, as a stack or an agent does. */
    const work = async (name: string): Promise<void> => {
        const ending = new AbortController();
        const agent = stage.cluster.work(ending.signal);
        const cron = at(`${name}-image-cron`, "default");
        await waitFor(
            stage.other,
            "DataImportCron",
            cron,
            (found) => (conditionOf(found, "UpToDate")?.status === "True" ? true : undefined),
            AbortSignal.timeout(30_000),
        );
        ending.abort();
        await agent;
    };

    it("is exit code 1 where nothing can be cloned from a DataSource, and says which one it is", async () => {
        await stage.cluster.establish();
        const source = { pvc: at("gone", "default") };
        await stage.other.create("DataSource", { metadata: at("dead", "default"), spec: { source } });
        const { code, told, stderr } = await json("--store", stage.store);
        assert.equal(code, 1);
        const { code: kind, message } = JSON.parse(stderr) as { code: string; message: string };
        assert.deepEqual([kind, told.stale, told.stores[0]?.stale], ["failed", true, true]);
        assert.match(message, /^not every boot source is current: dead;/);
        assert.deepEqual(
            told.stores[0]?.sources.map(({ name, state, stale }) => [name, state, stale]),
            [["dead", "unmanaged", "not-ready"]],
        );
    });

    it("shows every class with its roles and the format expected of it, and the alerts of two defaults [A43, A45, A64]", async () => {
        await stage.cluster.establish();
        await stage.other.update("StorageClass", { name: "bulk" }, ({ metadata }) => {
            metadata.annotations = { ...metadata.annotations, [defaultAnnotations.virtualization]: "true" };
        });
        const { told } = await json("--store", stage.store);
        const [here] = told.stores;
        assert.deepEqual(
            here?.storageClasses.map((one) => [one["name"], one["virtualizationDefault"], one["clusterDefault"]]),
            [
                ["bulk", true, false],
                ["fast", true, true],
                ["thin", false, false],
            ],
        );
        assert.deepEqual(
            here.storageClasses.map(({ sourceFormat }) => sourceFormat),
            ["pvc", "pvc", "snapshot"],
        );
        assert.deepEqual(
            here.alerts.map(({ name, inMinutes }) => [name, inMinutes]),
            [["CDIMultipleDefaultVirtStorageClasses", null]],
        );
        const { stdout } = await runCommand(["status", "--store", stage.store]);
        assert.match(stdout, /\nSTORAGE CLASS +DEFAULT FOR +FORMAT/);
        assert.match(stdout, /\nfast +machines, cluster +pvc/);
        assert.match(stdout, /Multiple\w+ \(warning\),\s+raised once this has been so\n {4}for 5 min: several /);
        for (const line of stdout.split("\n")) assert.ok(line.length <= 80, line);
    });

    it("recommends naming a class, and snapshots where they can be taken; a claim is what is used [A51, A63, A79]", async () => {
        await stage.cluster.establish();
        await makeCron("disk");
        await work("disk");
        const { told, code } = await json("--store", stage.store);
        assert.equal(code, 0, "a recommendation is no fault");
        const [here] = told.stores;
        assert.equal(here?.sources[0]?.format, "pvc");
        const rules = here.recommendations.map(({ rule }) => rule);
        assert.ok(rules.includes("name-storage-class"), rules.join());
        const [claim] = await stage.other.list("PersistentVolumeClaim");
        assert.equal(claim?.spec.storageClassName, "fast");
        assert.ok(rules.includes("keep-as-snapshots"), rules.join());
    });

    it("lists the images of a boot source that is gone, and no alert for it [A12, A18]", async () => {
        await stage.cluster.establish();
        await makeCron("disk");
        await work("disk");
        await stage.other.delete("DataImportCron", at("disk-image-cron", "default"));
        await stage.other.delete("DataSource", at("disk", "default"));
        const { told, code } = await json("--store", stage.store);
        assert.equal(code, 0);
        const images = (await stage.other.list("PersistentVolumeClaim")).map(({ metadata }) => metadata);
        assert.deepEqual(images[0]?.labels?.[cronLabels.cron], "disk-image-cron");
        assert.deepEqual(
            told.stores[0]?.leftovers.map(({ name }) => name),
            images.map(({ name }) => name),
        );
        assert.ok(told.stores[0].alerts.every(({ name }) => name !== "CDIDataImportCronOutdated"));
        const { stdout } = await runCommand(["status", "--store", stage.store]);
        assert.match(stdout, /Left over of boot sources that are imported no more:\n {2}disk-\w+ \(64 KiB\)\n/);
    });

    it("tells the platform's boot sources from others by its list [A100, A101, A103, A104]", async () => {
        await stage.cluster.establish();
        const template = (name: string) => ({
            metadata: at(`${name}-image-cron`),
            spec: {
                template: { spec: { source: stage.publish(name, Buffer.alloc(1 << 16, 5)), storage: {} } },
                ...{ schedule: "", managedDataSource: name },
            },
        });
        const [fedora, own] = [template("fedora"), template("own")];
        await stage.other.create("HyperConverged", { metadata: hyperConvergedRef, spec: {} });
        await stage.other.update(
            "HyperConverged",
            hyperConvergedRef,
            (object) => {
                object.status = {
                    dataImportCronTemplates: [
                        { ...fedora, status: { commonTemplate: true } },
                        { ...own, status: {} },
                    ],
                };
            },
            "status",
        );
        for (const one of [fedora, own]) await stage.other.create("DataImportCron", one);
        const { told } = await json("--store", stage.store);
        assert.deepEqual(
            told.stores[0]?.sources.map(({ namespace, name, origin }) => [namespace, name, origin]),
            [
                [systemNamespace, "fedora", "system"],
                [systemNamespace, "own", "custom"],
            ],
        );
        assert.equal(told.stores[0].hyperConverged?.templates.length, 2);
        const { stdout } = await runCommand(["status", "--store", stage.store]);
        assert.match(stdout, /\nkubevirt-os-images\/fedora +waiting, not ready +.*system/);
    });

    it("shows the store that is there beside one that is not, which is exit code 1", async () => {
        await stage.cluster.establish();
        const missing = `${stage.store}-missing`;
        const { told, code } = await json("--store", missing, "--store", stage.store);
        assert.equal(code, 1);
        const [dead, alive] = told.stores;
        assert.deepEqual([dead?.store, dead?.error?.code, dead?.sources], [missing, "store-unusable", []]);
        assert.deepEqual([alive?.error, alive?.stale, alive?.storageClasses.length], [null, false, 3]);
        const { stdout, stderr } = await runCommand(["status", "--store", missing, "--store", stage.store]);
        assert.match(stdout, /there is no store at /);
        assert.match(stdout, /There are no boot sources\./);
        assert.match(stderr, /-missing cannot be read/);
    });

    it("refuses a cluster and a store at once, and a context without a kubeconfig", async () => {
        const both = await runCommand(["status", "--store", "./store", "--kubeconfig", "./none"]);
        assert.match(both.stderr, /--store names a store besides/);
        const none = await runCommand(["status", "--context", "east"]);
        assert.match(none.stderr, /no kubeconfig is named; give --kubeconfig FILE/);
        assert.deepEqual([both.code, none.code], [1, 1]);
    });
});
