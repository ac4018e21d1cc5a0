// bootsource import, as a user runs it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { sha256, Workspace } from "../importer/workspace.js";
import { makeCertificates } from "../servers/certificates.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";
import { runCommand } from "./run-command.js";

const disk = makeDisk(2_000_000, { seed: 51 });
const qcow2 = makeQcow2(disk, { compression: "zlib" });

describe("bootsource import", () => {
    let server: ImageServer;
    let space: Workspace;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });
    const left = (): string[] => space.left();

    it("makes a raw disk of the size asked for, readable by its owner only", async () => {
        const url = server.serve("/image.qcow2", { bytes: qcow2, etag: '"one"' });
        const checksum = `SHA256:${sha256(qcow2).toUpperCase()}`;
        const ended = await runCommand(["import", url, space.target, "--size", "4Mi", "--checksum", checksum]);
        assert.equal(ended.stderr, "");
        assert.equal(ended.code, 0);
        assert.ok(ended.stdout.includes(`sha256:${sha256(qcow2)}`), ended.stdout);
        assert.equal(sha256(space.target), sha256(Buffer.concat([disk, Buffer.alloc(4 * 2 ** 20 - disk.length)])));
        assert.equal(statSync(space.target).mode & 0o777, 0o600);
    });

    it("takes a path and a file url", async () => {
        const path = space.write("image", qcow2);
        for (const source of [path, pathToFileURL(path).href]) {
            assert.equal((await runCommand(["import", source, space.target, "--force"])).code, 0);
            assert.equal(sha256(space.target), sha256(disk));
        }
    });

    it("tells programs everything as one JSON object", async () => {
        const url = server.serve("/image.qcow2", { bytes: qcow2, etag: '"one"' });
        const ended = await runCommand(["import", `${url}?token=s3cret`, space.target, "--json"]);
        assert.equal(ended.stderr, "");
        assert.deepEqual(JSON.parse(ended.stdout), {
            source: `${url}?...`,
            target: space.target,
            format: "qcow2",
            codecs: [],
            virtualSize: disk.length,
            size: disk.length,
            digest: `sha256:${sha256(qcow2)}`,
            sourceSize: qcow2.length,
            version: '"one"',
        });
    });

    it("logs in by the url, or by a name and a password file, and prints neither [B24]", async () => {
        const url = server.serve("/image", { bytes: qcow2, etag: '"one"', login: "reader:s3cret" });
        const password = space.write("password", Buffer.from("s3cret\n"));
        for (const parameters of [
            [url.replace("http://", "http://reader:s3cret@"), space.target],
            [url, space.target, "--user", "reader", "--password-file", password, "--force"],
        ]) {
            const ended = await runCommand(["import", ...parameters]);
            assert.equal(ended.code, 0, ended.stderr);
            assert.doesNotMatch(ended.stdout + ended.stderr, /s3cret|reader/);
        }
        const wrong = await runCommand(["import", url.replace("http://", "http://reader:wr0ng@"), `${space.target}.2`]);
        assert.equal(wrong.code, 1);
        assert.match(wrong.stderr, /^bootsource: access-denied: cannot read .+; .+\n$/);
        assert.doesNotMatch(wrong.stderr, /wr0ng|reader/);
    });

    it("trusts the certificates that it is given", async function () {
        const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
        const secure = await startImageServer({ key, cert });
        try {
            const url = secure.serve("/image", { bytes: qcow2, etag: '"one"' });
            const untrusted = await runCommand(["import", url, space.target]);
            assert.match(untrusted.stderr, /^bootsource: untrusted: /);
            const caFile = space.write("ca.pem", Buffer.from(ca));
            const ended = await runCommand(["import", url, space.target, "--ca-file", caFile]);
            assert.equal(ended.code, 0, ended.stderr);
        } finally {
            await secure.close();
        }
    });

    for (const { reason, parameters, code } of [
        { reason: "the image is larger than the room", parameters: ["--size", "1Mi"], code: "too-large" },
        {
            reason: "the checksum is another",
            parameters: ["--checksum", `md5:${"0".repeat(32)}`],
            code: "checksum-mismatch",
        },
        { reason: "the format is another", parameters: ["--format", "qed"], code: "invalid-argument" },
        { reason: "the size is no size", parameters: ["--size", "large"], code: "invalid-argument" },
        { reason: "the checksum is no checksum", parameters: ["--checksum", "abc"], code: "invalid-argument" },
    ]) {
        it(`leaves nothing and says "${code}" when ${reason}`, async () => {
            const url = server.serve("/image.qcow2", { bytes: qcow2, etag: '"one"' });
            const ended = await runCommand(["import", url, space.target, ...parameters]);
            assert.equal(ended.code, 1);
            assert.equal(ended.stdout, "");
            assert.ok(ended.stderr.startsWith(`bootsource: ${code}: `), ended.stderr);
            assert.equal(ended.stderr.trim().split("\n").length, 1);
            assert.deepEqual(left(), []);
        });
    }

    it("tells programs an error as one JSON object", async () => {
        const ended = await runCommand(["import", `${server.url}/missing`, space.target, "--json"]);
        assert.equal(ended.code, 1);
        assert.equal(ended.stdout, "");
        const error = JSON.parse(ended.stderr) as { code: string; message: string; facts: { status: number } };
        assert.equal(error.code, "not-found");
        assert.equal(error.facts.status, 404);
        assert.match(error.message, /^cannot read http.*missing/);
        assert.deepEqual(left(), []);
    });

    it("refuses a target that is there before it asks for the image, and replaces it by --force once that is whole", async () => {
        writeFileSync(space.target, "precious");
        const url = server.serve("/image.qcow2", { bytes: qcow2, etag: '"one"' });
        const refused = await runCommand(["import", url, space.target]);
        assert.match(refused.stderr, /^bootsource: already-exists: /);
        assert.equal(server.asked.length, 0);
        const failed = await runCommand(["import", `${server.url}/missing`, space.target, "--force"]);
        assert.equal(failed.code, 1);
        assert.equal(readFileSync(space.target, "utf8"), "precious");
        assert.equal((await runCommand(["import", url, space.target, "--force"])).code, 0);
        assert.equal(sha256(space.target), sha256(disk));
        assert.deepEqual(left(), ["disk.img"]);
    });

    it("never puts a file in the place of a device or a pipe, not even by --force", async function () {
        if (process.platform === "win32") this.skip();
        execFileSync("mkfifo", [space.target]);
        const ended = await runCommand(["import", space.write("image", qcow2), space.target, "--force"]);
        assert.match(ended.stderr, /^bootsource: invalid-argument: .* not a regular file and no block device; /);
        assert.ok(statSync(space.target).isFIFO());
    });

    it("says that the target's directory is not there before it asks for the image", async () => {
        const url = server.serve("/image.qcow2", { bytes: qcow2, etag: '"one"' });
        const ended = await runCommand(["import", url, join(space.path, "nowhere", "disk.img")]);
        assert.match(ended.stderr, /^bootsource: not-found: cannot write into .*nowhere/);
        assert.equal(server.asked.length, 0);
    });

    for (const [signal, code] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
    ] as const) {
        it(`cleans up on ${signal}`, async () => {
            const url = server.serve("/image", { bytes: makeDisk(9_000_000), etag: '"one"', stalls: [5_000_000] });
            const ended = await runCommand(["import", url, space.target], (child) => {
                const waitForSilence = setInterval(() => {
                    if (server.silent.times === 0) return;
                    clearInterval(waitForSilence);
                    child.kill(signal);
                }, 10);
            });
            assert.equal(ended.code, code, ended.stderr);
            assert.match(ended.stderr, /^bootsource: cancelled: /);
            assert.deepEqual(left(), []);
        });
    }
});
