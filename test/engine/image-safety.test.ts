// What must not be lost, by the real engine: old disks when new ones fail, what a guest wrote, secrets.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { rawDisk, sha256 } from "./disks.js";
import { http, image, useEngine } from "./fixture.js";
import { sha256Of } from "./project.js";

describe("ImportedImage by the real engine, when things go wrong", function () {
    this.timeout(180_000);
    const engine = useEngine();

    it("ends a wrong checksum and a 404 with their reason, keeps the old disk, and recovers", async () => {
        const disk = rawDisk("good");
        const url = engine.web.serve("/good.img", disk);
        const good = await engine.project.run("up", image(http(url)));
        const wrong = await engine.project.run("up", image(http(url, { checksum: `sha256:${"0".repeat(64)}` })));
        assert.match(wrong.failure ?? "", /checksum/, "the reason is told");
        assert.match(wrong.failure ?? "", new RegExp(sha256(disk)), "with what was found");
        assert.equal(sha256Of(String(good.outputs["path"])), sha256(disk), "the old disk stays");
        const missing = await engine.project.run("up", image(http(`${engine.web.url}/nothing.img`)));
        assert.match(missing.failure ?? "", /404/);
        const right = await engine.project.run("up", image(http(url, { checksum: `sha256:${sha256(disk)}` })));
        assert.equal(right.failure, undefined);
        assert.deepEqual(right.steps["disk"], ["update"], "the checksum that came in is no other image");
    });

    it("keeps the state of a first create that failed, and goes on from it", async () => {
        const failed = await engine.project.run("up", image(http(`${engine.web.url}/later.img`)));
        assert.match(failed.failure ?? "", /404/);
        const disk = rawDisk("later");
        engine.web.serve("/later.img", disk);
        const up = await engine.project.run("up");
        assert.equal(up.failure, undefined);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
        await engine.project.run("up", image(http(`${engine.web.url}/never.img`), "other"));
        const gone = await engine.project.run("destroy");
        assert.equal(gone.failure, undefined, "what failed can be destroyed");
    });

    it("survives a server that stops halfway", async () => {
        const disk = rawDisk("halfway", 2 << 20);
        let cut = 0;
        const url = engine.web.answer("/halfway.img", (request, response) => {
            const half = disk.length >> 1;
            if (request.headers.range === undefined && request.method === "GET" && cut++ === 0) {
                response.writeHead(200, { "content-length": disk.length, etag: '"half"', "accept-ranges": "bytes" });
                response.write(disk.subarray(0, half), () => response.destroy());
                return;
            }
            const range = /bytes=(\d+)-/.exec(request.headers.range ?? "");
            const first = Number(range?.[1] ?? 0);
            const part = disk.subarray(first);
            const headers = { "content-length": part.length, etag: '"half"', "accept-ranges": "bytes" };
            const where = { "content-range": `bytes ${first}-${disk.length - 1}/${disk.length}` };
            response.writeHead(range === null ? 200 : 206, range === null ? headers : { ...headers, ...where });
            response.end(request.method === "HEAD" ? undefined : part);
        });
        const up = await engine.project.run("up", image(http(url)));
        assert.equal(up.failure, undefined);
        assert.equal(cut >= 1, true, "the server did stop halfway");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
    });

    it("imports again what was removed, and keeps what was written since the import", async () => {
        const disk = rawDisk("drift");
        const url = engine.web.serve("/drift.img", disk);
        const up = await engine.project.run("up", image(http(url)));
        const file = String(up.outputs["path"]);
        rmSync(file);
        const refreshed = await engine.project.run("refresh");
        assert.deepEqual(refreshed.steps["disk"], ["refresh"]);
        const again = await engine.project.run("up");
        assert.deepEqual(again.steps["disk"], ["create"], "a disk that is gone is imported again");
        assert.equal(sha256Of(file), sha256(disk));

        writeFileSync(file, "the guest wrote this", { flag: "r+" });
        const booted = await engine.project.run("refresh");
        assert.match(booted.text, /written to since its import/);
        const after = await engine.project.run("up");
        assert.deepEqual(after.steps["disk"], ["same"], "a booted disk is not drift");
        assert.equal(after.outputs["modified"], true);
        const kept = await engine.project.run("destroy");
        assert.match(
            kept.failure ?? "",
            /written to since the import.*force: true/s,
            "what was written is not destroyed",
        );
        assert.ok(existsSync(file));
        await engine.project.run("up", image({ ...http(url), force: true }));
        assert.equal((await engine.project.run("destroy")).failure, undefined, "unless it is forced");
        assert.equal(existsSync(file), false);
    });

    it("stages another image under a name of the user's own and swaps it in [Y902]", async () => {
        const [one, two] = [rawDisk("named-1"), rawDisk("named-2", 2 << 20)];
        const named = (url: string) => image(http(url, { name: "example-import-dv" }));
        const first = await engine.project.run("up", named(engine.web.serve("/named-1.img", one)));
        assert.equal(first.outputs["claimName"], "example-import-dv");
        const bad = await engine.project.run("up", named(`${engine.web.url}/named-none.img`));
        assert.match(bad.failure ?? "", /404/);
        assert.equal(
            sha256Of(String(first.outputs["path"])),
            sha256(one),
            "the old disk stays where the new one fails",
        );
        assert.deepEqual((await engine.project.run("up", named(`${engine.web.url}/named-1.img`))).steps["disk"], [
            "same",
        ]);
        const second = await engine.project.run("up", named(engine.web.serve("/named-2.img", two)));
        assert.equal(second.failure, undefined);
        assert.equal(second.outputs["path"], first.outputs["path"]);
        assert.equal(sha256Of(String(second.outputs["path"])), sha256(two), "the new disk took its place");
        assert.equal((await engine.project.run("destroy")).failure, undefined);
        assert.equal(existsSync(String(first.outputs["path"])), false);
    });

    it("never shows a secret, and sends it only where it belongs [B24, Y605, Y606]", async () => {
        const disk = rawDisk("secret");
        const header = `Basic ${Buffer.from("me:hush-hush").toString("base64")}`;
        let refused = 0;
        const url = engine.web.answer("/secret.img", (request, response) => {
            if (request.headers.authorization !== header) {
                refused++;
                response.writeHead(401).end();
            } else
                response
                    .writeHead(200, { "content-length": disk.length })
                    .end(request.method === "HEAD" ? undefined : disk);
        });
        const secret = (secretKey: string) =>
            image({ source: { http: { url, credentials: { accessKeyId: "me", secretKey } } } });
        const wrong = await engine.project.run("up", secret("not-it-either"));
        assert.match(wrong.failure ?? `no failure: ${wrong.text}`, /401/);
        assert.equal(refused > 0, true);
        const up = await engine.project.run("up", secret("hush-hush\n"));
        assert.equal(up.failure, undefined, "a trailing newline is cut");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
        const shown = [wrong, up].map(({ text, failure = "" }) => text + failure).join();
        assert.doesNotMatch(shown, /hush|not-it/, "nothing printed holds the secret");
        const state = readState(engine.project.directory);
        assert.doesNotMatch(state, /hush|not-it/, "nor does the state");
    });
});

function readState(directory: string): string {
    const stacks = path.join(directory, "backend", ".pulumi", "stacks", "engine");
    return readdirSync(stacks)
        .filter((name) => name.endsWith(".json"))
        .map((name) => readFileSync(path.join(stacks, name), "utf8"))
        .join();
}
