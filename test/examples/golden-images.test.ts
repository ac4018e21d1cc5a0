// The example of a team's images by the plain `pulumi` command on a copy, with mirrors in place of the world.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { clone, type Project, projectFrom } from "../package/project";
import { type ImageServer, startImageServer } from "../servers/image-server.js";
import { type Registry, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";

const [fedora, debian] = [makeDisk(3 << 20, { seed: 121 }), makeDisk(3 << 20, { seed: 122 })];

describe("the example of a team's images", function () {
    this.timeout(240_000);
    let project: Project;
    let registry: Registry;
    let server: ImageServer;

    before(async function () {
        requireTool(this, "pulumi");
        registry = await startRegistry(requireTool(this, "docker-registry"));
        afterwards(this, () => registry.close());
        server = await startImageServer();
        afterwards(this, () => server.close());
        project = projectFrom(path.join(clone, "examples", "golden-images"));
        afterwards(this, () => {
            project.remove();
        });
        const architecture = process.arch === "x64" ? "amd64" : process.arch;
        await registry.push("quay/containerdisks/fedora", "42", makeContainerdisk(makeQcow2(fedora), { architecture }));
        const qcow2 = makeQcow2(debian, { compression: "zlib" });
        const sha512 = createHash("sha512").update(qcow2).digest("hex");
        const at = "/debian/images/cloud/trixie/latest";
        server.serve(`${at}/debian-13-generic-amd64.qcow2`, { bytes: qcow2, etag: '"1"' });
        server.serve(`${at}/SHA512SUMS`, { bytes: Buffer.from(`${sha512}  debian-13-generic-amd64.qcow2\n`) });
        const tools = gzipSync(makeTar([{ path: "agent/install.sh", bytes: Buffer.from("#!/bin/sh\n") }]));
        server.serve("/corp/guest-tools.tar.gz", { bytes: tools, etag: '"1"' });
    });

    it("brings in every one of them from the mirrors that the stack names, and says where they are [B12, B13]", async () => {
        const mirrors = {
            "quay.io": `${registry.host}/quay`,
            "https://cloud.debian.org/": `${server.url}/debian/`,
            "https://files.corp.example.com/": `${server.url}/corp/`,
        };
        const settings = Object.entries(mirrors).map(([from, to]) => [
            "config",
            "set",
            "--path",
            `bootsource:mirrors["${from}"]`,
            to,
        ]);
        for (const args of [
            ["stack", "init", "dev"],
            ["config", "set", "bootsource:store", "./store"],
            ["config", "set", "--path", "bootsource:insecureRegistries[0]", registry.host],
            ...settings,
            ["up", "--yes"],
        ]) {
            const { code, out, err } = await project.pulumi(...args);
            assert.equal(code, 0, out + err);
        }
        const outputs = JSON.parse((await project.pulumi("stack", "output", "--json")).out) as {
            images: Record<string, string>;
            fedoraDigest: string;
        };
        const bytes = (name: string): Buffer => {
            const file = fs.openSync(outputs.images[name] ?? "", "r");
            const start = Buffer.alloc(3 << 20);
            fs.readSync(file, start, 0, start.length, 0);
            fs.closeSync(file);
            return start;
        };
        assert.ok(
            bytes("fedora").equals(fedora) && bytes("workbench").equals(fedora) && bytes("debian").equals(debian),
        );
        assert.equal(fs.statSync(outputs.images["workbench"] ?? "").size, 20 * 2 ** 30);
        const script = fs.readFileSync(path.join(outputs.images["tools"] ?? "", "agent", "install.sh"), "utf8");
        assert.equal(script, "#!/bin/sh\n");
        assert.match(outputs.fedoraDigest, /^sha256:[0-9a-f]{64}$/);
        const preview = await project.pulumi("preview", "--expect-no-changes");
        assert.equal(preview.code, 0, preview.out + preview.err);
    });
});
