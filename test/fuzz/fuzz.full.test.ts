// A short run of the fuzzer, always over the same images: the way from the damage to the judges works, and nothing is found.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireTool } from "../tools.js";
import { Fuzzer } from "./fuzzer.js";
import { judge } from "./judge.js";
import { makeSubjects } from "./subjects.js";
import { Importing } from "./importing.js";

const rounds = 300;

describe("the fuzzer", function () {
    this.timeout(600_000);
    let directory: string;
    before(function () {
        for (const name of ["qemu-img", "gzip", "xz", "zstd", "bzip2", "tar"]) requireTool(this, name);
    });
    beforeEach(() => {
        directory = mkdtempSync(join(tmpdir(), "bootsource-test-"));
    });
    afterEach(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    it(`finds nothing in ${rounds} damaged images of every format and compression`, async () => {
        const fuzzer = new Fuzzer(directory);
        try {
            for (let round = 50_000; round < 50_000 + rounds; round += 1) {
                const find = await fuzzer.round(round);
                assert.equal(find && `${find.kind}: ${find.subject}: ${find.detail}`, undefined, `round ${round}`);
            }
        } finally {
            await fuzzer.close();
        }
        const [, refused = "0", imported = "0", same = "0"] =
            /: (\d+) refused, (\d+) imported, of which (\d+) /.exec(fuzzer.told()) ?? [];
        // A fuzzer whose images are all refused, or all fine, tries nothing.
        for (const count of [refused, imported, same]) assert.ok(Number(count) > rounds / 10, fuzzer.told());
    });

    it("damages images that are taken, and that others read the same, as long as nobody damages them", async () => {
        const importing = new Importing();
        try {
            for (const { name, image, pack } of makeSubjects()) {
                const path = join(directory, "image");
                const target = join(directory, name, "disk.img");
                writeFileSync(path, pack?.(image) ?? image);
                const { imported, crash } = await importing.run({ path, target, size: 8 * 2 ** 20 });
                assert.ok(imported, `${name}: ${crash ?? "refused"}`);
                assert.equal(judge(path, target, imported), "same", name);
                rmSync(join(directory, name), { recursive: true });
            }
        } finally {
            await importing.end();
        }
    });

    it("sees another byte, and a disk that others refuse", () => {
        const [path, target] = [join(directory, "image"), join(directory, "disk.img")];
        const disk = Buffer.alloc(1024, 7);
        writeFileSync(path, disk);
        writeFileSync(target, Buffer.concat([disk.subarray(0, 1023), Buffer.of(8)]));
        const raw = judge(path, target, { format: "raw", codecs: [] });
        assert.equal(typeof raw === "object" && raw.kind, "other bytes");
        const packed = judge(path, target, { format: "raw", codecs: ["gz"] });
        assert.match(typeof packed === "object" ? packed.kind : packed, /^taken, though .*refuses it$/);
    });
});
