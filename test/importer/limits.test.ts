// Bombs: small inputs that would become endless disks are stopped by bounds, with a size asked for and without one.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { inspectImage } from "../../provider/importer/inspect.js";
import { limitsOf, spared } from "../../provider/importer/limits.js";
import type { SourceSpec } from "../../provider/importer/contract.js";
import { createRawFile } from "../../provider/importer/target/raw-file.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { startImageServer } from "../servers/image-server.js";
import { Workspace } from "./workspace.js";

const tebibyte = 2 ** 40;

describe("limits of an import", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const file = (bytes: Uint8Array): SourceSpec => ({ kind: "file", path: space.write("image", bytes) });
    /** 256 MiB of zeros in some 260 kB. */
    const zeros = gzipSync(Buffer.alloc(64 * 2 ** 20));
    const bomb = Buffer.concat([zeros, zeros, zeros, zeros]);

    it("end a bomb at the size asked for, as soon as it shows, however often it is wrapped", async () => {
        for (const image of [bomb, gzipSync(gzipSync(bomb))]) {
            const error = await space.refused({ source: file(image), size: 2 ** 20 });
            assert.equal(error.code, "too-large");
            assert.match(error.message, /more than 1Mi/);
        }
    });

    it("end a bomb without a size too, and say how to go on if it is none", async () => {
        const limits = { streamBytes: 100 * 2 ** 20 };
        const error = await space.refused({ source: file(bomb), limits });
        assert.equal(error.code, "limit-exceeded");
        assert.deepEqual(error.facts, { limit: 100 * 2 ** 20 });
        assert.match(
            error.message,
            /^cannot import .+: more than 100Mi come out of its gz compression; ask for a size/,
        );
    });

    it("end a stream whose server does not say how long it is", async () => {
        const server = await startImageServer();
        try {
            const url = server.serve("/image", { bytes: makeDisk(3_000_000), ranges: false, chunked: true });
            const wanted = { source: { kind: "http", url }, limits: { streamBytes: 2 ** 20 } } as const;
            assert.equal((await space.refused(wanted)).code, "limit-exceeded");
        } finally {
            await server.close();
        }
    });

    it("bound what is read of a source", async () => {
        const error = await space.refused({ source: file(makeDisk(3_000_000)), limits: { sourceBytes: 1_000_000 } });
        assert.equal(error.code, "limit-exceeded");
    });

    it("refuse a header that tells of an absurd disk, by import and by inspection", async () => {
        const image = makeQcow2(makeDisk(300_000), { clusterBits: 21 });
        image.writeBigUInt64BE(BigInt(128 * tebibyte), 24);
        image.writeUInt32BE(256, 36);
        const source = file(image);
        const error = await space.refused({ source });
        assert.equal(error.code, "limit-exceeded");
        assert.match(error.message, /its virtual size is 128Ti, more than the limit of 64Ti; ask for a size/);
        const told = await inspectImage(source, { signal: new AbortController().signal, clock: systemClock });
        assert.equal(told.refused?.code, "limit-exceeded");
    });

    it("are a few times the size asked for; without one, 64 TiB by a header and 1 TiB by a stream", () => {
        assert.deepEqual(limitsOf({}), {
            sourceBytes: 16 * tebibyte,
            streamBytes: tebibyte,
            virtualBytes: 64 * tebibyte,
        });
        const { streamBytes, virtualBytes } = limitsOf({ size: 10 * tebibyte });
        assert.equal(virtualBytes, 10 * tebibyte);
        assert.ok(streamBytes > virtualBytes && streamBytes < 5 * virtualBytes);
    });

    it("leave the last of the room on a file system to others when nobody knows how much a disk will fill", () => {
        assert.equal(spared(1000), 950);
        assert.equal(spared(100 * 2 ** 30), 99 * 2 ** 30);
        assert.equal(spared(Infinity), Infinity);
    });

    it("count what is filled, not the holes", async () => {
        const path = join(space.path, "disk");
        const target = await createRawFile(path, { keepZeros: false, room: 2 ** 20 });
        const place = async (from: number, byte: number): Promise<void> => {
            const buffer = await target.buffer(2 ** 20);
            buffer.fill(byte, 0, 2 ** 20);
            const length = 2 ** 20;
            const lengths = { sourceLength: length, guestLength: length, decodedLength: length };
            await target.place(buffer, [{ at: 0, guestOffset: from, encoding: "plain", ...lengths }]);
        };
        for (let unit = 0; unit < 20; unit += 1) await place(unit * 2 ** 20, 0);
        const fill = async (): Promise<void> => {
            for (let unit = 20; unit < 200; unit += 1) await place(unit * 2 ** 20, 7);
        };
        await assert.rejects(fill(), { code: "no-space", message: /filled the 1 MiB that could be spared; free some/ });
        await target.abort();
        assert.equal(existsSync(path), false);
    });
});
