// kill -9 in the middle of imports from every source, over a slow network: a hundred times, and each time the next run succeeds.
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { makeContainerdisk } from "../images/containerdisk.js";
import { makeDisk, seededRandom } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { startImageServer } from "../servers/image-server.js";
import { startRegistry } from "../servers/registry.js";
import { keys, requireS3Server, startS3Server } from "../servers/s3-server.js";
import { requireTool } from "../tools.js";
import { startSlowLink, type SlowLink } from "./slow-link.js";

const session = path.join(__dirname, "run-session.js");
const disk = makeDisk(6_000_128, { seed: 101 });
/** Takes seconds over the slow network: long enough for a part of it to be durable when a kill comes. */
const large = makeDisk(40_000_512, { seed: 102 });

/** One source to be killed: what an update of it asks for, and what must have come of it. */
interface Victim {
    readonly args: Readonly<Record<string, unknown>>;
    readonly settings?: Readonly<Record<string, string>>;
    /** Bytes that come over the link in all, about. */
    readonly bytes: number;
    readonly link: SlowLink | undefined;
    /** Whether a later run goes on with what an earlier one brought durably. */
    readonly goesOn: boolean;
    /** The disk, where it is not the small one. */
    readonly image?: Uint8Array;
    close(): Promise<void>;
}

describe("kill -9 of imports from every source", function () {
    this.timeout(20 * 60_000);
    let directory: string;
    let store: string;
    const random = seededRandom(7);

    beforeEach(function () {
        if (process.platform === "win32") this.skip();
        directory = mkdtempSync(path.join(tmpdir(), "bootsource-kills-"));
        store = path.join(directory, "store");
    });
    afterEach(() => {
        rmSync(directory, { recursive: true, force: true });
    });

    const start = (name: string, { args, settings }: Victim) => {
        const task = path.join(directory, "task.json");
        writeFileSync(task, JSON.stringify({ store, settings, args: { ...args, name } }));
        const child = spawn(process.execPath, [session, task], { stdio: ["ignore", "ignore", "pipe"] });
        let said = "";
        child.stderr.on("data", (text: Buffer) => (said += text.toString()));
        const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
        return { child, ended, said: () => said };
    };
    const final = (name: string): string | undefined => {
        const at = path.join(store, "volumes/local/default", name);
        const [entry] = existsSync(at) ? readdirSync(at) : [];
        return entry === undefined ? undefined : path.join(at, entry);
    };
    const isWhole = (found: string, { image = disk }: { image?: Uint8Array }): boolean => {
        const file = found.endsWith(".img") ? found : path.join(found, "deep/disk.img");
        return readFileSync(file).equals(image);
    };

    const rounds = async (kills: number, victim: Victim): Promise<void> => {
        let again = 0;
        try {
            for (let round = 0; round < kills; round += 1) {
                const name = `disk-${round}`;
                const at = Math.floor((random() / 2 ** 31) * victim.bytes * 1.05);
                const run = start(name, victim);
                const { link } = victim;
                if (link !== undefined) link.passed = 0;
                const moment =
                    link?.reached(at) ?? new Promise((resolve) => setTimeout(resolve, 150 + (random() % 350)));
                await Promise.race([moment, run.ended]);
                run.child.kill("SIGKILL");
                await run.ended;
                const found = final(name);
                assert.ok(
                    found === undefined || isWhole(found, victim),
                    `round ${round}, at ${at}: ${String(found)} is whole`,
                );

                if (link !== undefined) link.passed = 0;
                const next = start(name, victim);
                assert.equal(await next.ended, 0, `round ${round}, at ${at}: ${next.said()}`);
                assert.ok(isWhole(final(name) ?? "", victim), `round ${round}, at ${at}`);
                assert.deepEqual(readdirSync(path.join(store, "partial")), [], `round ${round}: nothing is left`);
                again += link?.passed ?? 0;
            }
            // Four parts of it arrive side by side: only what is durable from the beginning on counts.
            if (victim.goesOn) {
                const all = kills * victim.bytes;
                assert.ok(again < 0.97 * all, `${again} of ${all} bytes were downloaded again`);
            }
        } finally {
            await victim.close();
        }
    };

    const web = async (name: string, bytes: Uint8Array, args: object, goesOn: boolean): Promise<Victim> => {
        const server = await startImageServer();
        const link = await startSlowLink(server.port, 200_000);
        const address = new URL(server.serve(`/${name}`, { bytes, etag: '"one"' }));
        address.port = String(link.port);
        return {
            args: { source: { http: { url: address.href } }, ...args },
            bytes: bytes.length,
            link,
            goesOn,
            close: async () => {
                await link.close();
                await server.close();
            },
        };
    };

    it("a raw disk by http, of which nothing that is durable comes twice: 20 times", async () => {
        await rounds(20, { ...(await web("disk.img", large, {}, true)), image: large });
    });

    it("an archive by http: 20 times", async () => {
        const tar = gzipSync(makeTar([{ path: "deep/disk.img", bytes: disk }]));
        await rounds(20, await web("files.tar.gz", tar, { contentType: "archive" }, false));
    });

    it("a containerdisk by a registry: 20 times", async function () {
        const registry = await startRegistry(requireTool(this, "docker-registry"));
        const architecture = process.arch === "x64" ? "amd64" : process.arch;
        const image = makeContainerdisk(makeQcow2(disk, { compression: "zlib" }), { architecture });
        const reference = await registry.push("disk", "1", image);
        const link = await startSlowLink(Number(registry.host.split(":").at(-1)), 100_000);
        const host = `127.0.0.1:${link.port}`;
        await rounds(20, {
            args: { source: { registry: { url: reference.replace(registry.host, host) } } },
            settings: { insecureRegistries: JSON.stringify([host]) },
            bytes: image.blobs.reduce((sum, { bytes }) => sum + bytes.length, 0),
            link,
            goesOn: false,
            close: async () => {
                await link.close();
                await registry.close();
            },
        });
    });

    it("an object of S3: 20 times", async function () {
        const server = await startS3Server(await requireS3Server(this), ["images"]);
        this.timeout(20 * 60_000);
        await server.put("images", "disk.img", disk);
        const link = await startSlowLink(server.link.port, 150_000);
        const url = `http://127.0.0.1:${link.port}/images/disk.img`;
        await rounds(20, {
            args: { source: { s3: { url, credentials: keys } } },
            bytes: disk.length,
            link,
            goesOn: false,
            close: async () => {
                await link.close();
                await server.close();
            },
        });
    });

    it("a file of this machine, uploaded: 10 times", async () => {
        const file = path.join(directory, "disk.qcow2");
        writeFileSync(file, makeQcow2(disk, { compression: "zlib" }));
        const args = { source: { upload: { path: file } } };
        await rounds(10, { args, bytes: 0, link: undefined, goesOn: false, close: () => Promise.resolve() });
    });

    it("a clone of another claim: 10 times", async () => {
        const file = path.join(directory, "origin.img");
        writeFileSync(file, disk);
        const none = { bytes: 0, link: undefined, goesOn: false, close: () => Promise.resolve() };
        const origin = start("origin", { args: { source: { file: { path: file } } }, ...none });
        assert.equal(await origin.ended, 0, origin.said());
        await rounds(10, { args: { source: { pvc: { name: "origin" } } }, ...none });
        assert.ok(isWhole(final("origin") ?? "", {}), "what was cloned is untouched");
    });
});
