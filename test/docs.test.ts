// The generated pages of docs/ say what the code and the tests say, and the tests' titles claim only rows that exist.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

const clone = path.resolve(__dirname, "..", "..");

interface Parity {
    readRows: (text: string) => unknown[];
    parityPage: (rows: unknown[], titles: { file: string; title: string }[]) => { page: string; problems: string[] };
}

describe("docs/", () => {
    it("is up to date with the tests' titles and the error codes", function () {
        this.timeout(240_000);
        const check = spawnSync(process.execPath, [path.join(clone, "tools", "docs.cjs"), "--check"], {
            encoding: "utf8",
        });
        assert.equal(check.status, 0, check.stderr);
    });

    it("tells where to look for growing what is inside a grown disk [B6]", () => {
        const page = fs.readFileSync(path.join(clone, "docs", "importing-an-image.md"), "utf8").replace(/\s+/g, " ");
        assert.match(page, /grow partitions and file systems .* see the documentation of the operating system/);
    });

    it("links only to files that are there", () => {
        const pages = fs.readdirSync(path.join(clone, "docs"), { recursive: true, encoding: "utf8" });
        for (const page of ["README.md", "CONTRIBUTING.md", ...pages.map((name) => `docs/${name}`)]) {
            if (!page.endsWith(".md")) continue;
            const text = fs.readFileSync(path.join(clone, page), "utf8");
            for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
                const file = path.join(clone, path.dirname(page), target);
                assert.ok(fs.existsSync(file), `${page} links to ${target}, which is not there`);
            }
        }
    });
});

describe("comments and messages", () => {
    it("name only pages that are there", () => {
        for (const room of ["components", "provider", "tools"]) {
            for (const name of fs.readdirSync(path.join(clone, room), { recursive: true, encoding: "utf8" })) {
                if (!/\.(ts|cjs)$/.test(name)) continue;
                const text = fs.readFileSync(path.join(clone, room, name), "utf8");
                for (const [page] of text.matchAll(/docs\/[a-z0-9/-]+\.md/g)) {
                    assert.ok(
                        fs.existsSync(path.join(clone, page)),
                        `${room}/${name} names ${page}, which is not there`,
                    );
                }
            }
        }
    });
});

describe("docs/parity.md", () => {
    const { readRows, parityPage } = require(path.join(clone, "tools", "docs", "parity.cjs")) as Parity;
    const rows = readRows(
        "# comment\n## Images\nB1 | imports | here |\nB2 | waits | there | codecs\nB3 | none | no | n/a: empty\n",
    );
    const at = (title: string) => parityPage(rows, [{ file: "test/x.test.ts", title }]);

    it("names the tests of a row, and what a row without tests waits for", () => {
        const { page, problems } = at("an image is imported [B1]");
        assert.deepEqual(problems, []);
        assert.match(page, /\| B1 \| imports \| here \| tested \| `test\/x.test.ts` an image is imported \| {2}\|/);
        assert.match(page, /\| B2 .*\| not there yet: codecs \|/);
        assert.match(page, /\| B3 .*\| not applicable: empty \|/);
        assert.match(page, /Now: 1 tested, 1 not there yet, 1 not applicable; 0 of them on a cluster/);
        assert.match(at("nothing").page, /\| B1 .*\| not tested yet \|/);
    });

    it("tells the tests against a real API server from those in a store", () => {
        const title = "an image is imported [B1]";
        const { page } = parityPage(rows, [{ file: "test/engine/image-cdi.test.ts", title }]);
        assert.match(page, /\| B1 .* \| tested \| {2}\| `test\/engine\/image-cdi.test.ts` an image is imported \|/);
        assert.match(page, /1 of them on a cluster/);
    });

    const wrong: { reason: string; title: string; problem: RegExp }[] = [
        { reason: "a row that does not exist", title: "x [B9]", problem: /there is no row B9/ },
        { reason: "a range", title: "x [B1-B3]", problem: /\[B1-B3\] is not a list of rows/ },
        { reason: "more than four rows", title: "x [B1, B2] y [B3, B1, B2]", problem: /more than 4 rows/ },
    ];
    for (const { reason, title, problem } of wrong) {
        it(`refuses ${reason} in a title`, () => {
            assert.match(at(title).problems.join("\n"), problem);
        });
    }

    it("takes other brackets for text", () => {
        assert.deepEqual(at("reads [::1] and [a list]").problems, []);
    });
});
