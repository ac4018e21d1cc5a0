// Onto a block device: all of it is written, what was there is gone, and what fails leaves nothing that boots.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { createRawFile } from "../../provider/importer/target/raw-file.js";
import { runCommand } from "../cli/run-command.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { findTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

const deviceBytes = 8 * 2 ** 20;
const old = Buffer.alloc(deviceBytes, 0xee);
const disk = makeDisk(3_000_320, { seed: 31 });
const image = makeQcow2(disk, { compression: "zlib" });
const whole = createHash("sha256")
    .update(disk)
    .update(Buffer.alloc(deviceBytes - disk.length))
    .digest("hex");

describe("a device as a target", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("keeps its size, and has zeros at its beginning where the import fails", async () => {
        const path = space.write("device", old);
        const options = { keepZeros: true, device: true };
        const target = await createRawFile(path, options);
        const buffer = await target.buffer(4096);
        buffer.fill(1, 0, 4096);
        const piece = { at: 0, sourceLength: 4096, guestOffset: 0, guestLength: 4096, decodedLength: 4096 };
        await target.place(buffer, [{ ...piece, encoding: "plain" }]);
        await target.finish(4096);
        assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.alloc(4096, 1), old.subarray(4096)])));
        await (await createRawFile(path, options)).abort();
        assert.ok(readFileSync(path).equals(Buffer.concat([Buffer.alloc(2 ** 20), old.subarray(2 ** 20)])));
    });

    // Only root has loop devices, and not in every container: with none there is nothing that could be tested.
    const losetup = findTool("losetup");
    const probe = losetup === undefined ? undefined : spawnSync(losetup, ["-f"]);
    if (losetup === undefined || probe?.status !== 0 || process.getuid?.() !== 0) return;

    const withDevice = async (use: (device: string) => Promise<void>): Promise<void> => {
        const file = space.write("device", old);
        const device = execFileSync(losetup, ["-f", "--show", file], { encoding: "utf8" }).trim();
        try {
            await use(device);
        } finally {
            execFileSync(losetup, ["-d", device]);
        }
    };

    it("is written whole by the command: the disk, and zeros for everything that was there", () =>
        withDevice(async (device) => {
            const path = space.write("image", image);
            const kept = await runCommand(["import", path, device]);
            assert.match(kept.stderr, /^bootsource: already-exists: .*--force/);
            assert.equal(sha256(device), sha256(old));
            const ended = await runCommand(["import", path, device, "--force"]);
            assert.equal(ended.code, 0, ended.stderr);
            assert.equal(sha256(readFileSync(device)), whole);
            assert.ok(statSync(device).isBlockDevice());
        }));

    it("is written whole by a raw disk too, whose zeros are no holes here", () =>
        withDevice(async (device) => {
            const ended = await runCommand(["import", space.write("image", disk), device, "--force"]);
            assert.equal(ended.code, 0, ended.stderr);
            assert.equal(sha256(readFileSync(device)), whole);
        }));

    it("is left alone by an image or a size that is larger than itself, and by what is no image", () =>
        withDevice(async (device) => {
            const large = space.write("large", makeQcow2(makeDisk(deviceBytes + 512)));
            const good = space.write("image", image);
            for (const [parameters, code] of [
                [[large], "too-large"],
                [[good, "--size", "9Mi"], "too-large"],
                [[space.write("page", Buffer.from("<html></html>"))], "not-an-image"],
            ] as const) {
                const [path = "", ...more] = parameters;
                const ended = await runCommand(["import", path, device, "--force", ...more]);
                assert.match(ended.stderr, new RegExp(`^bootsource: ${code}: `));
                assert.equal(sha256(readFileSync(device)), sha256(old));
            }
        }));

    it("has nothing that boots where the image turns out damaged", () =>
        withDevice(async (device) => {
            const damaged = Buffer.from(image);
            damaged.fill(0xff, damaged.length - 70_000, damaged.length - 60_000);
            const ended = await runCommand(["import", space.write("image", damaged), device, "--force"]);
            assert.match(ended.stderr, /^bootsource: corrupt-image: /);
            assert.ok(
                readFileSync(device)
                    .subarray(0, 2 ** 20)
                    .equals(Buffer.alloc(2 ** 20)),
            );
        }));

    it("is refused by name where something uses it", () =>
        withDevice(async (device) => {
            const mkfs = findTool("mkfs.ext4") ?? findTool("mke2fs");
            if (mkfs === undefined) return;
            execFileSync(mkfs, ["-q", "-F", device], { stdio: "ignore" });
            const point = `${space.path}/point`;
            mkdirSync(point);
            if (spawnSync("mount", [device, point]).status !== 0) return;
            try {
                const ended = await runCommand(["import", space.write("image", image), device, "--force"]);
                assert.match(ended.stderr, /^bootsource: in-use: .* it is mounted, /);
            } finally {
                execFileSync("umount", [point]);
            }
        }));
});
