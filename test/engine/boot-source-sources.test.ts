// Every source of a BootSource through the real engine, and taking over what was made by hand.
import * as assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { waitFor } from "../../provider/cluster/wait.js";
import { EmbeddedCluster } from "../../provider/embedded/cluster.js";
import { systemClock } from "../../provider/model/clock.js";
import type { Kind } from "../../provider/model/objects.js";
import { diskOf, hashOf, program, toldBy } from "./boot-source-program.js";
import { useEngine } from "./fixture.js";
import { sha256Of } from "./project.js";

describe("sources of a BootSource", function () {
    this.timeout(240_000);
    const engine = useEngine();

    it("an image on a web server moves with its ETag, or with the checksum that is published beside it", async () => {
        const { project, web } = engine;
        const url = web.serve("/fedora.img", diskOf(10));
        const source = { http: { url, credentials: { accessKeyId: "me", secretKey: "never-to-be-seen" } } };
        const first = await project.run("up", program({ source, updates: "reviewed" }));
        assert.equal(toldBy(first).digest, `sha256:${hashOf(diskOf(10))}`, "of the bytes, not of the ETag");
        assert.ok(!first.text.includes("never-to-be-seen") && !project.state().includes("never-to-be-seen"));
        assert.deepEqual((await project.run("up")).steps["fedora"], ["same"]);
        web.serve("/fedora.img", diskOf(11));
        const moved = toldBy(await project.run("up"));
        assert.equal(sha256Of(moved.path), hashOf(diskOf(11)));
        const sums = web.answer("/SHA256SUMS", (_request, response) => {
            response.end(`${hashOf(diskOf(11))}  fedora.img\n`);
        });
        const before = web.requests.filter((line) => line === "GET /fedora.img").length;
        const published = { http: { ...source.http, checksumUrl: sums } };
        const named = toldBy(await project.run("up", program({ source: published, updates: "reviewed" })));
        assert.equal(named.path, moved.path, "the checksum says that it is the same image");
        assert.equal(
            web.requests.filter((line) => line === "GET /fedora.img").length,
            before,
            "nothing was downloaded",
        );
    });

    it("an image that moved between preview and update does not come in under the name of the one shown", async () => {
        const { project, web } = engine;
        const source = { http: { url: web.serve("/fedora.img", diskOf(12)) } };
        toldBy(await project.run("up", program({ source, updates: "reviewed" })));
        web.serve("/fedora.img", diskOf(13));
        assert.deepEqual((await project.run("preview")).steps["fedora"], ["update"]);
        web.serve("/fedora.img", diskOf(14));
        const { failure } = await project.run("up");
        assert.match(failure ?? "", /the image at the source was replaced since it was last asked/, failure);
        assert.equal(sha256Of(toldBy(await project.run("up")).path), hashOf(diskOf(14)), "and asked anew, it is taken");
    });

    it("a golden image built elsewhere, as an ImportedImage or a file: each new one gets the name, older ones stay", async () => {
        const { project } = engine;
        const file = path.join(project.directory, "golden.img");
        const golden = (keep: number) => () => {
            const image = new bootsource.ImportedImage("golden", { source: { upload: { path: "golden.img" } } });
            const source = new bootsource.BootSource("fedora", {
                source: { pvc: { name: image.claimName } },
                importsToKeep: keep,
            });
            return Promise.resolve({ path: source.path, imports: source.imports, digest: source.digest });
        };
        writeFileSync(file, diskOf(20));
        const first = await project.run("preview", golden(2));
        assert.equal(first.failure, undefined, "the claim is made by the same run");
        const one = toldBy(await project.run("up"));
        assert.equal(sha256Of(one.path), hashOf(diskOf(20)));
        assert.deepEqual((await project.run("up")).steps["fedora"], ["same"]);
        writeFileSync(file, diskOf(21));
        const two = toldBy(await project.run("up"));
        assert.equal(sha256Of(two.path), hashOf(diskOf(21)));
        assert.equal(two.imports.length, 2);
        assert.equal(
            sha256Of(one.path),
            hashOf(diskOf(20)),
            "the older one is kept: machines may have been cloned from it",
        );
        const link = path.join(project.store, "sources", "default", "fedora.img");
        assert.equal(sha256Of(link), hashOf(diskOf(21)));
    });

    it("takes over a cron, a DataSource over a hand-made disk and a disk alone: no byte moves, no uid changes", async () => {
        const { project, web } = engine;
        const url = web.serve("/fedora.img", diskOf(30));
        const namespace = "default";
        const cluster = new EmbeddedCluster(project.store, { clock: systemClock, warn: () => undefined });
        const disk = async (name: string): Promise<void> => {
            const spec = { source: { http: { url } }, storage: {} };
            await cluster.create("DataVolume", { metadata: { namespace, name }, spec });
            const done = (phase?: string) => (phase === "Succeeded" ? true : undefined);
            const time = AbortSignal.timeout(30_000);
            await waitFor(cluster, "DataVolume", { namespace, name }, (volume) => done(volume?.status?.phase), time);
        };
        await disk("alone");
        await disk("made-by-hand");
        await cluster.create("DataSource", {
            metadata: { namespace, name: "pointed" },
            spec: { source: { pvc: { namespace, name: "made-by-hand" } } },
        });
        const uids = async () => {
            const kinds: Kind[] = ["DataVolume", "PersistentVolumeClaim", "DataSource"];
            const all = await Promise.all(kinds.map((kind) => cluster.list(kind)));
            return all.flat().map(({ metadata }) => `${metadata.name} ${metadata.uid}`);
        };
        const before = await uids();
        const inodes = ["alone", "made-by-hand"].map((name) => inodeOf(project.store, name));
        const asked = web.requests.length;
        const adopting = () => {
            const source = { http: { url } };
            new bootsource.BootSource("alone", { source, adopt: true });
            new bootsource.BootSource("pointed", { source, adopt: true, importsToKeep: 2 });
            return Promise.resolve({});
        };
        const preview = await project.run("preview", adopting);
        assert.match(preview.text, /adopts boot source default\/alone as it is there \(nothing to download\)/);
        assert.doesNotMatch(preview.text, /imports boot source/);
        const up = await project.run("up");
        assert.equal(up.failure, undefined, up.failure);
        const after = await uids();
        const lost = before.filter((entry) => !after.includes(entry));
        assert.deepEqual(lost, [], "every object is the very one that it was");
        assert.deepEqual(
            ["alone", "made-by-hand"].map((name) => inodeOf(project.store, name)),
            inodes,
        );
        assert.equal(web.requests.slice(asked).filter((line) => line.startsWith("GET")).length, 0);
        assert.deepEqual((await project.run("up")).steps["pointed"], ["same"], "the next preview is clean");
        await cluster.close();
    });
});

function inodeOf(store: string, name: string): number {
    return statSync(path.join(store, "volumes", "local", "default", name, "disk.img")).ino;
}
