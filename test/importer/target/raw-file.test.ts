// The raw file: the suite, and what belongs to a file: holes, rights, names, and disks that are full.
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { stageBlank } from "../../../provider/importer/blank.js";
import { fileSystemError } from "../../../provider/importer/file-system-error.js";
import { createRawFile } from "../../../provider/importer/target/raw-file.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { sha256, Workspace } from "../workspace.js";
import { describeTarget } from "./describe-target.js";

describe("raw file", () => {
    const { signal } = new AbortController();
    let space: Workspace;
    let made = 0;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    for (const keepZeros of [false, true]) {
        describeTarget(`raw file${keepZeros ? " that keeps zeros" : ""}`, async () => {
            made += 1;
            const path = join(space.path, `disk-${made}`);
            const target = await createRawFile(path, { keepZeros });
            return { target, read: () => readFileSync(path), exists: () => existsSync(path) };
        });
    }

    it("is for its owner only, and never takes the place of another file", async () => {
        const path = join(space.path, "disk");
        await stageBlank(path, 10_000, { signal });
        assert.equal(statSync(path).mode & 0o777, 0o600);
        assert.equal(statSync(path).size, 10_000);
        const other = space.write("other", Buffer.from("precious"));
        await assert.rejects(stageBlank(other, 10_000, { signal }), { code: "already-exists" });
        assert.equal(readFileSync(other, "utf8"), "precious");
    });

    it("leaves holes for zeros, and takes real room when it is asked to", async function () {
        if (process.platform === "win32") this.skip();
        const disk = Buffer.alloc(8 * 2 ** 20);
        makeDisk(65_536, { seed: 3 }).copy(disk, 2 ** 20);
        const allocated = (path: string): number => statSync(path).blocks * 512;
        for (const image of [disk, makeQcow2(disk), makeQcow2(disk, { compression: "zlib" })]) {
            const source = { kind: "file", path: space.write("image", image) } as const;
            await space.import({ source });
            assert.ok(allocated(space.target) <= 2 ** 19, `${allocated(space.target)} bytes are taken`);
            await space.import({ source, size: disk.length + 2 ** 20, preallocate: true });
            assert.ok(allocated(space.target) >= disk.length + 2 ** 20);
            assert.equal(sha256(space.target), sha256(Buffer.concat([disk, Buffer.alloc(2 ** 20)])));
        }
        const blank = join(space.path, "blank");
        await stageBlank(blank, 2 ** 20, { preallocate: true, signal });
        assert.ok(allocated(blank) >= 2 ** 20);
        assert.ok(readFileSync(blank).equals(Buffer.alloc(2 ** 20)));
    });

    it("says that the file system is full before it writes, where the tables tell how much it will be", async () => {
        // A virtual size is no room taken: only what is allocated counts.
        const sparse = makeQcow2(makeDisk(300_000), { clusterBits: 21 });
        sparse.writeBigUInt64BE(2n ** 39n, 24);
        const imported = await space.import({ source: { kind: "file", path: space.write("sparse", sparse) } });
        assert.equal(imported.virtualSize, 2 ** 39);
        const error = await space.refused({
            source: { kind: "file", path: space.write("disk", makeDisk(5000)) },
            size: 2 ** 52,
            preallocate: true,
        });
        assert.equal(error.code, "no-space");
        assert.ok(typeof error.facts["free"] === "number" && error.facts["needed"] === 2 ** 52);
    });

    it("has a code and a way out for a file system that is full", () => {
        for (const code of ["ENOSPC", "EDQUOT"]) {
            const error = fileSystemError(Object.assign(new Error("no space left"), { code }), "write the disk /x");
            assert.equal(error.code, "no-space");
            assert.match(error.message, /^cannot write the disk \/x: .+; .*(room|place)/);
        }
    });
});
