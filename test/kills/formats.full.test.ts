// kill -9 of bootsource import in 100 places, over formats and compressions, behind a slow link: never half a disk under its name.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { program } from "../cli/run-command.js";
import { makeBzip2 } from "../images/bzip2.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { makeXz } from "../images/xz.js";
import { sha256 } from "../importer/workspace.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { startSlowLink } from "./slow-link.js";

const disk = makeDisk(1_300_480, { seed: 61, unit: 3000 });
const old = Buffer.alloc(70_000, "an older disk ");

const xz = (bytes: Buffer): Buffer => makeXz(bytes, { check: 1, blockBytes: 400_000 });
const images: Readonly<Record<string, () => Buffer>> = {
    raw: () => disk,
    "qcow2 zlib": () => makeQcow2(disk, { compression: "zlib" }),
    "qcow2 zstd": () => makeQcow2(disk, { compression: "zstd" }),
    "qcow2 with late tables": () => makeQcow2(disk, { lateTables: true }),
    vdi: () => makeVdi(disk, { blockSize: 65_536 }),
    "dynamic vhd": () => makeVhd(disk, { blockSize: 65_536 }),
    "fixed vhd": () => makeFixedVhd(disk),
    vhdx: () => makeVhdx(disk),
    "sparse vmdk": () => makeVmdk(disk),
    "vmdk stream": () => makeVmdk(disk, { shape: "stream" }),
    "raw.gz": () => gzipSync(disk),
    "raw.zst": () => zstdCompressSync(disk),
    "raw.xz": () => xz(disk),
    "raw.bz2": () => makeBzip2(disk),
    "qcow2.gz": () => gzipSync(makeQcow2(disk)),
    "qcow2 with late tables.gz": () => gzipSync(makeQcow2(disk, { lateTables: true })),
    "vdi.zst": () => zstdCompressSync(makeVdi(disk, { blockSize: 65_536 })),
    "fixed vhd.xz": () => xz(makeFixedVhd(disk)),
    "vhdx.gz": () => gzipSync(makeVhdx(disk)),
    "vmdk stream.xz": () => xz(makeVmdk(disk, { shape: "stream" })),
};

/** Parts of the image that have come through when the process dies. */
const parts = [0.15, 0.5, 0.8, 0.97];
/** What an import does at its end (test/kills/hook.ts counts it): truncate, fsync, rename, and the directory's fsync. */
const lastSteps = 4;

describe("kill -9 of imports of every format and compression", function () {
    this.timeout(300_000);
    let directory: string;
    let server: ImageServer;
    before(async () => {
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        server = await startImageServer();
    });
    after(async () => {
        await server.close();
        rmSync(directory, { recursive: true, force: true });
    });

    interface Run {
        readonly url: string;
        readonly target: string;
        /** Kills it when this resolves. */
        readonly until?: Promise<void>;
        readonly killAt?: string;
    }

    /** Runs one import; says by which signal it ended. */
    const run = ({ url, target, until, killAt = "never 0" }: Run): Promise<string | null> =>
        new Promise((resolve, reject) => {
            const hook = path.join(__dirname, "hook.js");
            const parameters = ["--require", hook, program, "import", url, target, "--force", "--json"];
            const child = spawn(process.execPath, parameters, {
                stdio: ["ignore", "ignore", "pipe"],
                env: { ...process.env, KILL_AT: killAt },
            });
            let said = "";
            child.stderr.on("data", (text: Buffer) => (said += text.toString()));
            void until?.then(() => child.kill("SIGKILL"));
            child.on("error", reject);
            child.on("close", (code, signal) => {
                if (code === 0 || signal !== null) resolve(signal);
                else reject(new Error(said));
            });
        });

    it("leaves the old disk or the new one, never a mixture, and the next run ends well, 100 times [C23]", async () => {
        let kills = 0;
        const todo = Object.entries(images);
        const one = async (name: string, bytes: Buffer, index: number): Promise<void> => {
            const folder = mkdtempSync(path.join(directory, "target-"));
            const target = path.join(folder, "disk.img");
            const origin = server.serve(`/${index}`, { bytes, etag: `"${index}"` });
            const allowed = index % 2 === 0 ? [undefined, sha256(disk)] : [sha256(old), sha256(disk)];
            if (index % 2 === 1) writeFileSync(target, old);
            const check = (when: string): void => {
                const found = existsSync(target) ? sha256(readFileSync(target)) : undefined;
                assert.ok(allowed.includes(found), `${name}, ${when}: the disk under its name is whole`);
            };
            for (const part of parts) {
                const port = Number(new URL(origin).port);
                const link = await startSlowLink(port, Math.ceil(bytes.length / 20));
                try {
                    const url = origin.replace(`:${port}/`, `:${link.port}/`);
                    const signal = await run({ url, target, until: link.reached(Math.floor(bytes.length * part)) });
                    assert.equal(signal, "SIGKILL", `${name}, at ${part}`);
                } finally {
                    await link.close();
                }
                kills += 1;
                check(`at ${part}`);
            }
            const killAt = `${index % 3 === 0 ? "after" : "before"} ${1 + (index % lastSteps)}`;
            assert.equal(await run({ url: origin, target, killAt }), "SIGKILL", `${name}, ${killAt}`);
            kills += 1;
            check(killAt);
            assert.equal(await run({ url: origin, target }), null, `${name}: the next run ends well`);
            assert.equal(sha256(readFileSync(target)), sha256(disk), name);
            assert.deepEqual(readdirSync(folder), ["disk.img"], `${name}: nothing is left`);
        };
        const work = async (): Promise<void> => {
            for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
                const [name, make] = next;
                await one(name, make(), todo.length);
            }
        };
        await Promise.all([work(), work()]);
        assert.ok(kills >= 100, `${kills} kills`);
    });
});
