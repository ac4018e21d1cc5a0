// The main job by the real engine: `pulumi up` and all that follows it, each checked by another path than our own report.
import * as assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import * as bootsource from "../../components/index.js";
import { grown, gzipped, rawDisk, sha256 } from "./disks.js";
import { type Project, type Ran, makeProject, sha256Of } from "./project.js";
import { type Web, startWeb } from "./web.js";

describe("ImportedImage by the real engine", function () {
    this.timeout(180_000);
    let web: Web;
    let project: Project;

    before(async () => {
        web = await startWeb();
    });
    after(() => web.close());
    beforeEach(() => {
        project = makeProject();
    });
    afterEach(() => {
        project.remove();
    });

    const image = (args: Partial<bootsource.ImportedImageArgs>, name = "disk") => () => {
        const made = new bootsource.ImportedImage(name, { source: { blank: {} }, ...args });
        const { path, digest, claimName, phase, format, virtualSize, size, modified } = made;
        return Promise.resolve({ path, digest, claimName, phase, format, virtualSize, size, modified });
    };
    const http = (url: string, more: Partial<bootsource.ImportedImageArgs> = {}): Partial<bootsource.ImportedImageArgs> => ({
        source: { http: { url } },
        ...more,
    });

    it("imports, stays unchanged without a request, and is destroyed [B1, B38, Y903]", async () => {
        const disk = rawDisk("first");
        const url = web.serve("/first.img", disk);
        const up = await project.run("up", image(http(url, { storage: { size: "4Mi" } })));
        assert.equal(up.failure, undefined);
        assert.equal(up.outputs["phase"], "Succeeded", "the phase is CDI's");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 4 << 20)), "the disk is the image, grown");
        assert.equal(up.outputs["digest"], `sha256:${sha256(disk)}`, "the digest is of the bytes as served");
        assert.equal(up.outputs["size"], 4 << 20, "the size is the one asked for");

        const asked = web.requests.length;
        const again = await project.run("up");
        assert.deepEqual(again.steps["disk"], ["same"], "nothing changed");
        assert.deepEqual((await project.run("preview")).steps["disk"], ["same"], "a preview says so too");
        assert.equal(web.requests.length, asked, "an unchanged image asks nobody");

        const refreshed = await project.run("refresh");
        assert.equal(refreshed.failure, undefined);
        assert.deepEqual((await project.run("up")).steps["disk"], ["same"], "a refresh of a healthy image changes nothing");

        const gone = await project.run("destroy");
        assert.equal(gone.failure, undefined);
        assert.equal(existsSync(String(up.outputs["path"])), false, "the disk is gone");
        assert.deepEqual(readdirSync(path.join(project.store, "partial")), [], "nothing is left behind");
    });

    it("previews what a new URL costs, imports the new image before the old one goes [B26, B27]", async () => {
        const [one, two] = [rawDisk("one"), rawDisk("two")];
        const first = await project.run("up", image(http(web.serve("/one.img", one))));
        const next = image(http(web.serve("/two.img.gz", gzipped(two))));
        const preview = await project.run("preview", next);
        assert.match(preview.text, /imports claim default\/disk-[0-9a-f]{8} from http.*two\.img\.gz \(.* to download\)/);
        assert.ok(existsSync(String(first.outputs["path"])), "a preview touches nothing");
        const up = await project.run("up", next);
        assert.equal(up.failure, undefined);
        assert.deepEqual(order(up), ["create-replacement", "replace", "delete-replaced"], "make before break");
        assert.notEqual(up.outputs["claimName"], first.outputs["claimName"], "another content has another name");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(two), "the new disk holds the new image");
        assert.equal(existsSync(String(first.outputs["path"])), false, "the old disk went last");
    });

    it("grows in place and never imports again for mirrors, credentials and timeouts [B4, Y906]", async () => {
        const disk = rawDisk("grow");
        const checksum = `sha256:${sha256(disk)}`;
        const url = web.serve("/grow.img", disk);
        const first = await project.run("up", image(http(url, { checksum, storage: { size: "4Mi" } })));
        assert.equal(first.failure, undefined);
        const asked = web.requests.length;
        const preview = await project.run("preview", image(http(url, { checksum, storage: { size: "6Mi" } })));
        assert.match(preview.text, /grows claim .* 4 MiB -> 6 MiB/, "the preview tells both sizes");
        const up = await project.run("up", image(http(url, { checksum, storage: { size: "6Mi" } })));
        assert.deepEqual(up.steps["disk"], ["update"]);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 6 << 20)), "grown with zeros, nothing else");
        assert.equal(up.outputs["size"], 6 << 20);

        const mirrored = image({
            source: { http: { url: `${web.url}/mirror.img`, credentials: { accessKeyId: "me", secretKey: "hush" } } },
            checksum,
            storage: { size: "6Mi" },
            timeoutSeconds: 30,
        });
        const moved = await project.run("up", mirrored);
        assert.equal(moved.failure, undefined);
        assert.deepEqual(moved.steps["disk"], ["update"], "a mirror for the same checksum is the same image");
        assert.equal(web.requests.length - asked, 0, "nothing was asked from either server by the updates");
        assert.equal(moved.outputs["path"], first.outputs["path"]);
    });

    it("gives the disk a smaller size by importing it again, and refuses one that is too small", async () => {
        const disk = rawDisk("shrink");
        const url = web.serve("/shrink.img", disk);
        await project.run("up", image(http(url, { storage: { size: "8Mi" } })));
        const up = await project.run("up", image(http(url, { storage: { size: "5Mi" } })));
        assert.equal(up.failure, undefined);
        assert.ok(up.steps["disk"]?.includes("replace"), "a claim never shrinks: it is replaced");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 5 << 20)));
        const small = await project.run("up", image(http(url, { storage: { size: "2Mi" } })));
        assert.match(small.failure ?? `no failure: ${small.text}`, /virtual size is 3Mi/);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(grown(disk, 5 << 20)), "the old disk is untouched");
        assert.deepEqual((await project.run("up", image(http(url, { storage: { size: "5Mi" } })))).steps["disk"], ["same"]);
    });

    it("ends a wrong checksum and a 404 with their reason, keeps the old disk, and recovers", async () => {
        const disk = rawDisk("good");
        const url = web.serve("/good.img", disk);
        const good = await project.run("up", image(http(url)));
        const wrong = await project.run("up", image(http(url, { checksum: `sha256:${"0".repeat(64)}` })));
        assert.match(wrong.failure ?? "", /checksum/, "the reason is told");
        assert.match(wrong.failure ?? "", new RegExp(sha256(disk)), "with what was found");
        assert.equal(sha256Of(String(good.outputs["path"])), sha256(disk), "the old disk stays");
        const missing = await project.run("up", image(http(`${web.url}/nothing.img`)));
        assert.match(missing.failure ?? "", /404/);
        const right = await project.run("up", image(http(url, { checksum: `sha256:${sha256(disk)}` })));
        assert.equal(right.failure, undefined);
        assert.deepEqual(right.steps["disk"], ["update"], "the checksum that came in is no other image");
    });

    it("keeps the state of a first create that failed, and goes on from it", async () => {
        const failed = await project.run("up", image(http(`${web.url}/later.img`)));
        assert.match(failed.failure ?? "", /404/);
        const disk = rawDisk("later");
        web.serve("/later.img", disk);
        const up = await project.run("up");
        assert.equal(up.failure, undefined);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
        await project.run("up", image(http(`${web.url}/never.img`), "other"));
        const gone = await project.run("destroy");
        assert.equal(gone.failure, undefined, "what failed can be destroyed");
    });

    it("survives a server that stops halfway", async () => {
        const disk = rawDisk("halfway", 2 << 20);
        let cut = 0;
        const url = web.answer("/halfway.img", (request, response) => {
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
        const up = await project.run("up", image(http(url)));
        assert.equal(up.failure, undefined);
        assert.equal(cut >= 1, true, "the server did stop halfway");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
    });

    it("imports again what was removed, and keeps what was written since the import", async () => {
        const disk = rawDisk("drift");
        const url = web.serve("/drift.img", disk);
        const up = await project.run("up", image(http(url)));
        const file = String(up.outputs["path"]);
        rmSync(file);
        const refreshed = await project.run("refresh");
        assert.deepEqual(refreshed.steps["disk"], ["refresh"]);
        const again = await project.run("up");
        assert.deepEqual(again.steps["disk"], ["create"], "a disk that is gone is imported again");
        assert.equal(sha256Of(file), sha256(disk));

        writeFileSync(file, "the guest wrote this", { flag: "r+" });
        const booted = await project.run("refresh");
        assert.match(booted.text, /written to since its import/);
        const after = await project.run("up");
        assert.deepEqual(after.steps["disk"], ["same"], "a booted disk is not drift");
        assert.equal(after.outputs["modified"], true);
        const kept = await project.run("destroy");
        assert.match(kept.failure ?? "", /written to since the import.*force: true/s, "what was written is not destroyed");
        assert.ok(existsSync(file));
        await project.run("up", image({ ...http(url), force: true }));
        assert.equal((await project.run("destroy")).failure, undefined, "unless it is forced");
        assert.equal(existsSync(file), false);
    });

    it("stages another image under a name of the user's own and swaps it in [Y902]", async () => {
        const [one, two] = [rawDisk("named-1"), rawDisk("named-2", 2 << 20)];
        const named = (url: string) => image(http(url, { name: "example-import-dv" }));
        const first = await project.run("up", named(web.serve("/named-1.img", one)));
        assert.equal(first.outputs["claimName"], "example-import-dv");
        const bad = await project.run("up", named(`${web.url}/named-none.img`));
        assert.match(bad.failure ?? "", /404/);
        assert.equal(sha256Of(String(first.outputs["path"])), sha256(one), "the old disk stays where the new one fails");
        assert.deepEqual((await project.run("up", named(`${web.url}/named-1.img`))).steps["disk"], ["same"]);
        const second = await project.run("up", named(web.serve("/named-2.img", two)));
        assert.equal(second.failure, undefined);
        assert.equal(second.outputs["path"], first.outputs["path"]);
        assert.equal(sha256Of(String(second.outputs["path"])), sha256(two), "the new disk took its place");
        assert.equal((await project.run("destroy")).failure, undefined);
        assert.equal(existsSync(String(first.outputs["path"])), false);
    });

    it("keeps two stores apart, and moves an image between providers by importing it first", async () => {
        const disk = rawDisk("moved");
        const url = web.serve("/moved.img", disk);
        const program = (where: "east" | "west") => () => {
            const east = new bootsource.Provider("east", { store: "./east" });
            const west = new bootsource.Provider("west", { store: "./west" });
            const provider = where === "east" ? east : west;
            const moving = new bootsource.ImportedImage("moving", { source: { http: { url } } }, { provider });
            const fixed = new bootsource.ImportedImage("fixed", { source: { http: { url } } }, { provider: west });
            return Promise.resolve({ moving: moving.path, fixed: fixed.path });
        };
        const first = await project.run("up", program("east"), { store: null });
        assert.equal(first.failure, undefined);
        assert.match(String(first.outputs["moving"]), /\/east\/volumes\//);
        assert.match(String(first.outputs["fixed"]), /\/west\/volumes\//);
        const moved = await project.run("up", program("west"), { store: null });
        assert.equal(moved.failure, undefined);
        assert.ok(moved.steps["moving"]?.includes("replace"), "another store is another place: a replacement");
        assert.deepEqual(moved.steps["fixed"], ["same"]);
        assert.equal(sha256Of(String(moved.outputs["moving"])), sha256(disk));
        assert.equal(existsSync(String(first.outputs["moving"])), false, "the old store let go of it");
        assert.equal((await project.run("destroy", undefined, { store: null })).failure, undefined);
    });

    it("says how to name a store where none is named, and refuses a typo, in preview", async () => {
        const bare = await project.run("preview", image({ storage: { size: "1Mi" } }), { store: null });
        assert.match(bare.failure ?? "", /pulumi config set bootsource:store/);
        const typo = await project.run("preview", image({ storage: { sise: "1Mi" } as never }));
        assert.match(typo.failure ?? "", /storage\.sise .*there is no such argument; did you mean "size"\?/);
        assert.equal(existsSync(project.store), false, "a preview makes no store");
    });

    it("previews offline, with unknown inputs, and leaves a blank disk of the size asked for", async () => {
        const offline = await project.run("preview", image(http("http://127.0.0.1:9/none.img")));
        assert.equal(offline.failure, undefined, "a source that cannot be reached is no error in preview");
        const up = await project.run("up", () => {
            const blank = new bootsource.ImportedImage("blank", { source: { blank: {} }, storage: { size: "1Mi" } });
            const size = blank.virtualSize.apply((bytes) => String(bytes * 2));
            const twice = new bootsource.ImportedImage("twice", { source: { blank: {} }, storage: { size } });
            return Promise.resolve({ path: twice.path });
        });
        assert.equal(up.failure, undefined);
        truncateSync(String(up.outputs["path"]), 2 << 20);
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(new Uint8Array(2 << 20)));
    });

    it("never shows a secret, and sends it only where it belongs [B24, Y605, Y606]", async () => {
        const disk = rawDisk("secret");
        const header = `Basic ${Buffer.from("me:hush-hush").toString("base64")}`;
        let refused = 0;
        const url = web.answer("/secret.img", (request, response) => {
            if (request.headers.authorization !== header) {
                refused++;
                response.writeHead(401).end();
            } else response.writeHead(200, { "content-length": disk.length }).end(request.method === "HEAD" ? undefined : disk);
        });
        const secret = (secretKey: string) =>
            image({ source: { http: { url, credentials: { accessKeyId: "me", secretKey } } } });
        const wrong = await project.run("up", secret("not-it-either"));
        assert.match(wrong.failure ?? `no failure: ${wrong.text}`, /401/);
        assert.equal(refused > 0, true);
        const up = await project.run("up", secret("hush-hush\n"));
        assert.equal(up.failure, undefined, "a trailing newline is cut");
        assert.equal(sha256Of(String(up.outputs["path"])), sha256(disk));
        const shown = [wrong, up].map(({ text, failure = "" }) => text + failure).join();
        assert.doesNotMatch(shown, /hush|not-it/, "nothing printed holds the secret");
        const state = readState(project.directory);
        assert.doesNotMatch(state, /hush|not-it/, "nor does the state");
    });
});

function order(ran: Ran): string[] {
    return ran.steps["disk"] ?? [];
}

function readState(directory: string): string {
    const stacks = path.join(directory, "backend", ".pulumi", "stacks", "engine");
    return readdirSync(stacks)
        .filter((name) => name.endsWith(".json"))
        .map((name) => readFileSync(path.join(stacks, name), "utf8"))
        .join();
}
