// What `bootsource adopt` prints, run by the real engine: twenty objects of a hand taken over, no byte moved, no uid changed.
import * as assert from "node:assert/strict";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import { conditionOf } from "../../provider/model/conditions.js";
import type { Kind, New } from "../../provider/model/objects.js";
import { runCommand } from "../cli/run-command.js";
import { diskOf } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import type { Program } from "./project.js";

const namespace = "default";

describe("bootsource adopt, by the real engine", function () {
    this.timeout(240_000);
    const engine = useEngine();

    it("takes over twenty at once: no byte moves, no uid changes, and the next preview is clean", async () => {
        const { project, web } = engine;
        const { store, directory } = project;
        const cluster = new EmbeddedCluster(store, { clock: systemClock, warn: () => undefined });
        const over = new AbortController();
        const agent = cluster.work(over.signal);
        const file = (name: string, number: number) => {
            const at = path.join(directory, `${name}.img`);
            writeFileSync(at, diskOf(number));
            return { file: { path: at } };
        };
        const settled = (kind: "DataImportCron" | "DataVolume", name: string): Promise<true> =>
            waitFor(
                cluster,
                kind,
                { namespace, name },
                (object) => {
                    const done = conditionOf(object, kind === "DataVolume" ? "Ready" : "UpToDate")?.status === "True";
                    return done ? true : undefined;
                },
                AbortSignal.timeout(60_000),
            );
        const waits: Promise<unknown>[] = [];
        for (let index = 0; index < 7; index += 1) {
            const name = index % 2 === 0 ? `cron-${index}-image-cron` : `by-hand-${index}`;
            await cluster.create("DataImportCron", {
                metadata: { namespace, name, labels: index === 0 ? { team: "images" } : {} },
                spec: {
                    template: { spec: { source: file(`cron-${index}`, index), storage: {} } },
                    ...{ schedule: "0 0 1 1 *", managedDataSource: `cron-${index}` },
                    ...(index === 1 ? { importsToKeep: 5, retentionPolicy: "None", garbageCollect: "Never" } : {}),
                },
            });
            waits.push(settled("DataImportCron", name));
        }
        const order = async (name: string, spec: New<"DataVolume">["spec"]): Promise<void> => {
            await cluster.create("DataVolume", { metadata: { namespace, name }, spec });
            waits.push(settled("DataVolume", name));
        };
        const url = web.serve("/hand.img", diskOf(20));
        for (let index = 0; index < 6; index += 1) {
            await order(`hand-${index}`, {
                source: index === 0 ? { blank: {} } : { http: { url } },
                storage: size("4Mi"),
            });
            await cluster.create("DataSource", {
                metadata: { namespace, name: `pointed-${index}` },
                spec: { source: { pvc: { namespace, name: `hand-${index}` } } },
            });
        }
        await order("alone-0", { source: { blank: {} }, storage: size("2Mi") });
        await order("alone-1", { source: { http: { url } }, storage: size("8Mi") });
        await order("alone-2", { source: file("alone", 30), storage: {} });
        await order("alone-3", { source: { http: { url } }, pvc: { accessModes: ["ReadWriteOnce"], ...size("8Mi") } });
        await order("alone-4", { source: { http: { url } }, storage: { storageClassName: "local", ...size("8Mi") } });
        await order("alone-5", { source: { pvc: { namespace, name: "hand-0" } }, storage: {} });
        await order("alone-6", { source: { http: { url } }, format: "raw", storage: {} });
        await Promise.all(waits);
        over.abort();
        await agent;

        const uids = async (): Promise<string[]> => {
            const kinds: Kind[] = ["DataImportCron", "DataSource", "DataVolume", "PersistentVolumeClaim"];
            const all = await Promise.all(kinds.map((kind) => cluster.list(kind)));
            return all.flat().map(({ metadata }) => `${metadata.name} ${metadata.uid}`);
        };
        const before = { uids: await uids(), disks: disksOf(store), asked: web.requests.length };
        const told = await runCommand(["adopt", "--store", store, "--json"]);
        const plan = JSON.parse(told.stdout) as { resources: Resource[]; skipped: unknown[] };
        assert.deepEqual([plan.resources.length, plan.skipped], [20, []]);
        const preview = await project.run("preview", programOf(plan.resources));
        assert.equal(preview.failure, undefined, preview.failure);
        const up = await project.run("up");
        assert.equal(up.failure, undefined, up.failure);
        const after = await uids();
        const lost = before.uids.filter((entry) => !after.includes(entry));
        assert.deepEqual(lost, []);
        assert.deepEqual(disksOf(store), before.disks, "the very files that were there, untouched");
        const got = web.requests.slice(before.asked).filter((line) => line.startsWith("GET"));
        assert.deepEqual(got, [], "nothing was downloaded");
        const clean = await project.run("preview");
        const steps = Object.entries(clean.steps).filter(([name]) => name !== "engine-test");
        assert.deepEqual(
            steps.filter(([, step]) => step.some((one) => one !== "same")),
            [],
        );
        const again = await runCommand(["adopt", "--store", store]);
        assert.doesNotMatch(again.stdout, /new bootsource/, "a stack owns all of it");
        await cluster.close();
    });
});

interface Resource {
    readonly type: "BootSource" | "ImportedImage";
    readonly name: string;
    readonly args: never;
}

/** The printed program says the same: each resource by its class, its name and its arguments. */
function programOf(resources: readonly Resource[]): Program {
    return () => {
        for (const { type, name, args } of resources) new bootsource[type](name, args);
        return Promise.resolve({});
    };
}

function size(storage: string): { resources: { requests: { storage: string } } } {
    return { resources: { requests: { storage } } };
}

/** Every disk of the store, with what changes whenever it is written or replaced. */
function disksOf(store: string): string[] {
    const root = path.join(store, "volumes");
    return readdirSync(root, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".img"))
        .map((name) => {
            const { ino, mtimeMs, size: bytes } = statSync(path.join(root, name));
            return `${name} ${ino} ${mtimeMs} ${bytes}`;
        })
        .sort();
}
