// Every source through the real engine: preview, up, change, refresh and destroy, as a user's infrastructure repository does it.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import * as bootsource from "../../components/index.js";
import { makeContainerdisk, makeIndex } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { type Registry, registryLogin, startRegistry } from "../servers/registry.js";
import { afterwards, requireTool } from "../tools.js";
import { http, image, useEngine } from "./fixture.js";
import { sha256Of } from "./project.js";

const disk = makeDisk(3 << 20, { seed: 71 });
const newer = makeDisk(3 << 20, { seed: 72 });
const architectures: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };
const architecture = architectures[process.arch] ?? process.arch;

describe("containerdisks in a stack", function () {
    this.timeout(180_000);
    const engine = useEngine();
    let registry: Registry;
    before(async function () {
        registry = await startRegistry(requireTool(this, "docker-registry"), { login: true });
        afterwards(this, () => registry.close());
    });

    const args = (
        url: string,
        more: Partial<bootsource.RegistrySourceArgs> = {},
    ): Partial<bootsource.ImportedImageArgs> => ({
        source: {
            registry: {
                url,
                credentials: { accessKeyId: registryLogin.username, secretKey: `${registryLogin.password}\n` },
                ...more,
            },
        },
    });
    const program = (given: Partial<bootsource.ImportedImageArgs>) => () => {
        const {
            path: at,
            digest,
            indexDigest,
            claimName,
            imageLabels,
        } = new bootsource.ImportedImage("disk", {
            source: { blank: {} },
            ...given,
        });
        return Promise.resolve({ path: at, digest, indexDigest, claimName, imageLabels });
    };

    it("come in, are refreshed, pinned without a download, and replaced by another tag [M10, M25, B12, C12]", async () => {
        const { project } = engine;
        const config = { insecureRegistries: JSON.stringify([registry.host]) };
        const first = makeIndex({
            [architecture]: makeContainerdisk(makeQcow2(disk), {
                architecture,
                environment: ["INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora"],
            }),
            other: makeContainerdisk(newer, { architecture: "other" }),
        });
        const url = await registry.push("fedora", "42", first);
        const seen = await project.run("preview", program(args(url)), { config });
        assert.match(seen.text, /imports claim default\/disk-[0-9a-f]{8} from docker:\/\/\S+ \(.* to download\)/);
        assert.equal(existsSync(project.store), false, "a preview makes nothing");

        const made = await project.run("up");
        assert.equal(made.failure, undefined);
        assert.equal(sha256Of(String(made.outputs["path"])), sha256Of(write(project.directory, disk)));
        assert.deepEqual(made.outputs["imageLabels"], { "instancetype.kubevirt.io/default-preference": "fedora" });
        assert.notEqual(made.outputs["digest"], made.outputs["indexDigest"]);
        const again = await project.run("refresh");
        assert.deepEqual([again.failure, again.diagnostics], [undefined, []]);

        const pinned = `${url}@${String(made.outputs["indexDigest"])}`;
        const kept = await project.run("up", program(args(pinned)));
        assert.equal(kept.failure, undefined);
        assert.deepEqual(kept.steps["disk"], ["update"], "the same image by its digest imports nothing");
        assert.equal(kept.outputs["path"], made.outputs["path"]);

        const next = await registry.push("fedora", "43", makeContainerdisk(gzipSync(newer), { architecture }));
        const moved = await project.run("up", program(args(next)));
        assert.equal(moved.failure, undefined);
        assert.deepEqual(moved.steps["disk"], ["create-replacement", "replace", "delete-replaced"]);
        assert.equal(sha256Of(String(moved.outputs["path"])), sha256Of(write(project.directory, newer)));
        assert.equal(existsSync(String(made.outputs["path"])), false);

        assert.equal((await project.run("destroy")).failure, undefined);
        assert.equal(existsSync(String(moved.outputs["path"])), false);
    });

    it("need the right password, which is told to nobody, a tag that is there, and a registry that was named [C37]", async () => {
        const { project } = engine;
        const url = await registry.push("locked", "1", makeContainerdisk(disk, { architecture }));
        const config = { insecureRegistries: JSON.stringify([registry.host]) };
        const secretKey = "s3cret-of-nobody";
        const wrong = args(url, { credentials: { accessKeyId: registryLogin.username, secretKey } });
        const refused = await project.run("up", program(wrong), { config });
        assert.match(refused.failure ?? "", /cannot read docker:\/\/\S+locked:1: /);
        assert.doesNotMatch(refused.text + project.state(), new RegExp(secretKey));
        const good = await project.run("up", program(args(url)));
        assert.equal(good.failure, undefined);
        assert.doesNotMatch(project.state(), new RegExp(registryLogin.password));
        const auth = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString("base64");
        const dockerConfigJson = JSON.stringify({ auths: { [registry.host]: { auth } } });
        const other = { source: { registry: { url, dockerConfigJson } } };
        const changed = await project.run("up", program(other));
        assert.deepEqual(changed.steps["disk"], ["update"], "other credentials import nothing");
        const absent = await project.run("up", program({ source: { registry: { url: `${url}0`, dockerConfigJson } } }));
        assert.match(absent.failure ?? "", /locked:10.*(?:no such|there is no|not there|404)/);
        assert.equal(existsSync(String(good.outputs["path"])), true, "the old disk stays");
        const unnamed = await project.run("up", program({ ...other, name: "another" }), {
            config: { insecureRegistries: "[]" },
        });
        assert.match(unnamed.failure ?? "", /insecureRegistries/);
        assert.doesNotMatch(unnamed.text, /s3cret/);
    });

    it("come from a mirror with the stack's pull secret, and the state names the logical image", async () => {
        const { project } = engine;
        await registry.push("mirror/fedora", "42", makeContainerdisk(disk, { architecture }));
        const auth = Buffer.from(`${registryLogin.username}:${registryLogin.password}`).toString("base64");
        const config = {
            insecureRegistries: JSON.stringify([registry.host]),
            mirrors: JSON.stringify({ "quay.io/containerdisks": `${registry.host}/mirror` }),
            pullSecret: { value: JSON.stringify({ auths: { [registry.host]: { auth } } }), secret: true },
        };
        const url = "docker://quay.io/containerdisks/fedora:42";
        const made = await project.run("up", program({ source: { registry: { url } } }), { config });
        assert.equal(made.failure, undefined);
        assert.equal(sha256Of(String(made.outputs["path"])), sha256Of(write(project.directory, disk)));
        assert.ok(project.state().includes(url) && !project.state().includes(auth));
        const [resource] = /"id":\s*"default\/disk-.*/s.exec(project.state()) ?? [];
        assert.ok(resource !== undefined && !resource.includes(registry.host));
        const moved = await project.run("preview", undefined, {
            config: { mirrors: JSON.stringify({ "quay.io": "nowhere.invalid/quay" }) },
        });
        assert.deepEqual(moved.steps["disk"], ["same"], "another mirror imports nothing");
    });
});

