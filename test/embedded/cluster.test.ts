// The embedded world: the contract of every cluster, and what only a directory can show.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import type { Cluster } from "../../provider/cluster/contract.js";
import { waitFor } from "../../provider/cluster/wait.js";
import type { DataVolume, Ref } from "../../provider/model/objects.js";
import { describeCluster, rejects } from "../conformance/cluster.js";
import { describeImports } from "../conformance/imports.js";
import { startWeb, type Web } from "../engine/web.js";
import { type EmbeddedStage, makeEmbeddedStage } from "./stage.js";

describeCluster("a store", () => Promise.resolve(makeEmbeddedStage()));
describeImports("a store", () => Promise.resolve(makeEmbeddedStage()));

describe("a store", function () {
    this.timeout(30_000);
    let stage: EmbeddedStage;
    let web: Web;
    const volume: Ref = { namespace: "default", name: "disk" };

    before(async () => {
        web = await startWeb();
    });
    after(() => web.close());
    beforeEach(() => {
        stage = makeEmbeddedStage();
    });
    afterEach(() => stage.close());

    const order = (
        source: DataVolume["spec"]["source"],
        storage: DataVolume["spec"]["storage"] = {},
    ): Promise<DataVolume> =>
        stage.cluster.create("DataVolume", {
            metadata: { ...volume, namespace: "default" },
            spec: { source, storage },
        });
    const settled = (cluster: Cluster = stage.cluster): Promise<DataVolume> =>
        waitFor(
            cluster,
            "DataVolume",
            volume,
            (found) => (["Succeeded", "Failed"].includes(found?.status?.phase ?? "") ? found : undefined),
            AbortSignal.timeout(20_000),
        );

    it("is not made by looking at it, and promises the class that it will have", async () => {
        assert.equal(stage.cluster.identity, undefined);
        assert.equal(await stage.cluster.get("DataVolume", volume), undefined);
        const [promised] = await stage.cluster.list("StorageClass");
        assert.equal(promised?.metadata.name, "local");
        assert.equal(existsSync(stage.store), false, "nothing was written");
    });

    it("keeps one identity for good, and is readable by its owner alone", async () => {
        const identity = await stage.cluster.establish();
        assert.equal(stage.other.identity, identity, "another process sees the same");
        assert.equal(statSync(stage.store).mode & 0o777, 0o700);
        assert.equal(statSync(path.join(stage.store, "store.db")).mode & 0o777, 0o600);
        await order({ blank: {} }, { resources: { requests: { storage: "1Mi" } } });
        await settled();
        const disk = (await stage.cluster.volume(volume))?.path ?? "";
        assert.equal(statSync(disk).mode & 0o777, 0o600);
    });

    it("is read without a trace: no file changes, none appears", async () => {
        await order(stage.publish("plain", new Uint8Array(1 << 20)));
        await settled();
        const reader = stage.other;
        const listing = (): string =>
            readdirSync(stage.store)
                .map((name) => `${name} ${statSync(path.join(stage.store, name)).mtimeMs}`)
                .join();
        // Whoever imported has let go: what it still had to look at is no trace of the reader.
        await stage.cluster.close();
        const before = listing();
        assert.ok(reader.identity);
        assert.equal((await reader.list("DataVolume")).length, 1);
        assert.equal((await reader.volume(volume))?.state, "intact");
        assert.equal(listing(), before);
    });

    it("refuses names that could leave its directory", async () => {
        for (const name of ["../up", "a/b", "UPPER", "", ".", "-x"]) {
            const made = stage.cluster.create("DataVolume", {
                metadata: { name, namespace: "default" },
                spec: { source: { blank: {} } },
            });
            await rejects(
                Promise.resolve().then(() => made),
                "invalid-argument",
            );
        }
    });

    it("tells a disk that was written, one that is gone, and one that is open", async () => {
        await order(stage.publish("plain", new Uint8Array(1 << 20)));
        await settled();
        const seen = await stage.cluster.volume(volume);
        assert.deepEqual([seen?.state, seen?.size, await stage.cluster.usersOf(volume)], ["intact", 1 << 20, []]);
        const disk = seen?.path ?? "";
        const holder = spawn(process.execPath, [
            "-e",
            `require("fs").openSync(${JSON.stringify(disk)}); console.log(1); setInterval(() => 0, 1e6)`,
        ]);
        await once(holder.stdout, "data");
        const users = await stage.cluster.usersOf(volume).finally(() => holder.kill("SIGKILL"));
        await once(holder, "exit");
        assert.ok(users[0]?.includes(String(holder.pid)), `names the program that has it open: ${users.join()}`);
        writeFileSync(disk, "guest", { flag: "r+" });
        assert.equal((await stage.cluster.volume(volume))?.state, "written");
        rmSync(disk);
        assert.equal((await stage.cluster.volume(volume))?.state, "missing");
    });

    it("joins a live import instead of importing twice", async () => {
        const bytes = new Uint8Array(1 << 20).fill(3);
        let bodies = 0;
        const url = web.answer("/joined.img", (request, response) => {
            if (request.method === "GET" && request.headers.range === undefined) bodies++;
            response.writeHead(200, { "content-length": bytes.length });
            response.end(request.method === "HEAD" ? undefined : bytes);
        });
        await order({ http: { url } });
        const both = await Promise.all([settled(stage.cluster), settled(stage.other)]);
        assert.deepEqual(
            both.map(({ status }) => status?.phase),
            ["Succeeded", "Succeeded"],
        );
        assert.equal(bodies, 1, "one of the two brought the image in");
        assert.deepEqual(await stage.readDisk(volume), bytes);
    });

    it("ends an import whose object is deleted meanwhile, and leaves nothing", async () => {
        let started = (): void => undefined;
        const begun = new Promise<void>((resolve) => (started = resolve));
        const url = web.answer("/endless.img", (request, response) => {
            response.writeHead(200, { "content-length": 1 << 30 });
            if (request.method === "HEAD") {
                response.end();
                return;
            }
            const more = setInterval(() => response.write(Buffer.alloc(4096, 1)), 50);
            response.on("close", () => {
                clearInterval(more);
            });
            started();
        });
        await order({ http: { url } }, { resources: { requests: { storage: "2Gi" } } });
        stage.cluster.drive("DataVolume", volume);
        await begun;
        await stage.other.delete("DataVolume", volume);
        const partial = path.join(stage.store, "partial");
        for (const deadline = Date.now() + 15_000; readdirSync(partial).length > 0;) {
            assert.ok(Date.now() < deadline, `left: ${readdirSync(partial).join()}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        assert.equal(await stage.cluster.get("PersistentVolumeClaim", volume), undefined);
    });

    it("takes away with an object what a killed import of it left", async () => {
        const { metadata } = await order({ blank: {} });
        const lock = path.join(stage.store, "partial", `${metadata.uid}.lock`);
        const script = `require(${JSON.stringify(require.resolve("../../provider/embedded/lock.js"))}).tryLock(process.argv[1]);
            console.log("held"); setInterval(() => 0, 1e6);`;
        const importing = spawn(process.execPath, ["-e", script, lock], { stdio: ["ignore", "pipe", "ignore"] });
        await once(importing.stdout, "data");
        writeFileSync(path.join(stage.store, "partial", `${metadata.uid}-1.img`), "half a disk");
        importing.kill("SIGKILL");
        await once(importing, "exit");
        await stage.cluster.delete("DataVolume", volume);
        assert.deepEqual(readdirSync(path.join(stage.store, "partial")), []);
    });

    it("grows a claim's disk, and keeps it known as written where it was", async () => {
        await order(stage.publish("plain", new Uint8Array(1 << 20).fill(9)), {
            resources: { requests: { storage: "1Mi" } },
        });
        await settled();
        const disk = (await stage.cluster.volume(volume))?.path ?? "";
        const grow = async (storage: string): Promise<void> => {
            await stage.cluster.update("PersistentVolumeClaim", volume, (claim) => {
                claim.spec.resources = { requests: { storage } };
            });
            const hasIt = (size?: string): boolean => size === storage;
            await waitFor(
                stage.cluster,
                "PersistentVolumeClaim",
                volume,
                (claim) => (hasIt(claim?.status?.capacity?.storage) ? claim : undefined),
                AbortSignal.timeout(10_000),
            );
        };
        await grow("2Mi");
        assert.equal(statSync(disk).size, 2 << 20);
        assert.equal((await stage.cluster.volume(volume))?.state, "intact", "growing is no writing");
        writeFileSync(disk, "guest", { flag: "r+" });
        await grow("3Mi");
        assert.equal((await stage.cluster.volume(volume))?.state, "written", "what the guest wrote is still known");
    });

    it("says in Kubernetes' condition why a claim cannot grow", async () => {
        await order({ blank: {} }, { resources: { requests: { storage: "1Mi" } } });
        await settled();
        rmSync((await stage.cluster.volume(volume))?.path ?? "");
        await stage.cluster.update("PersistentVolumeClaim", volume, (claim) => {
            claim.spec.resources = { requests: { storage: "2Mi" } };
        });
        const failed = await waitFor(
            stage.cluster,
            "PersistentVolumeClaim",
            volume,
            (claim) => claim?.status?.conditions?.find(({ type }) => type === "ControllerResizeError"),
            AbortSignal.timeout(10_000),
        );
        assert.match(failed.message, /cannot grow the disk .*disk\.img: ENOENT/);
        assert.equal((await stage.cluster.get("PersistentVolumeClaim", volume))?.status?.capacity?.storage, "1Mi");
    });
});
