// The main job by the real engine: `pulumi up` and all that follows it, each checked by another path than our own report.
import * as assert from "node:assert/strict";
import { existsSync, readdirSync, truncateSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { grown, gzipped, rawDisk, sha256 } from "./disks.js";
import { http, image, useEngine } from "./fixture.js";
import { sha256Of } from "./project.js";

describe("ImportedImage by the real engine", function () {
    this.timeout(180_000);
    const engine = useEngine();

    it("imports, stays unchanged without a request, and is destroyed [B1, B5, B38, Y903]", async () => {
        const disk = rawDisk("first");
        const url = engine.web.serve("/first.img", disk);
        const up = await engine.project.run("up", image(http(url, { storage: { size: "4Mi" } })));
        assert.equal(up.failure, undefined);
        assert.equal(up.outputs["phase"], "Succeeded", "the phase is CDI's");
        assert.equal(
            sha256Of(String(up.outputs["path"])),
            sha256(grown(disk, 4 << 20)),
            "the disk is the image, grown",
        );
        assert.equal(up.outputs["digest"], `sha256:${sha256(disk)}`, "the digest is of the bytes as served");
        assert.equal(up.outputs["size"], 4 << 20, "the size is the one asked for");
        assert.equal(up.outputs["virtualSize"], disk.length, "beside the size that is inside");

        const asked = engine.web.requests.length;
        const again = await engine.project.run("up");
        assert.deepEqual(again.steps["disk"], ["same"], "nothing changed");
        assert.deepEqual((await engine.project.run("preview")).steps["disk"], ["same"], "a preview says so too");
        assert.equal(engine.web.requests.length, asked, "an unchanged image asks nobody");

        const refreshed = await engine.project.run("refresh");
        assert.equal(refreshed.failure, undefined);
        assert.deepEqual(
            (await engine.project.run("up")).steps["disk"],
            ["same"],
            "a refresh of a healthy image changes nothing",
        );

        const gone = await engine.project.run("destroy");
        assert.equal(gone.failure, undefined);
        assert.equal(existsSync(String(up.outputs["path"])), false, "the disk is gone");
        assert.deepEqual(readdirSync(path.join(engine.project.store, "partial")), [], "nothing is left behind");
    });

    it("previews what a new URL costs, imports the new image before the old one goes [B26]", async () => {
        const [one, two] = [rawDisk("one"), rawDisk("two")];
        const first = await engine.project.run("up", image(http(engine.web.serve("/one.img", one))));
        const next = image(http(engine.web.serve("/two.img.gz", gzipped(two))));
        const preview = await engine.project.run("preview", next);
        assert.match(
            preview.text,
            /imports claim default\/disk-[0-9a-f]{8} from http.*two\.img\.gz \(.* to download\)/,
        );
        assert.ok(existsSync(String(first.outputs["path"])), "a preview touches nothing");
        const up = await engine.project.run("up", next);
        assert.equal(up.failure, undefined);
        assert.deepEqual(up.steps["disk"], ["create-replacement", "replace", "delete-replaced"], "make before break");
        assert.notEqual(up.outputs["claimName"], first.outputs["claimName"], "another content has another name");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(two), "the new disk holds the new image");
        assert.equal(existsSync(String(first.outputs["path"])), false, "the old disk went last");
    });

    it("grows in place and never imports again for mirrors, credentials and timeouts [B4, Y906]", async () => {
        const disk = rawDisk("grow");
        const checksum = `sha256:${sha256(disk)}`;
        const url = engine.web.serve("/grow.img", disk);
        const first = await engine.project.run("up", image(http(url, { checksum, storage: { size: "4Mi" } })));
        assert.equal(first.failure, undefined);
        const asked = engine.web.requests.length;
        const preview = await engine.project.run("preview", image(http(url, { checksum, storage: { size: "6Mi" } })));
        assert.match(preview.text, /grows claim .* 4 MiB -> 6 MiB/, "the preview tells both sizes");
        const up = await engine.project.run("up", image(http(url, { checksum, storage: { size: "6Mi" } })));
        assert.deepEqual(up.steps["disk"], ["update"]);
        assert.equal(
            sha256Of(String(up.outputs["path"])),
            sha256(grown(disk, 6 << 20)),
            "grown with zeros, nothing else",
        );
        assert.equal(up.outputs["size"], 6 << 20);

        const mirrored = image({
            source: {
                http: { url: `${engine.web.url}/mirror.img`, credentials: { accessKeyId: "me", secretKey: "hush" } },
            },
            checksum,
            storage: { size: "6Mi" },
            timeoutSeconds: 30,
        });
        const moved = await engine.project.run("up", mirrored);
        assert.equal(moved.failure, undefined);
        assert.deepEqual(moved.steps["disk"], ["update"], "a mirror for the same checksum is the same image");
        assert.equal(engine.web.requests.length - asked, 0, "nothing was asked from either server by the updates");
        assert.equal(moved.outputs["path"], first.outputs["path"]);
    });

    it("gives the disk a smaller size by importing it again, and refuses one that is too small", async () => {
        const disk = rawDisk("shrink");
        const url = engine.web.serve("/shrink.img", disk);
        await engine.project.run("up", image(http(url, { storage: { size: "8Mi" } })));
        const up = await engine.project.run("up", image(http(url, { storage: { size: "5Mi" } })));
        assert.equal(up.failure, undefined);
        assert.ok(up.steps["disk"]?.includes("replace"), "a claim never shrinks: it is replaced");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 5 << 20)));
        const small = await engine.project.run("up", image(http(url, { storage: { size: "2Mi" } })));
        assert.match(small.failure ?? `no failure: ${small.text}`, /virtual size is 3Mi/);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 5 << 20)), "the old disk is untouched");
        assert.deepEqual(
            (await engine.project.run("up", image(http(url, { storage: { size: "5Mi" } })))).steps["disk"],
            ["same"],
        );
    });

    it("keeps two stores apart, and moves an image between providers by importing it first", async () => {
        const disk = rawDisk("moved");
        const url = engine.web.serve("/moved.img", disk);
        const program = (where: "east" | "west") => () => {
            const east = new bootsource.Provider("east", { store: "./east" });
            const west = new bootsource.Provider("west", { store: "./west" });
            const provider = where === "east" ? east : west;
            const moving = new bootsource.ImportedImage("moving", { source: { http: { url } } }, { provider });
            const fixed = new bootsource.ImportedImage("fixed", { source: { http: { url } } }, { provider: west });
            return Promise.resolve({ moving: moving.path, fixed: fixed.path });
        };
        const first = await engine.project.run("up", program("east"), { store: null });
        assert.equal(first.failure, undefined);
        assert.match(String(first.outputs["moving"]), /\/east\/volumes\//);
        assert.match(String(first.outputs["fixed"]), /\/west\/volumes\//);
        const moved = await engine.project.run("up", program("west"), { store: null });
        assert.equal(moved.failure, undefined);
        assert.ok(moved.steps["moving"]?.includes("replace"), "another store is another place: a replacement");
        assert.deepEqual(moved.steps["fixed"], ["same"]);
        assert.equal(sha256Of(String(moved.outputs["moving"])), sha256(disk));
        assert.equal(existsSync(String(first.outputs["moving"])), false, "the old store let go of it");
        assert.equal((await engine.project.run("destroy", undefined, { store: null })).failure, undefined);
    });

    it("keeps the images of two stacks in two stores, under the same names", async () => {
        const disk = rawDisk("stacks");
        const program = image(http(engine.web.serve("/stacks.img", disk), { name: "golden" }));
        const one = await engine.project.run("up", program, { stack: "one", store: "./one" });
        const two = await engine.project.run("up", program, { stack: "two", store: "./two" });
        assert.notEqual(one.outputs["path"], two.outputs["path"]);
        assert.equal(
            (await engine.project.run("destroy", program, { stack: "one", store: "./one" })).failure,
            undefined,
        );
        assert.equal(existsSync(String(one.outputs["path"])), false);
        assert.equal(sha256Of(String(two.outputs["path"])), sha256(disk), "the other stack's disk is untouched");
        const taken = await engine.project.run("up", program, { stack: "three", store: "./two" });
        assert.match(taken.failure ?? "", /belongs to urn:pulumi:two::/, "a third stack does not take it over");
    });

    it("says how to name a store where none is named, and refuses a typo and a bad URL, in preview [B27]", async () => {
        const bare = await engine.project.run("preview", image({ storage: { size: "1Mi" } }), { store: null });
        assert.match(bare.failure ?? "", /pulumi config set bootsource:store/);
        const typo = await engine.project.run("preview", image({ storage: { sise: "1Mi" } as never }));
        assert.match(typo.failure ?? "", /storage\.sise\b.*there is no such argument; did you mean "size"\?/);
        const malformed = await engine.project.run("preview", image(http("images.example.com/fedora.qcow2")));
        assert.match(malformed.failure ?? "", /source\.http\.url\b.*Invalid source URL: it needs the form https:/);
        assert.equal(existsSync(engine.project.store), false, "a preview makes no store");
    });

    it("previews offline, with unknown inputs, and leaves a blank disk of the size asked for", async () => {
        const offline = await engine.project.run("preview", image(http("http://127.0.0.1:9/none.img")));
        assert.equal(offline.failure, undefined, "a source that cannot be reached is no error in preview");
        const up = await engine.project.run("up", () => {
            const blank = new bootsource.ImportedImage("blank", { source: { blank: {} }, storage: { size: "1Mi" } });
            const size = blank.virtualSize.apply((bytes) => String(bytes * 2));
            const twice = new bootsource.ImportedImage("twice", { source: { blank: {} }, storage: { size } });
            return Promise.resolve({ path: twice.path });
        });
        assert.equal(up.failure, undefined);
        truncateSync(String(up.outputs["path"]), 2 << 20);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(new Uint8Array(2 << 20)));
    });
});
