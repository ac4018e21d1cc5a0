// Where bootsource reads from beside files and web servers: standard input, archives, published checksums.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { sha256, Workspace } from "../importer/workspace.js";
import { makeCertificates } from "../servers/certificates.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";
import { runCommand } from "./run-command.js";

const disk = makeDisk(2_000_000, { seed: 61 });

describe("bootsource reads", () => {
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

    for (const [what, bytes] of [
        ["a raw disk", disk],
        ["a compressed disk", gzipSync(disk)],
        ["a qcow2", makeQcow2(disk, { compression: "zlib" })],
        ["a compressed qcow2", gzipSync(makeQcow2(disk, { compression: "zlib" }))],
    ] as const) {
        it(`standard input: ${what}`, async () => {
            const ended = await runCommand(["import", "-", space.target, "--json"], undefined, bytes);
            assert.equal(ended.code, 0, ended.stderr);
            assert.equal(sha256(space.target), sha256(disk));
            assert.equal((JSON.parse(ended.stdout) as { digest: string }).digest, `sha256:${sha256(bytes)}`);
        });
    }

    it("standard input with another checksum, and leaves nothing", async () => {
        const words = ["import", "-", space.target, "--checksum", `sha256:${"0".repeat(64)}`];
        const ended = await runCommand(words, undefined, disk);
        assert.equal(ended.code, 1);
        assert.match(ended.stderr, /checksum-mismatch/);
        assert.deepEqual(space.left(), []);
    });

    it("standard input that says nothing", async () => {
        const ended = await runCommand(["import", "-", space.target], undefined, Buffer.alloc(0));
        assert.match(ended.stderr, /^bootsource: empty-source: /);
        assert.deepEqual(space.left(), []);
    });

    it("an archive behind a web address into a directory [M31, M33]", async () => {
        const tar = gzipSync(makeTar([{ path: "bin/tool", bytes: Buffer.from("#!/bin/sh") }]));
        const url = server.serve("/tools.tar.gz", { bytes: tar, etag: '"one"' });
        const checksum = `sha256:${sha256(tar)}`;
        const ended = await runCommand([
            "import",
            url,
            space.target,
            "--content-type",
            "archive",
            "--checksum",
            checksum,
        ]);
        assert.equal(ended.stderr, "");
        assert.ok(ended.stdout.includes(checksum));
        assert.equal(readFileSync(join(space.target, "bin", "tool"), "utf8"), "#!/bin/sh");
    });

    it("an archive by HTTPS with a CA of its own, and nothing of it without [M32]", async function () {
        const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
        const secure = await startImageServer({ key, cert });
        try {
            const tar = makeTar([{ path: "motd", bytes: Buffer.from("hello") }]);
            const url = secure.serve("/tools.tar", { bytes: tar, etag: '"one"' });
            const words = ["import", url, space.target, "--content-type", "archive"];
            const refused = await runCommand(words);
            assert.match(refused.stderr, /^bootsource: untrusted: /);
            assert.deepEqual(space.left(), []);
            const ended = await runCommand([...words, "--ca-file", space.write("ca.pem", Buffer.from(ca))]);
            assert.equal(ended.code, 0, ended.stderr);
            assert.equal(readFileSync(join(space.target, "motd"), "utf8"), "hello");
        } finally {
            await secure.close();
        }
    });

    it("the checksum that is published beside an archive, and leaves nothing of one that has another", async () => {
        const tar = gzipSync(makeTar([{ path: "motd", bytes: Buffer.from("hello") }]));
        const url = server.serve("/tools.tar.gz", { bytes: tar, etag: '"one"' });
        for (const [digest, code] of [
            ["0".repeat(64), 1],
            [sha256(tar), 0],
        ] as const) {
            const sums = server.serve("/SHA256SUMS", { bytes: Buffer.from(`${digest}  tools.tar.gz\n`) });
            const words = ["import", url, space.target, "--content-type", "archive", "--checksum-url", sums];
            const ended = await runCommand(words);
            assert.equal(ended.code, code, ended.stderr);
            if (code === 1) assert.match(ended.stderr, /checksum-mismatch/);
            assert.deepEqual(space.left(), code === 1 ? [] : ["disk.img"]);
        }
    });

    it("the checksum that is published beside the image, and refuses what does not have it", async () => {
        const url = server.serve("/images/disk.img", { bytes: disk, etag: '"one"' });
        for (const [digest, code] of [
            [sha256(disk), 0],
            ["0".repeat(64), 1],
        ] as const) {
            const lines = `${"1".repeat(64)}  other.img\n${digest} *disk.img\n`;
            const sums = server.serve("/images/SHA256SUMS", { bytes: Buffer.from(lines), etag: `"${code}"` });
            const ended = await runCommand(["import", url, space.target, "--force", "--checksum-url", sums]);
            assert.equal(ended.code, code, ended.stderr);
            if (code === 1) assert.match(ended.stderr, /checksum-mismatch/);
        }
        assert.equal(sha256(space.target), sha256(disk), "the good disk is still there");
    });
});
