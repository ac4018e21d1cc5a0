// A disk in an archive: an OVA, a tar in a compression, a compressed disk in a tar; and what is no such thing.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { inspectImage } from "../../../provider/importer/inspect.js";
import { systemClock } from "../../../provider/model/clock.js";
import { makeDisk } from "../../images/disk.js";
import { hostileTar, makeOvf } from "../../images/hostile-tar.js";
import { makeQcow2 } from "../../images/qcow2.js";
import { makeTar } from "../../images/tar.js";
import { makeFixedVhd } from "../../images/vhd.js";
import { makeVmdk } from "../../images/vmdk.js";
import { startImageServer } from "../../servers/image-server.js";
import { requireTool } from "../../tools.js";
import { sha256, Workspace } from "../workspace.js";

const disk = makeDisk(2_100_224, { seed: 50 });
const vmdk = makeVmdk(disk, { shape: "stream" });
const ovf = { path: "machine.ovf", bytes: makeOvf(1) };
const ova = makeTar([
    ovf,
    { path: "machine.mf", bytes: Buffer.from("SHA256(..)= ..") },
    { path: "disk1.vmdk", bytes: vmdk },
]);

describe("a disk in an archive", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const open = (image: Buffer) => ({ source: { kind: "file" as const, path: space.write("image", image) } });

    for (const { reason, image, codecs, format } of [
        { reason: "an OVA", image: ova, codecs: ["tar"], format: "vmdk" },
        { reason: "an OVA in gzip", image: gzipSync(ova), codecs: ["gz", "tar"], format: "vmdk" },
        {
            reason: "an OVA whose disk is in gzip",
            image: makeTar([ovf, { path: "disk1.vmdk.gz", bytes: gzipSync(vmdk) }]),
            codecs: ["tar", "gz"],
            format: "vmdk",
        },
        {
            reason: "a sparse VMDK in an OVA",
            image: makeTar([ovf, { path: "disk1.vmdk", bytes: makeVmdk(disk) }]),
            codecs: ["tar"],
            format: "vmdk",
        },
        {
            reason: "a raw disk in a tar",
            image: makeTar([
                { path: "a/", type: "5" },
                { path: "a/disk.raw", bytes: disk },
            ]),
            codecs: ["tar"],
            format: "raw",
        },
        {
            reason: "a raw disk in a tar in zstd",
            image: zstdCompressSync(makeTar([{ path: "disk.raw", bytes: disk }])),
            codecs: ["zst", "tar"],
            format: "raw",
        },
        {
            reason: "a disk behind a hundred notes",
            image: makeTar([
                ...Array.from({ length: 100 }, (_, at) => ({ path: `${at}.txt`, bytes: Buffer.from("a note") })),
                { path: "disk.vmdk", bytes: vmdk },
            ]),
            codecs: ["tar"],
            format: "vmdk",
        },
        {
            reason: "a qcow2 with its tables behind its data, which is read twice",
            image: makeTar([{ path: "disk", bytes: makeQcow2(disk, { lateTables: true }) }]),
            codecs: ["tar"],
            format: "qcow2",
        },
        {
            reason: "a fixed VHD, whose footer comes last",
            image: makeTar([{ path: "disk.vhd", bytes: makeFixedVhd(disk) }, { path: "SHA256SUMS.txt" }]),
            codecs: ["tar"],
            format: "vpc",
        },
    ]) {
        it(`is imported: ${reason}`, async () => {
            const imported = await space.import(open(image));
            assert.deepEqual([imported.format, imported.codecs], [format, codecs]);
            assert.equal(imported.virtualSize, disk.length);
            assert.equal(imported.digest, `sha256:${sha256(image)}`, "the digest is that of the archive");
            assert.equal(sha256(space.target), sha256(disk));
            const options = { signal: new AbortController().signal, clock: systemClock };
            const told = await inspectImage({ kind: "file", path: space.write("image", image) }, options);
            assert.deepEqual([told.codecs, told.refused], [codecs, undefined]);
        });
    }

    it("is imported as tar(1) packs it, with long names and times", async function () {
        const tar = requireTool(this, "tar");
        const name = `${"long-".repeat(30)}disk.qcow2`;
        mkdirSync(join(space.path, "in"));
        writeFileSync(join(space.path, "in", name), makeQcow2(disk, { compression: "zlib" }));
        for (const format of ["gnu", "pax"]) {
            const image = execFileSync(tar, [`--format=${format}`, "-C", join(space.path, "in"), "-cf", "-", "."], {
                maxBuffer: 1e8,
            });
            await space.import(open(image));
            assert.equal(sha256(space.target), sha256(disk), format);
        }
    });

    it("comes from a web server in one request for its bytes, and is gone on with where the connection broke", async () => {
        const server = await startImageServer();
        try {
            const url = server.serve("/machine.ova", { bytes: ova, etag: '"one"', cuts: [1_000_000] });
            await space.import({ source: { kind: "http", url }, checksum: { algorithm: "sha256", hex: sha256(ova) } });
            assert.equal(sha256(space.target), sha256(disk));
        } finally {
            await server.close();
        }
    });

    it("is refused with the names of all disks, and as soon as an OVF says that there are several", async () => {
        const big = { path: "a.vmdk", bytes: vmdk };
        const two = await space.refused(open(makeTar([big, { ...big, path: "b.vmdk" }])));
        assert.match(
            two.message,
            /more than one disk lies in it \(a\.vmdk, b\.vmdk\); unpack it, and name one of them/,
        );
        const server = await startImageServer();
        try {
            const bytes = makeTar([
                { ...ovf, bytes: makeOvf(3) },
                { path: "a.raw", bytes: makeDisk(40_000_000) },
            ]);
            const source = { kind: "http", url: server.serve("/machine.ova", { bytes, etag: '"one"' }) } as const;
            assert.match((await space.refused({ source })).message, /\(disk0, disk1, disk2\)/);
            assert.ok(server.sent.bytes < 8_000_000, `${server.sent.bytes} bytes`);
        } finally {
            await server.close();
        }
    });

    it("is not looked for where the bytes themselves were asked for", async () => {
        const imported = await space.import({ ...open(ova), format: "raw" });
        assert.deepEqual(imported.codecs, []);
        assert.equal(sha256(space.target), sha256(ova));
    });

    for (const { reason, image, code } of hostileTar) {
        it(`is refused: ${reason}`, async () => {
            assert.equal((await space.refused(open(image))).code, code);
        });
    }
});
