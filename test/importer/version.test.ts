// What a poll of a registry, a file or a store of objects finds: one name for one image, another one for another, and no bytes.
import assert from "node:assert/strict";
import { renameSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Network } from "../../provider/model/network.js";
import type { DataVolumeSource } from "../../provider/model/objects.js";
import { makeContainerdisk, makeIndex, makeOciArchive } from "../images/containerdisk.js";
import { makeDisk } from "../images/disk.js";
import { startFakeRegistry, type FakeRegistry } from "../servers/fake-registry.js";
import { startGcsServer } from "../servers/gcs-server.js";
import { keys, requireS3Server, startS3Server } from "../servers/s3-server.js";
import { ask, digest } from "./ask-version.js";
import { sha256, Workspace } from "./workspace.js";

const image = makeDisk(50_000, { seed: 1 });
const other = makeDisk(50_000, { seed: 2 });

describe("the version of a container image", () => {
    let registry: FakeRegistry;
    let mirror: FakeRegistry;
    const behaviour: Parameters<typeof startFakeRegistry>[0] = {};
    const insecure = (): Partial<Network> => ({ insecureRegistries: [registry.host, mirror.host] });
    beforeEach(async () => {
        registry = await startFakeRegistry(behaviour);
        mirror = await startFakeRegistry({});
    });
    afterEach(async () => {
        await registry.close();
        await mirror.close();
    });
    const of = (url: string, architecture = "amd64"): DataVolumeSource => ({
        registry: { url, platform: { architecture } },
    });
    const amd = makeContainerdisk(image);
    const arm = makeContainerdisk(image, { architecture: "arm64" });

    it("is its index's digest, and it is known by its manifest's too; two questions tell both, and the bytes", async () => {
        const index = makeIndex({ amd64: amd, arm64: arm });
        const found = await ask(of(registry.hold("disks/image", "latest", index)), {}, insecure());
        assert.equal(found.digest, index.manifest.digest);
        assert.deepEqual(found.digests, [index.manifest.digest, amd.manifest.digest]);
        assert.equal(found.bytes, amd.blobs.at(-1)?.bytes.length);
        assert.deepEqual(
            registry.asked.map(({ method, url }) => `${method} ${url}`),
            ["latest", amd.manifest.digest].map((part) => `GET /v2/disks/image/manifests/${part}`),
        );
    });

    it("is known by the same manifest after a rebuild for another platform: nothing is to be imported", async () => {
        const before = await ask(
            of(registry.hold("disks/image", "latest", makeIndex({ amd64: amd, arm64: arm }))),
            {},
            insecure(),
        );
        const rebuilt = makeContainerdisk(other, { architecture: "arm64" });
        const now = await ask(
            of(registry.hold("disks/image", "latest", makeIndex({ amd64: amd, arm64: rebuilt }))),
            {},
            insecure(),
        );
        assert.notEqual(now.digest, before.digest);
        assert.deepEqual(
            now.digests.filter((one) => before.digests.includes(one)),
            [amd.manifest.digest],
        );
    });

    it("is its manifest's digest where there is no index, and moves with the tag", async () => {
        const found = await ask(of(registry.hold("disks/image", "latest", amd)), {}, insecure());
        assert.deepEqual([found.digest, found.digests], [amd.manifest.digest, [amd.manifest.digest]]);
        assert.equal(registry.asked.length, 1);
        const moved = makeContainerdisk(other);
        const url = registry.hold("disks/image", "latest", moved);
        assert.equal((await ask(of(url), {}, insecure())).digest, moved.manifest.digest);
    });

    it("is the same through a mirror", async () => {
        const url = registry.hold("disks/image", "latest", amd);
        mirror.hold("cache/disks/image", "latest", amd);
        const mirrors = { [registry.host]: `${mirror.host}/cache` };
        assert.equal((await ask(of(url), {}, { ...insecure(), mirrors })).digest, amd.manifest.digest);
        assert.equal(registry.asked.length, 0);
    });

    it("is not told where there is no such tag, or the registry fails", async () => {
        registry.hold("disks/image", "latest", amd);
        const url = `docker://${registry.host}/disks/image:`;
        await assert.rejects(ask(of(`${url}missing`), {}, insecure()), { code: "not-found" });
        behaviour.failures = [{ status: 503 }];
        await assert.rejects(ask(of(`${url}latest`), {}, insecure()), { code: "unreachable" });
    });
});

