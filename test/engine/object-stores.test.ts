// Objects of S3 and of Google Cloud Storage through the real engine: keys right and wrong, another object, nothing in clear.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startGcsServer } from "../servers/gcs-server.js";
import { keys, requireS3Server, type S3Server, startS3Server } from "../servers/s3-server.js";
import { image, useEngine } from "./fixture.js";

const disk = makeDisk(3 << 20, { seed: 111 });
const newer = makeDisk(3 << 20, { seed: 112 });

describe("objects of S3 in a stack", function () {
    this.timeout(180_000);
    const engine = useEngine();
    let server: S3Server;
    before(async function () {
        server = await startS3Server(await requireS3Server(this), ["images"]);
    });
    after(() => server.close());

    it("come in with the right keys alone, go on by another name, and leave with the stack", async () => {
        const { project } = engine;
        await server.put("images", "one.qcow2", makeQcow2(disk));
        await server.put("images", "two.img", newer);
        const args = (key: string, credentials: object) =>
            image({ source: { s3: { url: `${server.url}/images/${key}`, credentials: credentials as typeof keys } } });
        const wrong = { ...keys, secretKey: "s3cret-of-nobody" };
        const refused = await project.run("up", args("one.qcow2", wrong));
        assert.match(refused.failure ?? "", /cannot read \S+one\.qcow2: /);
        assert.doesNotMatch(refused.text + project.state(), /s3cret/);

        const seen = await project.run("preview", args("one.qcow2", keys));
        assert.equal(seen.failure, undefined);
        const made = await project.run("up");
        assert.equal(made.failure, undefined);
        assert.ok(readFileSync(String(made.outputs["path"])).equals(disk));
        assert.doesNotMatch(project.state(), /s3cret/);
        const again = await project.run("refresh");
        assert.deepEqual([again.failure, again.diagnostics], [undefined, []]);
        assert.deepEqual((await project.run("up")).steps["disk"], ["same"]);

        const changed = await project.run("up", args("one.qcow2", { ...keys, sessionToken: "s3cret-token" }));
        assert.deepEqual(changed.steps["disk"], ["update"], "other keys import nothing");
        const moved = await project.run("up", args("two.img", keys));
        assert.equal(moved.failure, undefined);
        assert.ok(readFileSync(String(moved.outputs["path"])).equals(newer));
        assert.equal((await project.run("destroy")).failure, undefined);
        assert.equal(existsSync(String(moved.outputs["path"])), false);
    });
});

describe("objects of Google Cloud Storage in a stack", function () {
    this.timeout(180_000);
    const engine = useEngine();

    it("come in with a service account or without any, and a public one with nothing [C14]", async () => {
        const server = await startGcsServer();
        try {
            server.put("private", "disk.qcow2", makeQcow2(disk));
            server.put("public", "disk.img", newer);
            const { credentialsJson } = server;
            const program = (gcs: object) => image({ source: { gcs: gcs as { url: string } } });
            const url = `${server.url}/private/disk.qcow2`;
            const refused = await engine.project.run("up", program({ url, anonymous: true }));
            assert.match(refused.failure ?? "", /cannot read \S+disk\.qcow2: /);
            const made = await engine.project.run("up", program({ url, credentialsJson }));
            assert.equal(made.failure, undefined);
            assert.ok(readFileSync(String(made.outputs["path"])).equals(disk));
            assert.doesNotMatch(engine.project.state(), /s3cret|PRIVATE KEY/);
            const open = await engine.project.run(
                "up",
                program({ url: `${server.url}/public/disk.img`, anonymous: true }),
            );
            assert.equal(open.failure, undefined);
            assert.ok(readFileSync(String(open.outputs["path"])).equals(newer));
            assert.equal((await engine.project.run("destroy")).failure, undefined);
        } finally {
            await server.close();
        }
    });
});
