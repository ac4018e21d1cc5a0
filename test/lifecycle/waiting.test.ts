// What takes time or holds on to things: waiting, progress, disks in use, credentials; over a real store, without an engine.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import * as path from "node:path";
import type { Data } from "../../provider/resources/contract.js";
import { grown, rawDisk, sha256 } from "../engine/disks.js";
import { sha256Of } from "../engine/project.js";
import { partOf, urnOf } from "./engine.js";
import { http, useLifecycle } from "./fixture.js";

describe("an image on its way", function () {
    this.timeout(60_000);
    const fixture = useLifecycle();
    const { run, look } = fixture;

    it("gives up when nothing moves for the time allowed, and says what it waited for", async () => {
        const args = {
            source: { http: { url: `${fixture.web.url}/x`, secretRef: "nobody-made-it" } },
            timeoutSeconds: 1,
        };
        const failed = await partOf(run().up(args));
        assert.match(failed.message, /no progress for 1 s \(.*no Secret default\/nobody-made-it.*\).*timeoutSeconds/);
    });

    it("gives up on what does not come, however often it is looked for meanwhile", async () => {
        const began = Date.now();
        const failed = await partOf(run().up({ source: { pvc: { name: "nobody-made-it" } }, timeoutSeconds: 3 }));
        assert.match(failed.message, /no progress for 3 s \(.*there is no such claim.*\).*timeoutSeconds/);
        assert.ok(Date.now() - began < 30_000, "it is looked for every second, and that is no progress");
    });

    it("shows bytes, share, rate and remaining time on the resource's own row [B40]", async () => {
        const disk = rawDisk("slow", 2 << 20);
        const url = fixture.web.answer("/slow.img", (request, response) => {
            response.writeHead(200, { "content-length": disk.length });
            let sent = 0;
            const next = (): void => {
                if (request.method === "HEAD" || sent >= disk.length || response.destroyed) {
                    response.end();
                    return;
                }
                response.write(disk.subarray(sent, sent + (64 << 10)));
                sent += 64 << 10;
                setTimeout(next, 70);
            };
            next();
        });
        const slow = run();
        await slow.up(http(url));
        const shown = slow.said.filter(({ severity, urn }) => severity === "progress" && urn === urnOf("disk"));
        assert.ok(
            shown.some(({ message }) => /^imported .* of 2 MiB \(\d+ %\), .*\/s, \d+ s left$/.test(message)),
            JSON.stringify(shown),
        );
    });

    it("does not delete a disk that a program has open, before it is closed", async () => {
        const kept = await run().up(http(fixture.web.serve("/open.img", rawDisk("open"))));
        const disk = String(kept.state["path"]);
        const script = `require("fs").openSync(process.argv[1]); console.log(1); setInterval(() => 0, 1e6)`;
        const holder = spawn(process.execPath, ["-e", script, disk]);
        await once(holder.stdout, "data");
        try {
            await assert.rejects(run().session.delete("ImportedImage", kept.state), /in use by .*node.*force: true/);
        } finally {
            holder.kill("SIGKILL");
            await once(holder, "exit");
        }
        assert.ok(existsSync(disk));
        await run().session.delete("ImportedImage", kept.state);
        assert.equal(existsSync(disk), false);
    });

    it("ends at once when only acceptance is waited for", async () => {
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => (release = resolve));
        const disk = rawDisk("accepted");
        const url = fixture.web.answer("/accepted.img", (request, response) => {
            const send = (): void => {
                response
                    .writeHead(200, { "content-length": disk.length })
                    .end(request.method === "HEAD" ? undefined : disk);
            };
            void held.then(send);
        });
        const going = run();
        const kept = await going.up(http(url, { wait: "accepted" }));
        assert.notEqual(kept.state["phase"], "Succeeded", "the image is still on its way");
        release();
        const ready = await going.up(http(url, { wait: "ready" }), kept);
        assert.equal(ready.state["phase"], "Succeeded");
        assert.equal(sha256Of(String(ready.state["path"])), sha256(disk));
    });

    it("leaves the whole on the resource's row at its end, not how far it was when last seen", async () => {
        const disk = rawDisk("trickle");
        const url = fixture.web.answer("/trickle.img", (request, response) => {
            response.writeHead(200, { "content-length": disk.length });
            if (request.method === "HEAD") return void response.end();
            response.write(disk.subarray(0, 1 << 20));
            setTimeout(() => response.end(disk.subarray(1 << 20)), 1_500);
        });
        const going = run();
        await going.up(http(url));
        const shown = going.said.filter(({ severity }) => severity === "progress").map(({ message }) => message);
        assert.match(shown[0] ?? "", /^imported .* of 3 MiB \(\d+ %\)/);
        assert.equal(shown.at(-1), "imported 3 MiB");
    });

    it("makes the Secret from credentials of the arguments, follows them, and removes it with the image [B29, Y601, Y603, Y604]", async () => {
        const args = (secretKey: string): Data => ({
            source: {
                http: {
                    url: fixture.web.serve("/login.img", rawDisk("login")),
                    credentials: { accessKeyId: "me", secretKey },
                },
            },
            name: "login",
        });
        const kept = await run().up(args("one\n"));
        const at = { namespace: "default", name: "login-source" };
        const secret = await look((cluster) => cluster.get("Secret", at));
        assert.ok(secret, "a Secret was made [Y601]");
        assert.equal(secret.metadata.labels?.["app"], "containerized-data-importer", "with CDI's label");
        assert.equal(secret.type, "Opaque");
        assert.equal(Buffer.from(secret.data?.["secretKey"] ?? "", "base64").toString(), "one", "the newline is cut");
        const asked = fixture.web.requests.length;
        const next = await run().up(args("two"), kept);
        const changed = await look((cluster) => cluster.get("Secret", at));
        assert.equal(Buffer.from(changed?.data?.["secretKey"] ?? "", "base64").toString(), "two");
        assert.equal(fixture.web.requests.length, asked, "another password brings nothing in again");
        await run().session.delete("ImportedImage", next.state);
        assert.equal(await look((cluster) => cluster.get("Secret", at)), undefined);
    });

    it("follows labels and annotations, and leaves those of others", async () => {
        const args = { source: { blank: {} }, storage: { size: "1Mi" }, name: "labelled" };
        const kept = await run().up({ ...args, labels: { tier: "gold", old: "yes" }, annotations: { note: "a" } });
        const at = { namespace: "default", name: "labelled" };
        await look((cluster) =>
            cluster.update(
                "DataVolume",
                at,
                (volume) => (volume.metadata.labels = { ...volume.metadata.labels, theirs: "1" }),
            ),
        );
        await run().up({ ...args, labels: { tier: "silver" } }, kept);
        const volume = await look((cluster) => cluster.get("DataVolume", at));
        const claim = await look((cluster) => cluster.get("PersistentVolumeClaim", at));
        assert.deepEqual(volume?.metadata.labels, { tier: "silver", theirs: "1" });
        assert.equal(volume.metadata.annotations?.["note"], undefined);
        assert.deepEqual(claim?.metadata.labels, { app: "containerized-data-importer", tier: "silver" });
    });

    it("lets a replacement that took too long change nothing, also when its bytes come in later", async () => {
        const [one, two] = [rawDisk("patient-1"), rawDisk("patient-2")];
        const kept = await run().up(http(fixture.web.serve("/patient-1.img", one), { name: "golden" }));
        let release = (): void => undefined;
        const held = new Promise<void>((resolve) => (release = resolve));
        const url = fixture.web.answer("/patient-2.img", (request, response) => {
            if (request.method === "HEAD") {
                response.writeHead(200, { "content-length": two.length }).end();
                return;
            }
            void held.then(() => response.writeHead(200, { "content-length": two.length }).end(two));
        });
        const late = run();
        await assert.rejects(late.up(http(url, { name: "golden", timeoutSeconds: 1 }), kept), /no progress for 1 s/);
        release();
        // The late import is over when it has let go of its lock and of its half disk.
        const partial = path.join(fixture.store, "partial");
        for (const deadline = Date.now() + 20_000; readdirSync(partial).length > 0;) {
            assert.ok(Date.now() < deadline, `left: ${readdirSync(partial).join()}`);
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        const disk = String(kept.state["path"]);
        assert.equal(sha256Of(disk), sha256(one), "the old disk is still the one");
        const back = await run().session.read("ImportedImage", kept.id, kept.state);
        assert.deepEqual(back?.state, kept.state, "and is described as before");
    });

    it("is one of many that come in side by side, each whole", async () => {
        const many = run();
        const disks = Array.from({ length: 24 }, (_, index) => rawDisk(`many-${index}`, 1 << 20));
        const kept = await Promise.all(
            disks.map((disk, index) => {
                const url = fixture.web.serve(`/many-${index}.img`, disk);
                return many.up(http(url, { storage: { size: "2Mi" } }), undefined, `many-${index}`);
            }),
        );
        for (const [index, disk] of disks.entries()) {
            assert.equal(sha256Of(String(kept[index]?.state["path"])), sha256(grown(disk, 2 << 20)), `image ${index}`);
        }
        await Promise.all(kept.map(({ state }) => many.session.delete("ImportedImage", state)));
        assert.deepEqual(await look((cluster) => cluster.list("PersistentVolumeClaim")), []);
    });

    it("leaves a Secret alone that is not its own", async () => {
        const at = { namespace: "default", name: "guarded-source" };
        await look((cluster) => cluster.create("Secret", { metadata: at, data: { accessKeyId: "bWluZQ==" } }));
        const credentials = { accessKeyId: "me", secretKey: "hush" };
        const args = {
            source: { http: { url: fixture.web.serve("/guarded.img", rawDisk("g")), credentials } },
            name: "guarded",
        };
        await assert.rejects(run().up(args), /there is a Secret default\/guarded-source that is not ours/);
        const secret = await look((cluster) => cluster.get("Secret", at));
        assert.deepEqual(secret?.data, { accessKeyId: "bWluZQ==" });
    });
});