describe("files, archives and clones in a stack", function () {
    this.timeout(180_000);
    const engine = useEngine();

    it("come in side by side, a clone after what it clones, and all leave with the stack [M28, M31, B13, B14]", async () => {
        const { project, web } = engine;
        writeFileSync(path.join(project.directory, "disk.qcow2"), makeQcow2(disk));
        const tar = web.serve("/tools.tar.gz", gzipSync(makeTar([{ path: "motd", bytes: Buffer.from("hello") }])));
        const program = (): Promise<Record<string, unknown>> => {
            const uploaded = new bootsource.ImportedImage("uploaded", { source: { upload: { path: "disk.qcow2" } } });
            const files = new bootsource.ImportedImage("files", {
                source: { http: { url: tar } },
                contentType: "archive",
            });
            const copy = new bootsource.ImportedImage("copy", {
                source: { pvc: { namespace: uploaded.namespace, name: uploaded.claimName } },
                storage: { size: "8Mi" },
            });
            return Promise.resolve({
                uploaded: uploaded.path,
                files: files.path,
                copy: copy.path,
                format: files.format,
            });
        };
        const seen = await project.run("preview", program);
        assert.equal(seen.failure, undefined);
        assert.match(seen.text, /from claim default\/uploaded-[0-9a-f]{8} \(nothing to download\)/);
        const made = await project.run("up");
        assert.equal(made.failure, undefined);
        assert.ok(readFileSync(String(made.outputs["uploaded"])).equals(disk));
        assert.ok(readFileSync(String(made.outputs["copy"])).subarray(0, disk.length).equals(disk));
        assert.equal(readFileSync(path.join(String(made.outputs["files"]), "motd"), "utf8"), "hello");
        assert.equal(made.outputs["format"], "tar");
        const again = await project.run("refresh");
        assert.deepEqual([again.failure, again.diagnostics], [undefined, []]);
        assert.deepEqual((await project.run("up")).steps["copy"], ["same"]);
        assert.equal((await project.run("destroy")).failure, undefined);
        for (const name of ["uploaded", "copy", "files"])
            assert.equal(existsSync(String(made.outputs[name])), false, name);
    });

    it("are checked by what the publisher wrote down, and say whose line is missing", async () => {
        const { project, web } = engine;
        const url = web.serve("/disk.img", disk);
        const sums = web.serve("/SHA256SUMS", Buffer.from(`${"0".repeat(64)}  other.img\n`));
        const args = image({ source: { http: { url, checksumUrl: sums } } });
        const refused = await project.run("up", args);
        assert.match(refused.failure ?? "", /disk\.img/);
        web.serve("/SHA256SUMS", Buffer.from(`${sha256Of(write(project.directory, disk))}  disk.img\n`));
        assert.equal((await project.run("up")).failure, undefined);
    });

    it("name what is wrong with each argument before anything is made", async () => {
        const { project } = engine;
        for (const [args, says] of [
            [{ source: { registry: { url: "quay.io/a" } } }, /Illegal registry source URL scheme/],
            [{ source: { s3: { url: "ftp://x/y" } } }, /source\.s3\.url/],
            [{ source: { gcs: { url: "s3://x/y" } } }, /source\.gcs\.url/],
            [{ source: { upload: {} } }, /source\.upload\.path: it is missing/],
            [{ source: { vddk: { url: "x" } } }, /VMware's own library/],
            [{ ...http("https://a/b"), contentType: "zip" }, /ContentType not one of/],
            [{ source: { registry: { ulr: "docker://a/b" } } }, /did you mean "url"/],
        ] as const) {
            const refused = await project.run("preview", image(args as never));
            assert.match(refused.failure ?? "", says);
        }
        assert.equal(existsSync(project.store), false);
    });
});

function write(directory: string, bytes: Uint8Array): string {
    const file = path.join(directory, "expected.img");
    writeFileSync(file, bytes);
    return file;
}
