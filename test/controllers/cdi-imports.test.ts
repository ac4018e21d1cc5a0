// What CDI's own tests of imports ask for and a store can show: claims, names, waits, restarts, labels, adoption.
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, statSync } from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type Web, startWeb } from "../engine/web.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { refOf, useOrders } from "./orders.js";

const disk = makeDisk(2 << 20, { seed: 91 });
const iso = Buffer.from(disk);
iso.write("\u0001CD001\u0001", 32768, "latin1");

describe("CDI's tests of imports, in a store", function () {
    this.timeout(60_000);
    const orders = useOrders();
    const { order, until, settled } = orders;
    let web: Web;
    before(async () => {
        web = await startWeb();
    });
    after(() => web.close());

    const files = (): string[] =>
        readdirSync(orders.stage.store, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && !/^(?:store\.db.*|doorbell)$/.test(entry.name))
            .map((entry) => entry.name);

    it("an ISO comes in with CDI's phases, conditions and a restart count of zero [C1, C27]", async () => {
        const seen = new Set<string>();
        await order("iso", { source: { http: { url: web.serve("/x.iso", iso) } }, storage: {} });
        const done = await until("iso", ({ status }) => {
            seen.add(status?.phase ?? "");
            return status?.phase === "Succeeded";
        });
        assert.ok(
            [...seen].every((phase) =>
                ["", "Pending", "ImportScheduled", "ImportInProgress", "Succeeded"].includes(phase),
            ),
        );
        const conditions = done.status?.conditions?.map(({ type, status, reason }) => [type, status, reason].join(" "));
        assert.deepEqual(conditions?.sort(), ["Bound True Bound", "Ready True ", "Running False Completed"]);
        assert.equal(done.status?.restartCount ?? 0, 0);
        assert.ok(Buffer.from((await orders.stage.readDisk(refOf("iso"))) ?? []).equals(iso));
    });

    for (const [what, bytes] of [
        ["a qcow2", makeQcow2(disk, { compression: "zlib" })],
        ["a qcow2 in gzip", gzipSync(makeQcow2(disk, { compression: "zlib" }))],
    ] as const) {
        it(`progress of ${what} moves while a slow server sends it, and never goes back [C50]`, async () => {
            const url = web.answer("/slow", (request, response) => {
                response.writeHead(200, { "content-length": bytes.length });
                if (request.method === "HEAD") {
                    response.end();
                    return;
                }
                let at = 0;
                const step = Math.ceil(bytes.length / 8);
                const send = (): void => {
                    response.write(bytes.subarray(at, (at += step)));
                    if (at < bytes.length) setTimeout(send, 400);
                    else response.end();
                };
                send();
            });
            await order("slow", { source: { http: { url } }, storage: {} });
            const seen: number[] = [];
            await until("slow", ({ status }) => {
                if (status?.phase === "ImportInProgress") seen.push(Number.parseFloat(status.progress ?? ""));
                return status?.phase === "Succeeded";
            });
            const told = seen.filter((percent) => !Number.isNaN(percent));
            assert.ok(new Set(told).size >= 3, told.join());
            assert.deepEqual(
                told,
                [...told].sort((a, b) => a - b),
            );
            assert.ok(
                told.every((percent) => percent < 100),
                "only Succeeded says 100 %",
            );
        });
    }

    it("a claim that nobody asked to fill is left alone [C19]", async () => {
        await orders.stage.cluster.create("PersistentVolumeClaim", {
            metadata: { name: "own", namespace: "default" },
            spec: {
                accessModes: ["ReadWriteOnce"],
                resources: { requests: { storage: "1Mi" } },
                storageClassName: "local",
            },
        });
        orders.stage.cluster.drive("PersistentVolumeClaim", refOf("own"));
        await order("other", { source: { blank: {} }, storage: { resources: { requests: { storage: "1Mi" } } } });
        await settled("other");
        const claim = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("own"));
        assert.deepEqual(
            [claim?.status, existsSync(path.join(orders.stage.store, "volumes/local/default/own"))],
            [undefined, false],
        );
    });

    it("short, very long and dotted names are fine, for the disk and for what is made beside it [C28]", async () => {
        const url = web.serve("/disk.img", disk);
        for (const name of ["a", `l${"o".repeat(250)}ng`, "with.dots.in-it"]) {
            await order(name, { source: { http: { url } }, storage: {} });
            assert.equal((await settled(name)).status?.phase, "Succeeded", name);
            assert.ok(Buffer.from((await orders.stage.readDisk(refOf(name))) ?? []).equals(disk));
        }
    });

    it("a failure that may pass is tried again until it has passed; the phase is not Failed meanwhile [C24]", async () => {
        let requests = 0;
        const phases = new Set<string>();
        const url = web.answer("/late.img", (request, response) => {
            requests += 1;
            if (requests < 4) response.writeHead(503, { "retry-after": "0" }).end();
            else
                response
                    .writeHead(200, { "content-length": disk.length })
                    .end(request.method === "HEAD" ? undefined : disk);
        });
        await order("late", { source: { http: { url } }, storage: {} });
        await until("late", ({ status }) => {
            phases.add(status?.phase ?? "");
            return status?.phase === "Succeeded";
        });
        assert.ok(!phases.has("Failed") && requests >= 4);
    });

    for (const { reason, path: at } of [
        { reason: "before a byte has come", path: "head" },
        { reason: "between its bytes", path: "body" },
    ]) {
        it(`the claim is deleted ${reason}, and is made and filled again [C34, C45]`, async () => {
            let begun: () => void = () => undefined;
            const asked = new Promise<void>((resolve) => (begun = resolve));
            let first = true;
            const url = web.answer("/slow.img", (request, response) => {
                response.writeHead(200, { "content-length": disk.length });
                if (request.method === "HEAD") {
                    response.end();
                    return;
                }
                if (!first) {
                    response.end(disk);
                    return;
                }
                first = false;
                if (at === "body") response.write(disk.subarray(0, 1 << 20));
                begun();
                void pause(300).then(() => response.end(disk.subarray(at === "body" ? 1 << 20 : 0)));
            });
            await order("slow", { source: { http: { url } }, storage: {} });
            orders.stage.cluster.drive("DataVolume", refOf("slow"));
            await asked;
            const before = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("slow"));
            await orders.stage.cluster.delete("PersistentVolumeClaim", refOf("slow"));
            assert.equal((await settled("slow")).status?.phase, "Succeeded");
            const after = await orders.stage.cluster.get("PersistentVolumeClaim", refOf("slow"));
            assert.notEqual(after?.metadata.uid, before?.metadata.uid);
            assert.equal(after?.status?.phase, "Bound");
            assert.ok(Buffer.from((await orders.stage.readDisk(refOf("slow"))) ?? []).equals(disk));
            assert.deepEqual(files(), ["disk.img"], "nothing half-made is left");
        });
    }

    it("deleting what is being tried again leaves nothing, and so does making and deleting in turn [C47]", async () => {
        const url = web.answer("/never.img", (_request, response) => response.writeHead(503).end());
        for (let round = 0; round < 5; round += 1) {
            await order("loop", {
                source: { http: { url: round % 2 === 0 ? url : web.serve("/ok.img", disk) } },
                storage: {},
            });
            if (round % 2 === 1) await settled("loop");
            else orders.stage.cluster.drive("DataVolume", refOf("loop"));
            await orders.stage.cluster.delete("DataVolume", refOf("loop"));
            assert.equal(await orders.stage.cluster.get("PersistentVolumeClaim", refOf("loop")), undefined);
        }
        await orders.stage.cluster.close();
        assert.deepEqual(files(), []);
    });

    it("many blank disks come to be at once, each of its own size [C9, C48]", async () => {
        const names = Array.from({ length: 25 }, (_, index) => `blank-${index}`);
        for (const [index, name] of names.entries()) {
            const storage = { resources: { requests: { storage: `${index + 1}Mi` } } };
            await order(name, { source: { blank: {} }, storage });
        }
        await Promise.all(names.map((name) => settled(name)));
        for (const [index, name] of names.entries()) {
            const at = path.join(orders.stage.store, "volumes/local/default", name, "disk.img");
            assert.equal(statSync(at).size, (index + 1) << 20);
        }
    });

    it("extra headers reach the server, and secret ones stand in no object but their Secret [C8]", async () => {
        const seen: (string | string[] | undefined)[] = [];
        const url = web.answer("/headers.img", (request, response) => {
            seen.push(request.headers["x-plain"], request.headers["x-secret"], request.headers["x-other"]);
            response.writeHead(200, { "content-length": disk.length });
            response.end(request.method === "HEAD" ? undefined : disk);
        });
        const encode = (text: string): string => Buffer.from(text).toString("base64");
        await orders.stage.cluster.create("Secret", {
            metadata: { name: "headers", namespace: "default" },
            data: {
                one: encode("X-Secret: hush-1\n"),
                two: encode("X-Other: hush-2"),
                ".hidden": encode("X-Secret: no"),
            },
        });
        const http = { url, extraHeaders: ["X-Plain: told"], secretExtraHeaders: ["headers"] };
        await order("headers", { source: { http }, storage: {} });
        assert.equal((await settled("headers")).status?.phase, "Succeeded");
        assert.deepEqual([...new Set(seen)], ["told", "hush-1", "hush-2"]);
        const objects = [
            await orders.stage.cluster.list("DataVolume"),
            await orders.stage.cluster.list("PersistentVolumeClaim"),
            orders.stage.warnings,
        ];
        assert.doesNotMatch(JSON.stringify(objects), /hush/);
    });

    it("a large virtual disk, and a large stream of bytes, are refused for the room that there is [C18]", async () => {
        const large = makeQcow2(disk, {
            spoil: (image) => {
                image.writeBigUInt64BE(1n << 40n, 24);
                return image;
            },
        });
        for (const [name, bytes] of [
            ["virtual", large],
            ["physical", Buffer.alloc(4 << 20, 1)],
        ] as const) {
            const url = web.serve(`/${name}.img`, bytes);
            await order(name, { source: { http: { url } }, storage: { resources: { requests: { storage: "3Mi" } } } });
            const volume = await settled(name);
            assert.equal(volume.status?.phase, "Failed");
            const { message = "" } = volume.status.conditions?.find(({ type }) => type === "Running") ?? {};
            assert.match(message, /virtual size|larger than the 3 MiB/, `${name}: ${message}`);
        }
        assert.deepEqual(files(), []);
    });
});
