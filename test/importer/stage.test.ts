// One import as a whole: what is read how often, what is bounded, what is pinned, and what is left when it ends early.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { stageImage } from "../../provider/importer/stage.js";
import type { Progress, SourceSpec } from "../../provider/importer/contract.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startImageServer, type Behaviour, type ImageServer } from "../servers/image-server.js";
import { sha256, Workspace } from "./workspace.js";

describe("an import", () => {
    const disk = makeDisk(24_000_000, { seed: 81, unit: 65_536 });
    const early = makeQcow2(disk);
    const late = makeQcow2(disk, { lateTables: true });
    let server: ImageServer;
    let space: Workspace;
    beforeEach(async () => {
        server = await startImageServer();
        space = new Workspace();
    });
    afterEach(async () => {
        await server.close();
        space.remove();
    });
    const serve = (bytes: Uint8Array, behaviour: Partial<Behaviour> = {}): SourceSpec => ({
        kind: "http",
        url: server.serve("/image", { bytes, etag: '"one"', ...behaviour }),
    });
    const file = (bytes: Uint8Array): SourceSpec => ({ kind: "file", path: space.write("image", bytes) });
    const whole = (): number =>
        server.asked.filter((one) => one.method === "GET" && one.headers.range === undefined).length;

    it("reads an image once, and its tables before that by ranges", async () => {
        for (const image of [early, late]) {
            server.asked.length = 0;
            await space.import({ source: serve(image) });
            assert.equal(sha256(space.target), sha256(disk));
            assert.equal(whole(), 1);
        }
    });

    it("reads a compressed image once where its tables are early, twice where they are late", async () => {
        for (const [image, times] of [
            [gzipSync(early, { level: 1 }), 1],
            [gzipSync(late, { level: 1 }), 2],
        ] as const) {
            server.asked.length = 0;
            await space.import({ source: serve(image) });
            assert.equal(sha256(space.target), sha256(disk));
            assert.equal(whole(), times);
        }
    });

    it("reads late tables at a server without ranges by reading twice", async () => {
        await space.import({ source: serve(late, { ranges: false }) });
        assert.equal(sha256(space.target), sha256(disk));
        assert.equal(whole(), 2);
    });

    it("finds out that the second reading gives other bytes than the first", async () => {
        const other = Buffer.from(late);
        other[70_000] = (other[70_000] ?? 0) ^ 1;
        const changed = serve(late, { ranges: false, later: { after: 1, bytes: other, etag: '"two"' } });
        assert.equal((await space.refused({ source: changed })).code, "source-changed");
        const lying = {
            kind: "http",
            url: server.serve("/lying", {
                bytes: late,
                etag: '"one"',
                ranges: false,
                later: { after: 1, bytes: other, etag: '"one"' },
            }),
        } as const;
        assert.equal((await space.refused({ source: lying })).code, "inconsistent-source");
    });

    it("refuses a disk that is too large after reading its header, before reading its data", async () => {
        const error = await space.refused({ source: serve(early), size: 2 ** 20 });
        assert.equal(error.code, "too-large");
        assert.deepEqual(error.facts, { virtualSize: disk.length, size: 2 ** 20 });
        assert.ok(server.sent.bytes <= 128 * 1024, `${server.sent.bytes} bytes were sent`);
    });

    it("probes nothing where the format is pinned: a guest gains nothing by writing a header into its disk", async () => {
        const unsafe = makeQcow2(makeDisk(100_000), { spoil: (image) => void image.writeBigUInt64BE(512n, 8) });
        for (const image of [unsafe, Buffer.from("<html>really a disk</html>"), makeQcow2(disk)]) {
            const imported = await space.import({ source: file(image), format: "raw" });
            assert.equal(imported.format, "raw");
            assert.equal(sha256(space.target), sha256(image));
        }
        const wrong = await space.refused({ source: file(disk), format: "qcow2" });
        assert.equal(wrong.code, "unsupported-image");
        const unknown = await space.refused({ source: file(disk), format: "qed" });
        assert.match(unknown.message, /"qed": it is not one of qcow2, vdi, vpc, vhdx, vmdk, raw/);
    });

    it("warns of a disk that ends within a sector, unless the size asked for mends that", async () => {
        const warnings: string[] = [];
        const warn = (message: string): void => void warnings.push(message);
        await space.import({ source: file(Buffer.alloc(1000, 1)), size: 1024, warn });
        assert.deepEqual(warnings, []);
        await space.import({ source: file(Buffer.alloc(1000, 1)), warn });
        assert.match(warnings.join("\n"), /ends within a sector \(1000 bytes\)/);
    });

    it("takes every kind of checksum of the bytes as they are served", async () => {
        const served = gzipSync(early, { level: 1 });
        for (const algorithm of ["md5", "sha1", "sha256", "sha512"] as const) {
            const hex = createHash(algorithm).update(served).digest("hex");
            await space.import({ source: file(served), checksum: { algorithm, hex } });
            const wrong = { algorithm, hex: hex.replace(/^./, (digit) => (digit === "0" ? "1" : "0")) };
            const error = await space.refused({ source: file(served), checksum: wrong });
            assert.equal(error.code, "checksum-mismatch");
            assert.equal(error.facts["calculated"], `${algorithm}:${hex}`);
        }
    });

    it("leaves nothing when it is cancelled at any point", async () => {
        assert.equal((await space.refused({ source: file(early), signal: AbortSignal.abort() })).code, "cancelled");
        for (const image of [early, late, gzipSync(late, { level: 1 }), disk]) {
            for (const from of [1, 12_000_000, image.length]) {
                const controller = new AbortController();
                const progress = ({ transferred }: Progress): void => {
                    if (transferred >= Math.min(from, image.length)) controller.abort();
                };
                // A clock that is always later: every step is reported.
                let now = 0;
                const clock = { ...systemClock, now: () => (now += 1000) };
                const error = await space.refused({ source: file(image), signal: controller.signal, progress, clock });
                assert.equal(error.code, "cancelled");
            }
        }
    });

    it("does not touch a file that lies where it should write", async () => {
        const path = join(space.path, "there");
        writeFileSync(path, "precious");
        const request = { source: file(disk), signal: new AbortController().signal, clock: systemClock };
        await assert.rejects(stageImage(path, request), { code: "already-exists" });
        assert.equal(readFileSync(path, "utf8"), "precious");
        await assert.rejects(stageImage(join(space.path, "no", "such", "place"), request), { code: "not-found" });
        assert.equal(existsSync(join(space.path, "no")), false);
    });

    it("replaces a target only when the new disk is whole", async () => {
        writeFileSync(space.target, "precious");
        const broken = file(early.subarray(0, 5_000_000));
        await assert.rejects(space.import({ source: broken }), { code: "truncated" });
        assert.equal(readFileSync(space.target, "utf8"), "precious");
        await space.import({ source: file(early) });
        assert.equal(sha256(space.target), sha256(disk));
    });
});