describe("the version of a file of this machine", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("changes when the file is written, and not when its directory is moved or it is replaced by a copy that keeps its times", async () => {
        const path = space.write("image.img", image);
        utimesSync(path, 1_700_000_000, 1_700_000_000);
        const before = await ask({ file: { path } });
        assert.equal(before.bytes, image.length);
        const copy = space.write("copy", image);
        utimesSync(copy, 1_700_000_000, 1_700_000_000);
        renameSync(copy, path);
        assert.deepEqual(await ask({ file: { path } }), before);
        renameSync(path, join(space.path, "target", "image.img"));
        assert.deepEqual(await ask({ file: { path: join(space.path, "target", "image.img") } }), before);
        space.write("image.img", other);
        assert.notEqual(await digest({ file: { path } }), before.digest);
    });

    it("is another one for another file of the same age and length, and the checksum where one is given", async () => {
        const [a, b] = [space.write("a.img", image), space.write("b.img", other)];
        for (const path of [a, b]) utimesSync(path, 0, 0);
        assert.notEqual(await digest({ file: { path: a } }), await digest({ file: { path: b } }));
        const checksum = `sha256:${sha256(image)}`;
        assert.equal(await digest({ file: { path: a, checksum } }), checksum);
        assert.equal(await digest({ upload: { path: a } }), await digest({ file: { path: a } }));
    });

    it("is what its index says, for an archive of a container image", async () => {
        const disk = makeContainerdisk(image);
        const path = space.write("image.tar", makeOciArchive({ latest: disk }));
        const source = { registry: { url: `oci-archive:${path}`, platform: { architecture: "amd64" } } };
        assert.equal(await digest(source), disk.manifest.digest);
        const index = makeIndex({ amd64: disk, arm64: makeContainerdisk(image, { architecture: "arm64" }) });
        space.write("image.tar", makeOciArchive({ latest: index }));
        assert.deepEqual((await ask(source)).digests, [index.manifest.digest, disk.manifest.digest]);
    });

    it("is not told where there is no file", async () => {
        await assert.rejects(ask({ file: { path: join(space.path, "missing") } }), { code: "not-found" });
    });

    it("is nothing to be told for a disk that comes from nowhere else", async () => {
        assert.deepEqual(await ask({ blank: {} }), { digest: undefined, digests: [], bytes: 0 });
    });
});

describe("the version of an object of a store", () => {
    it("is its generation, in Google Cloud Storage", async () => {
        const server = await startGcsServer();
        try {
            const source = { gcs: { url: `${server.url}/public/image`, anonymous: true } };
            server.put("public", "image", image);
            const before = await digest(source);
            assert.equal(await digest(source), before);
            server.put("public", "image", other);
            assert.notEqual(await digest(source), before);
            assert.equal(server.asked.length, 3);
            server.remove("public", "image");
            await assert.rejects(ask(source), { code: "not-found" });
        } finally {
            await server.close();
        }
    });

    it("is its ETag, in S3", async function () {
        const server = await startS3Server(await requireS3Server(this), ["images"]);
        try {
            const source = { s3: { url: `${server.url}/images/image` } };
            const access = { username: keys.accessKeyId, password: keys.secretKey };
            await server.put("images", "image", image);
            const before = await digest(source, access);
            assert.equal(await digest(source, access), before);
            await server.put("images", "image", other);
            assert.notEqual(await digest(source, access), before);
            await assert.rejects(ask(source, { ...access, password: "another" }), { code: "access-denied" });
        } finally {
            await server.close();
        }
    });
});
