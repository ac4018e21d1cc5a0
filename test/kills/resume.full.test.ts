// kill -9 in the middle of a download, again and again: what has arrived durably is not asked for a second time.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { makeDisk } from "../images/disk.js";
import { sha256 } from "../importer/workspace.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";

const command = path.resolve(__dirname, "../../../bin/bootsource.cjs");
const session = path.join(__dirname, "run-session.js");

describe("kill -9 during a download", function () {
    this.timeout(120_000);
    const disk = makeDisk(40_000_003, { seed: 71 });
    /** What is read ahead of every import, to see what it is. */
    const head = 3 * 65_536;
    let server: ImageServer;
    let directory: string;
    let partials: string;

    beforeEach(async () => {
        if (process.platform === "win32") return;
        server = await startImageServer();
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-resume-"));
    });
    afterEach(async () => {
        await server.close();
        rmSync(directory, { recursive: true, force: true });
    });

    /** Serves the image, slowly or at once; over all connections that takes some seconds. */
    const serve = (bytes: Uint8Array, pace?: number): string =>
        server.serve("/disk.img", { bytes, etag: `"${sha256(bytes)}"`, ...(pace === undefined ? {} : { pace }) });

    /** How far the journals say that the disk is. */
    const reached = (): number => {
        const names = existsSync(partials) ? readdirSync(partials).filter((name) => name.endsWith(".journal")) : [];
        return Math.max(
            0,
            ...names.map((name) => {
                try {
                    return Number(readFileSync(path.join(partials, name), "utf8").split(" ")[3] ?? 0);
                } catch {
                    return 0;
                }
            }),
        );
    };

    /** Starts a process and kills it once the disk is further than before. */
    const killFurther = async (args: string[], before: number): Promise<number> => {
        const child = spawn(process.execPath, args, { stdio: "ignore" });
        const ended = new Promise<string | null>((resolve) =>
            child.on("exit", (_, signal) => {
                resolve(signal);
            }),
        );
        while (reached() <= before && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20));
        child.kill("SIGKILL");
        assert.equal(await ended, "SIGKILL", "the process was killed while it downloaded");
        return reached();
    };
    const runToEnd = async (args: string[]): Promise<void> => {
        const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
        assert.equal(await new Promise((resolve) => child.on("exit", resolve)), 0);
    };

    /** Kills twice, lets the third run end: nothing was sent twice, and the disk is the image. */
    const goesOn = async (args: string[], target: string): Promise<void> => {
        serve(disk, 60);
        const first = await killFurther(args, 0);
        server.asked.length = 0;
        const second = await killFurther(args, first);
        const begun = server.asked.map((one) => /^bytes=(\d+)-/.exec(one.headers.range ?? "")?.[1]);
        assert.ok(begun.includes(String(first)), `${begun.join()} were asked for, not ${first}`);
        assert.ok(second > first && second < disk.length);
        serve(disk);
        server.sent.bytes = 0;
        await runToEnd(args);
        const { bytes } = server.sent;
        assert.ok(bytes <= disk.length - second + head, `${bytes} bytes were sent where ${second} were there`);
        assert.equal(sha256(target), sha256(disk));
    };

    it("by the command: the next one goes on, and leaves nothing but the disk", async () => {
        partials = path.join(directory, "target");
        mkdirSync(partials);
        const target = path.join(partials, "disk.img");
        await goesOn([command, "import", serve(disk), target], target);
        assert.deepEqual(readdirSync(partials), ["disk.img"]);
    });

    it("by the command: another image at the source is brought whole", async () => {
        partials = path.join(directory, "target");
        mkdirSync(partials);
        const target = path.join(partials, "disk.img");
        const args = [command, "import", serve(disk, 60), target];
        await killFurther(args, 0);
        const other = makeDisk(40_000_003, { seed: 72 });
        serve(other);
        await runToEnd(args);
        assert.equal(sha256(target), sha256(other));
        assert.deepEqual(readdirSync(partials), ["disk.img"]);
    });

    it("into a store: the next update goes on", async () => {
        const store = path.join(directory, "store");
        partials = path.join(store, "partial");
        const task = path.join(directory, "task.json");
        const source = { http: { url: serve(disk) } };
        writeFileSync(task, JSON.stringify({ store, args: { source, name: "disk" } }));
        await goesOn([session, task], path.join(store, "volumes/local/default/disk/disk.img"));
        assert.deepEqual(readdirSync(partials), []);
    });
});
