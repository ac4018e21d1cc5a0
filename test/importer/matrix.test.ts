// The table of supported operations, as far as it is built: each source with each format and compression.
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { SourceSpec } from "../../provider/importer/contract.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { makeXz } from "../images/xz.js";
import { makeCertificates } from "../servers/certificates.js";
import { startImageServer, type ImageServer } from "../servers/image-server.js";
import { requireTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

const disk = makeDisk(2_100_000, { seed: 41 });
const size = 4 * 1024 * 1024;
const grown = Buffer.concat([disk, Buffer.alloc(size - disk.length)]);
const qcow2 = makeQcow2(disk, { compression: "zlib" });

const rows = [
    {
        image: qcow2,
        codecs: [],
        format: "qcow2",
        http: "imports a qcow2 over http [M1] [B20]",
        https: "imports a qcow2 over https with an own CA [M4, C6]",
        basic: "imports a qcow2 with basic authentication [M7]",
    },
    {
        image: gzipSync(qcow2),
        codecs: ["gz"],
        format: "qcow2",
        http: "imports a gzipped qcow2 over http [M2] [B22]",
        https: "imports a gzipped qcow2 over https with an own CA [M5]",
        basic: "imports a gzipped qcow2 with basic authentication [M8]",
    },
    {
        image: disk,
        codecs: [],
        format: "raw",
        http: "imports a raw disk over http [M16] [B18]",
        https: "imports a raw disk over https with an own CA [M19, C6]",
        basic: "imports a raw disk with basic authentication [M22]",
    },
    {
        image: gzipSync(disk),
        codecs: ["gz"],
        format: "raw",
        http: "imports a gzipped raw disk over http [M17]",
        https: "imports a gzipped raw disk over https with an own CA [M20]",
        basic: "imports a gzipped raw disk with basic authentication [M23]",
    },
    {
        image: makeXz(qcow2, { blockBytes: 300_000 }),
        codecs: ["xz"],
        format: "qcow2",
        http: "imports a qcow2 in xz over http [M3] [B21]",
        https: "imports a qcow2 in xz over https with an own CA [M6]",
        basic: "imports a qcow2 in xz with basic authentication [M9]",
    },
    {
        image: makeXz(disk),
        codecs: ["xz"],
        format: "raw",
        http: "imports a raw disk in xz over http [M18]",
        https: "imports a raw disk in xz over https with an own CA [M21]",
        basic: "imports a raw disk in xz with basic authentication [M24]",
    },
    {
        image: zstdCompressSync(disk),
        codecs: ["zst"],
        format: "raw",
        http: "imports a raw disk in zstd over http",
        https: "imports a raw disk in zstd over https with an own CA [C6]",
        basic: "imports a raw disk in zstd with basic authentication",
    },
    {
        image: zstdCompressSync(qcow2),
        codecs: ["zst"],
        format: "qcow2",
        http: "imports a qcow2 in zstd over http",
        https: "imports a qcow2 in zstd over https with an own CA",
        basic: "imports a qcow2 in zstd with basic authentication",
    },
] as const;

describe("the table of supported operations", () => {
    let space: Workspace;
    let server: ImageServer | undefined;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(async () => {
        await server?.close();
        space.remove();
    });

    for (const row of rows) {
        const check = async (source: SourceSpec): Promise<void> => {
            const imported = await space.import({ source, size });
            assert.equal(imported.format, row.format);
            assert.deepEqual(imported.codecs, row.codecs);
            assert.equal(imported.digest, `sha256:${sha256(row.image)}`);
            assert.equal(imported.size, size);
            assert.equal(sha256(space.target), sha256(grown));
        };
        const bytes = row.image;

        it(row.http, async () => {
            server = await startImageServer();
            await check({ kind: "http", url: server.serve("/image", { bytes, etag: '"one"' }) });
        });

        it(row.https, async function () {
            const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
            server = await startImageServer({ key, cert });
            const url = server.serve("/image", { bytes, etag: '"one"' });
            await check({ kind: "http", url, caCertificates: ca });
        });

        it(row.basic, async () => {
            server = await startImageServer();
            const url = server.serve("/image", { bytes, etag: '"one"', login: "reader:s3cret" });
            await check({ kind: "http", url, username: "reader", password: "s3cret" });
            assert.ok(server.asked.every((one) => one.headers.authorization !== undefined));
        });
    }

    it("imports VMDK, VDI, VHD and VHDX over https to the same raw disk [C17]", async function () {
        const { ca, key, cert } = makeCertificates(requireTool(this, "openssl"));
        server = await startImageServer({ key, cert });
        const whole = grown.subarray(0, Math.ceil(disk.length / 512) * 512);
        const images = {
            vmdk: [makeVmdk(whole), makeVmdk(whole, { shape: "stream" })],
            vdi: [makeVdi(whole), makeVdi(whole, { type: "static" })],
            vpc: [makeVhd(whole), makeFixedVhd(whole)],
            vhdx: [makeVhdx(whole)],
        };
        for (const [format, bytes] of Object.entries(images).flatMap(([name, all]) =>
            all.map((one) => [name, one] as const),
        )) {
            const url = server.serve(`/${format}`, { bytes, etag: `"${sha256(bytes)}"` });
            const imported = await space.import({ source: { kind: "http", url, caCertificates: ca }, size });
            assert.equal(imported.format, format);
            assert.equal(sha256(space.target), sha256(grown));
        }
    });

    it("imports an ISO as the raw disk that it is [B19]", async () => {
        const iso = Buffer.alloc(100_000, 3);
        iso.fill(0, 0, 0x8000);
        iso.write("\x01CD001\x01", 0x8000, "latin1");
        const imported = await space.import({ source: { kind: "file", path: space.write("image.iso", iso) } });
        assert.equal(imported.format, "raw");
        assert.equal(sha256(space.target), sha256(iso));
    });
});
