// Content-Encoding: whatever a server does to an image on its way is undone, and never taken for the image.
import assert from "node:assert/strict";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import type { Imported, ImportRequest } from "../../../provider/importer/contract.js";
import { makeDisk } from "../../images/disk.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { HurryClock } from "../../servers/hurry-clock.js";
import { startImageServer, type Behaviour, type ImageServer } from "../../servers/image-server.js";
import { sha256, Workspace } from "../workspace.js";

describe("source http, coded on the way", () => {
    const disk = makeDisk(3_000_000, { seed: 25 });
    const gzipped = gzipSync(disk, { level: 1 });
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

    const request = (coding: string, behaviour: Partial<Behaviour>, path: string) => {
        const headers = { "content-encoding": coding };
        const url = server.serve(path, { bytes: disk, etag: '"one"', headers, ...behaviour });
        return { source: { kind: "http", url }, clock: new HurryClock() } as const;
    };
    const imports = async (
        coding: string,
        behaviour: Partial<Behaviour>,
        path = "/disk.img",
        more: Partial<ImportRequest> = {},
    ): Promise<Imported> => {
        const imported = await space.import({ ...request(coding, behaviour, path), ...more });
        assert.equal(sha256(space.target), sha256(disk));
        return imported;
    };

    for (const [coding, bytes] of [
        ["gzip", gzipped],
        ["x-gzip", gzipped],
        ["GZIP, identity", gzipped],
        ["deflate", deflateSync(disk)],
        ["deflate", deflateRawSync(disk)],
        ["br", brotliCompressSync(disk, { params: { 1: 1 } })],
        ["zstd", zstdCompressSync(disk)],
        ["zstd, gzip", gzipSync(zstdCompressSync(disk))],
        ["identity", disk],
    ] as const) {
        it(`undoes ${coding}, and the digest is that of the image, which is what publishers write down`, async () => {
            for (const behaviour of [{}, { ranges: false }, { head: 405 }, { chunked: true }]) {
                const { digest, codecs } = await imports(coding, { bytes, ...behaviour });
                assert.equal(digest, `sha256:${sha256(disk)}`);
                assert.deepEqual(codecs, []);
            }
        });
    }

    it("takes a .gz file for what it is where its server calls its compression a coding", async () => {
        const checksum = { algorithm: "sha256", hex: sha256(gzipped) } as const;
        for (const path of ["/disk.img.gz", "/disk.tgz", "/DISK.GZ"]) {
            const imported = await imports("gzip", { bytes: gzipped }, path, { checksum });
            assert.deepEqual(imported.codecs, ["gz"]);
        }
        const there = server.serve("/blob", { bytes: gzipped, headers: { "content-encoding": "gzip" } });
        await imports("", { redirect: there }, "/disk.img.gz", { checksum });
        const squeezed = zstdCompressSync(disk);
        const { digest } = await imports("zstd", { bytes: squeezed }, "/disk.img.zst");
        assert.equal(digest, `sha256:${sha256(squeezed)}`);
    });

    it("begins again where the connection breaks: a part of the code is no part of the image", async () => {
        await imports("gzip", { bytes: gzipped, cuts: [gzipped.length >> 1, gzipped.length >> 2] });
        assert.ok(server.asked.every((one) => one.method === "HEAD" || one.headers.range === undefined));
        const other = gzipSync(makeDisk(3_000_000, { seed: 26 }), { level: 1 });
        const replaced = { bytes: gzipped, cuts: [gzipped.length >> 1], later: { after: 1, bytes: other } };
        const error = await space.refused(request("gzip", { ...replaced, etag: undefined }, "/disk.img"));
        assert.equal(error.code, "source-changed");
    });

    it("reads the image whole where only the answer to GET is coded", async () => {
        const headers = { "content-encoding": "gzip" };
        const later = { after: 0, bytes: gzipped, headers, ranges: false };
        const { digest } = await imports("identity", { headLength: disk.length, later });
        assert.equal(digest, `sha256:${sha256(disk)}`);
    });

    it("ends a bomb: what comes out of a coding has no length of its own", async () => {
        const zeros = Buffer.alloc(60_000_000);
        for (const bomb of [zeros, Buffer.concat([makeQcow2(makeDisk(100_000)), zeros])]) {
            const bytes = gzipSync(bomb, { level: 9 });
            const limits = { streamBytes: 1_000_000 };
            const error = await space.refused({ ...request("gzip", { bytes }, "/disk.img"), limits });
            assert.equal(error.code, "limit-exceeded");
        }
    });

    it("refuses codings that it does not know, and bytes that are not what the server says", async () => {
        for (const [coding, code] of [
            ["compress", "unexpected-response"],
            ["gzip, exi", "unexpected-response"],
            ["br", "unexpected-response"],
            ["gzip", "corrupt-image"],
            ["deflate", "corrupt-image"],
        ] as const) {
            const error = await space.refused(request(coding, {}, "/disk.img"));
            assert.equal(error.code, code, `${coding}: ${error.message}`);
            assert.equal(error.terminal, true);
        }
        const cut = gzipped.subarray(0, gzipped.length - 1000);
        const error = await space.refused(request("gzip", { bytes: cut }, "/disk.img"));
        assert.equal(error.code, "truncated");
    });
});
