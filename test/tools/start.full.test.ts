// `npm start` on a copy of the repository without anything built: a disk that boots, no changes the second time, nothing dirty.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { npm, run } from "../package/project";
import { requireTool } from "../tools";
import { clone } from "./sandbox";

describe("npm start", function () {
    this.timeout(600_000);
    let root: string;
    let copy: string;
    const start = (...args: string[]) => npm(["start", "--silent", "--", ...args], copy);
    const stackFile = () => fs.readFileSync(path.join(copy, "Pulumi.quickstart.yaml"), "utf8");
    let disk: string;

    before(function () {
        root = fs.mkdtempSync(path.join(os.tmpdir(), "bootsource-start-"));
        copy = path.join(root, "copy");
        requireTool(this, "pulumi");
        const left = new Set(
            [".git", "node_modules", "dist", "store", ".pulumi"].map((name) => path.join(clone, name)),
        );
        fs.cpSync(clone, copy, { recursive: true, filter: (source) => !left.has(source) });
    });
    after(() => {
        fs.rmSync(root, { recursive: true, force: true });
    });

    it("imports the image and says where the disk lies and how to boot it", async () => {
        const before = stackFile();
        const { code, out, err } = await start();
        assert.equal(code, 0, out + err);
        assert.match(err, /\$ pulumi up --yes --stack quickstart/);
        assert.match(out, /2 created/);
        const sum = fs
            .readFileSync(path.join(copy, "examples/quickstart/image/hello.qcow2.sha256"), "utf8")
            .split(" ")[0];
        assert.match(out, new RegExp(`digest +sha256:${sum}`));
        disk = / path +(\/.*disk\.img)\n/.exec(out)?.[1] ?? "";
        assert.equal(fs.statSync(disk).size, 64 << 20);
        assert.ok(out.includes(`qemu-system-x86_64 -snapshot -nographic -drive file='${disk}',format=raw`));
        assert.equal(stackFile(), before, "the stack file is as it was committed");
    });

    it("makes a disk that a machine boots from", async function () {
        const qemu = requireTool(this, "qemu-system-x86_64");
        const args = ["-snapshot", "-nographic", "-m", "64", "-drive", `file=${disk},format=raw`];
        const machine = spawn(qemu, args, {
            stdio: ["ignore", "pipe", "inherit"],
            timeout: 120_000, // a machine that never says it is ended, too
            killSignal: "SIGKILL",
        });
        let said = "";
        for await (const chunk of machine.stdout) {
            said += String(chunk);
            if (said.includes("Hello from pulumi-bootsource (on the serial port)")) machine.kill("SIGKILL");
        }
        assert.match(said, /Hello from pulumi-bootsource \(on the serial port\)/);
    });

    it("changes nothing the second time, and prepares nothing again", async () => {
        const { out, err } = await start();
        assert.match(out, /2 unchanged/);
        assert.doesNotMatch(err, /^setup:/m);
    });

    it("passes other commands on to the same stack", async () => {
        assert.equal((await start("config", "set", "size", "128Mi")).code, 0);
        const preview = await start("preview");
        assert.match(preview.out, /1 to update/);
        assert.equal(fs.statSync(disk).size, 64 << 20, "a preview touches nothing");
        assert.equal((await start("up", "--yes")).code, 0);
        assert.equal(fs.statSync(disk).size, 128 << 20);
        assert.equal((await start("destroy", "--yes")).code, 0);
        assert.equal(fs.existsSync(disk), false);
    });

    it("ends with Pulumi's own exit code when Pulumi fails", async () => {
        const failed = await run(process.execPath, [path.join(copy, "tools", "start.cjs"), "no-such-command"], copy);
        assert.notEqual(failed.code, 0);
    });
});
