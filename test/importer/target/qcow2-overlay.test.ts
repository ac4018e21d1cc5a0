// The overlays that thin clones are: QEMU's own tool says that they are whole, and reads through them what lies behind.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeOverlay } from "../../../provider/importer/target/qcow2-overlay.js";
import { isBootsourceError } from "../../../provider/model/errors.js";
import { makeDisk } from "../../images/disk.js";
import { requireTool } from "../../tools.js";
import { Workspace, sha256 } from "../workspace.js";

describe("a qcow2 overlay", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const places = () => ({
        backing: space.write("back.img", makeDisk(3 << 20, { seed: 4 })),
        path: `${space.target}.qcow2`,
    });

    it("is found without fault by qemu-img, which reads the backing disk through it", async function () {
        const qemuImg = requireTool(this, "qemu-img");
        const { backing, path } = places();
        await writeOverlay(path, { backing, size: 5 << 20 });
        execFileSync(qemuImg, ["check", path]);
        const info = JSON.parse(execFileSync(qemuImg, ["info", "--output=json", path], { encoding: "utf8" })) as object;
        const told = info as Record<string, unknown>;
        assert.deepEqual(
            [told["format"], told["virtual-size"], told["backing-filename"], told["backing-filename-format"]],
            ["qcow2", 5 << 20, backing, "raw"],
        );
        const whole = join(path, "..", "whole.img");
        execFileSync(qemuImg, ["convert", "-O", "raw", path, whole]);
        const expected = Buffer.concat([readFileSync(backing), Buffer.alloc(2 << 20)]);
        assert.equal(sha256(whole), sha256(expected), "what lies behind the backing file's end is zeros");
        assert.equal(statSync(path).mode & 0o777, 0o600);
    });

    for (const size of [512, 2 ** 29 + 512, 2 ** 40, 2 ** 46]) {
        it(`has tables for ${size} bytes that qemu-img can write through`, async function () {
            const qemuIo = requireTool(this, "qemu-img").replace(/qemu-img$/, "qemu-io");
            const { path } = places();
            const backing = space.write("small.img", Buffer.alloc(512, 1));
            truncateSync(backing, Math.min(size, 2 ** 40));
            await writeOverlay(path, { backing, size });
            execFileSync(qemuIo, ["-c", `write -P 9 ${size - 512} 512`, "-c", `read -P 9 ${size - 512} 512`, path]);
            execFileSync("qemu-img", ["check", path]);
            assert.ok(statSync(path).blocks * 512 < 4 << 20, "it stays small");
        });
    }

    it("takes the place of nothing, and is refused where its backing file's path is too long for QEMU", async () => {
        const { backing, path } = places();
        writeFileSync(path, "mine");
        await assert.rejects(writeOverlay(path, { backing, size: 1 << 20 }), (error) => isBootsourceError(error));
        const long = `/${"x".repeat(1024)}`;
        await assert.rejects(
            writeOverlay(`${path}.2`, { backing: long, size: 512 }),
            (error) => isBootsourceError(error) && error.code === "invalid-argument",
        );
    });
});
