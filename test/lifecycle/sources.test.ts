// Where bytes come from, through the lifecycle: archives, clones, uploads, mirrors, and how many come in at once.
import * as assert from "node:assert/strict";
import {
    closeSync,
    existsSync,
    lstatSync,
    mkdirSync,
    openSync,
    readFileSync,
    readdirSync,
    rmSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { makeXz } from "../images/xz.js";
import { sha256 } from "../importer/workspace.js";
import { http, useLifecycle } from "./fixture.js";

const disk = makeDisk(4 << 20, { seed: 3 });

describe("an archive in a store", () => {
    const fixture = useLifecycle();
    const tar = makeTar([{ path: "etc/motd", bytes: Buffer.from("one") }]);

    it("is unpacked into the claim's own directory, and leaves with it [M31, B12]", async () => {
        const run = fixture.run();
        const url = fixture.web.serve("/tools.tar.gz", gzipSync(tar));
        const made = await run.up(http(url, { contentType: "archive", storage: { size: "10Mi" } }));
        const directory = String(made.state["path"]);
        assert.equal(readFileSync(path.join(directory, "etc", "motd"), "utf8"), "one");
        assert.deepEqual([made.state["format"], made.state["virtualSize"], made.state["modified"]], ["tar", 3, false]);
        const seen = await fixture.run().session.read("ImportedImage", made.id, made.state);
        assert.equal(seen?.state["modified"], false, "an untouched archive is refreshed as untouched");
        await run.session.delete("ImportedImage", made.state);
        assert.equal(existsSync(directory), false);
        assert.deepEqual(readdirSync(path.join(fixture.store, "volumes")), []);
    });

    it("that was changed since its import is neither replaced nor deleted, whatever was changed in it", async () => {
        const run = fixture.run();
        const url = fixture.web.serve("/tools.tar", tar);
        const made = await run.up(http(url, { contentType: "archive" }));
        writeFileSync(path.join(String(made.state["path"]), "etc", "motd"), "two");
        const seen = await fixture.run().session.read("ImportedImage", made.id, made.state);
        assert.equal(seen?.state["modified"], true);
        await assert.rejects(fixture.run().session.delete("ImportedImage", made.state), { code: "in-use" });
    });

    it("takes another one's place under a name of the user's own, whole [M31]", async () => {
        const args = { name: "tools", contentType: "archive" };
        const first = await fixture.run().up(http(fixture.web.serve("/1.tar", tar), args));
        const other = makeTar([{ path: "two", bytes: Buffer.from("2") }]);
        const second = await fixture.run().up(http(fixture.web.serve("/2.tar", other), args), first);
        const directory = String(second.state["path"]);
        assert.deepEqual(readdirSync(directory), ["two"]);
        assert.equal(existsSync(String(first.state["path"])), false, "the old directory is gone");
    });

    it("that would escape is refused, and nothing of it stays", async () => {
        const evil = makeTar([{ path: "../../evil", bytes: Buffer.from("x") }]);
        await assert.rejects(
            fixture.run().up(http(fixture.web.serve("/e.tar", evil), { contentType: "archive" })),
            /climbs/,
        );
        const left = readdirSync(fixture.store, { recursive: true }).map(String);
        assert.deepEqual(
            left.filter((name) => name.includes("evil") || name.startsWith("partial/")),
            [],
        );
    });
});

describe("a clone in a store", () => {
    const fixture = useLifecycle();

    it("holds what its source holds, grown to its own size, and downloads nothing [B13]", async () => {
        const run = fixture.run();
        const origin = await run.up(http(fixture.web.serve("/disk.img", disk)), undefined, "origin");
        const before = fixture.web.requests.length;
        const source = { pvc: { name: String(origin.state["claimName"]) } };
        const made = await run.up({ source, storage: { size: "8Mi" } }, undefined, "copy");
        const bytes = readFileSync(String(made.state["path"]));
        assert.equal(bytes.length, 8 << 20);
        assert.ok(bytes.subarray(0, disk.length).equals(disk));
        assert.ok(lstatSync(String(made.state["path"])).blocks * 512 <= disk.length + 65536, "holes stay holes");
        assert.equal(fixture.web.requests.length, before);
        await run.session.delete("ImportedImage", origin.state);
        assert.ok(readFileSync(String(made.state["path"])).equals(bytes), "it lives on without its source");
    });

    it("waits for a source of the same run, and says what it waits for", async () => {
        const run = fixture.run();
        const args = { source: { pvc: { name: "later" } }, timeoutSeconds: 30 };
        const copying = run.up(args, undefined, "copy");
        const origin = await run.up(http(fixture.web.serve("/disk.img", disk), { name: "later" }), undefined, "origin");
        const made = await copying;
        assert.ok(readFileSync(String(made.state["path"])).equals(readFileSync(String(origin.state["path"]))));
    });

    it("of a disk that a program has open is refused, because such a copy is no disk", async () => {
        const run = fixture.run();
        const origin = await run.up(
            http(fixture.web.serve("/disk.img", disk), { name: "origin" }),
            undefined,
            "origin",
        );
        const open = openSync(String(origin.state["path"]), "r+");
        try {
            const copying = run.up({ source: { pvc: { name: "origin" } } }, undefined, "copy");
            await assert.rejects(
                copying,
                /cannot clone the claim default\/origin: its disk is open in .*shut that down/,
            );
        } finally {
            closeSync(open);
        }
        const made = await fixture.run().up({ source: { pvc: { name: "origin" } } }, undefined, "copy-2");
        assert.ok(readFileSync(String(made.state["path"])).equals(disk));
    });

    it("smaller than its source is refused, and so is one of an archive", async () => {
        const run = fixture.run();
        const origin = await run.up(
            http(fixture.web.serve("/disk.img", disk), { name: "origin" }),
            undefined,
            "origin",
        );
        const small = { source: { pvc: { name: "origin" } }, storage: { size: "1Mi" } };
        await assert.rejects(run.up(small, undefined, "small"), /origin|too-large|larger|room/);
        assert.ok(existsSync(String(origin.state["path"])));
        const tar = fixture.web.serve("/a.tar", makeTar([{ path: "a" }]));
        await run.up(http(tar, { name: "files", contentType: "archive" }), undefined, "files");
        const copy = run.up({ source: { pvc: { name: "files" } } }, undefined, "copy");
        await assert.rejects(copy, /it holds an archive, not a disk/);
    });
});

describe("an upload in a store", () => {
    const fixture = useLifecycle();

    it("brings in a file of this machine, by its checksum, compressed or not [M28, M29, M30]", async () => {
        mkdirSync(fixture.store, { recursive: true });
        const [plain, packed, small] = ["disk.img", "disk.img.gz", "disk.img.xz"].map((name) =>
            path.join(fixture.store, name),
        ) as [string, string, string];
        writeFileSync(plain, disk);
        writeFileSync(packed, gzipSync(disk));
        writeFileSync(small, makeXz(disk));
        const run = fixture.run();
        for (const file of [plain, packed, small]) {
            const args = { source: { upload: { path: file } }, checksum: `sha256:${sha256(file)}` };
            const made = await run.up(args, undefined, path.basename(file).replaceAll(".", "-"));
            assert.ok(readFileSync(String(made.state["path"])).equals(disk), file);
        }
    });

    it("is known by what the file holds, not by its path or its time", async () => {
        mkdirSync(fixture.store, { recursive: true });
        const [here, there] = [path.join(fixture.store, "a.img"), path.join(fixture.store, "b.img")];
        writeFileSync(here, disk);
        writeFileSync(there, disk);
        const upload = (file: string): object => ({ source: { upload: { path: file } } });
        const made = await fixture.run().up({ ...upload(here) });
        utimesSync(here, 1, 1);
        const touched = await fixture.run().up({ ...upload(here) }, made);
        assert.equal(touched.state["path"], made.state["path"], "a new time is no new image");
        const moved = await fixture.run().up({ ...upload(there) }, touched);
        assert.equal(moved.state["path"], made.state["path"], "nor is another path");
        const other = makeDisk(4 << 20, { seed: 4 });
        writeFileSync(there, other);
        const run = fixture.run();
        await run.preview({ ...upload(there) }, moved);
        assert.ok(run.said.some(({ message }) => message.startsWith("imports claim")));
        const changed = await run.up({ ...upload(there) }, moved);
        assert.notEqual(changed.state["path"], made.state["path"]);
        assert.ok(readFileSync(String(changed.state["path"])).equals(other));
        rmSync(there);
        const gone = await fixture.run().up({ ...upload(there) }, changed);
        assert.equal(gone.state["path"], changed.state["path"], "a file that is gone changes nothing");
    });

    it("takes every content that a web server may hold, xz among them [M13, M14, M35] [M15]", async () => {
        mkdirSync(fixture.store, { recursive: true });
        const run = fixture.run();
        const qcow2 = makeQcow2(disk, { compression: "zlib" });
        for (const [name, bytes] of [
            ["qcow2", qcow2],
            ["qcow2-gz", gzipSync(qcow2)],
            ["qcow2-xz", makeXz(qcow2)],
            ["raw-xz", makeXz(disk)],
            ["tar-gz", gzipSync(makeTar([{ path: "disk.img", bytes: disk }]))],
        ] as const) {
            const file = path.join(fixture.store, name);
            writeFileSync(file, bytes);
            const contentType = name === "tar-gz" ? "archive" : "kubevirt";
            const made = await run.up({ source: { upload: { path: file } }, contentType }, undefined, name);
            const found = path.join(String(made.state["path"]), contentType === "archive" ? "disk.img" : "");
            assert.ok(readFileSync(found.replace(/\/$/, "")).equals(disk), name);
        }
    });

    it("of another file than its checksum says is refused [B14]", async () => {
        mkdirSync(fixture.store, { recursive: true });
        const file = path.join(fixture.store, "disk.img");
        writeFileSync(file, disk);
        const args = { source: { upload: { path: file } }, checksum: `sha256:${"0".repeat(64)}` };
        await assert.rejects(fixture.run().up(args), /checksum mismatch/);
    });
});

describe("mirrors of a stack", () => {
    const fixture = useLifecycle();

    it("are asked in place of the logical address, which the state keeps; a new mirror imports nothing", async () => {
        const url = "http://images.example.com/fedora.img";
        fixture.web.serve("/one/fedora.img", disk);
        const mirrors = (name: string): string =>
            JSON.stringify({ "http://images.example.com/": `${fixture.web.url}/${name}/` });
        const made = await fixture.run({ mirrors: mirrors("one") }).up(http(url));
        assert.ok(readFileSync(String(made.state["path"])).equals(disk));
        assert.doesNotMatch(JSON.stringify(made.state), /127\.0\.0\.1/);
        const before = fixture.web.requests.length;
        const again = await fixture.run({ mirrors: mirrors("two") }).up(http(url), made);
        assert.equal(again.state["path"], made.state["path"]);
        assert.equal(fixture.web.requests.length, before, "nobody was asked");
    });

    it("are refused by name where they make no sense, before anything is made", async () => {
        const run = fixture.run({ mirrors: "quay.io" });
        await assert.rejects(run.preview(http("http://images.example.com/x")), /bootsource:mirrors: it must be a map/);
        assert.equal(existsSync(fixture.store), false);
    });
});

describe("a stack that cannot see its sources", () => {
    const fixture = useLifecycle();

    it("asks nobody in its previews, and does not complain either", async () => {
        const run = fixture.run({ upstream: "never" });
        const url = fixture.web.serve("/disk.img", disk);
        const before = fixture.web.requests.length;
        await run.preview(http(url));
        assert.equal(fixture.web.requests.length, before);
        assert.deepEqual(
            run.said.filter(({ severity }) => severity === "warning"),
            [],
        );
    });
});

describe("imports of one store", () => {
    const fixture = useLifecycle();

    it("come in so many at once, the others wait their turn, and no patience is lost by waiting", async () => {
        let [now, most] = [0, 0];
        const url = fixture.web.answer("/slow.img", (request, response) => {
            if (request.method === "HEAD") {
                response.writeHead(200, { "content-length": disk.length }).end();
                return;
            }
            most = Math.max(most, (now += 1));
            response.writeHead(200, { "content-length": disk.length });
            setTimeout(() => {
                now -= 1;
                response.end(disk);
            }, 1_700);
        });
        const run = fixture.run({ parallelImports: "2" });
        // The last of seven waits for longer than anybody has patience, and none of them as long for its own bytes.
        const names = Array.from({ length: 7 }, (_, index) => `disk-${index}`);
        const made = await Promise.all(names.map((name) => run.up(http(url, { timeoutSeconds: 5 }), undefined, name)));
        for (const { state } of made) assert.ok(readFileSync(String(state["path"])).equals(disk));
        assert.equal(most, 2);
        const waited = run.said.filter(({ message }) => message.includes("waits for one of 2 imports"));
        assert.ok(waited.length > 0 && waited.every(({ severity }) => severity === "progress"));
    });

    it("are bounded by a whole number, and by nothing else", async () => {
        for (const parallelImports of ["0", "-1", "many", "1.5"]) {
            const run = fixture.run({ parallelImports });
            await assert.rejects(
                run.preview({ source: { blank: {} }, storage: { size: "1Mi" } }),
                /whole number from 1 to 999/,
            );
        }
    });
});
