// The table of supported operations from its other side: what each endpoint brings is either supported or refused by name, and
// nothing needs room beside the disk that comes to be.
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { readSource } from "../../provider/cli/source.js";
import { inspectImage } from "../../provider/importer/inspect.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeBzip2 } from "../images/bzip2.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeVdi } from "../images/vdi.js";
import { makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { makeXz } from "../images/xz.js";
import { startImageServer } from "../servers/image-server.js";
import { sha256, Workspace } from "./workspace.js";

const disk = makeDisk(400_384, { seed: 43 });
const iso = Buffer.from(disk);
iso.write("\x01CD001\x01", 0x8000, "latin1");

const supported = [
    { content: "raw", codecs: [], bytes: disk },
    { content: "iso", codecs: [], bytes: iso },
    { content: "qcow2", codecs: [], bytes: makeQcow2(disk) },
    { content: "raw", codecs: ["gz"], bytes: gzipSync(disk) },
    { content: "iso", codecs: ["gz"], bytes: gzipSync(iso) },
    { content: "qcow2", codecs: ["gz"], bytes: gzipSync(makeQcow2(disk)) },
    { content: "raw", codecs: ["zst"], bytes: zstdCompressSync(disk) },
    { content: "iso", codecs: ["zst"], bytes: zstdCompressSync(iso) },
    { content: "qcow2", codecs: ["zst"], bytes: zstdCompressSync(makeQcow2(disk)) },
    { content: "raw", codecs: ["xz"], bytes: makeXz(disk) },
    { content: "iso", codecs: ["xz"], bytes: makeXz(iso) },
    { content: "qcow2", codecs: ["xz"], bytes: makeXz(makeQcow2(disk)) },
    { content: "raw", codecs: ["bz2"], bytes: makeBzip2(disk) },
    { content: "qcow2", codecs: ["bz2"], bytes: makeBzip2(makeQcow2(disk)) },
    { content: "vdi", codecs: [], bytes: makeVdi(disk, { blockSize: 65_536 }) },
    { content: "vdi", codecs: ["gz"], bytes: gzipSync(makeVdi(disk, { blockSize: 65_536 })) },
    { content: "vpc", codecs: [], bytes: makeVhd(disk, { blockSize: 65_536 }) },
    { content: "vpc", codecs: ["zst"], bytes: zstdCompressSync(makeVhd(disk, { blockSize: 65_536 })) },
    { content: "vhdx", codecs: [], bytes: makeVhdx(disk) },
    { content: "vhdx", codecs: ["gz"], bytes: gzipSync(makeVhdx(disk)) },
    { content: "vmdk", codecs: [], bytes: makeVmdk(disk, { shape: "stream" }) },
    { content: "vmdk", codecs: ["xz"], bytes: makeXz(makeVmdk(disk)) },
] as const;

const unsupported = [
    ["lz4", "\x04\x22\x4d\x18", 0],
    ["zip", "PK\x03\x04", 0],
    ["vmdk (of ESX)", "COWD", 0],
    ["qed", "QED\0", 0],
    ["parallels", "WithoutFreeSpace", 0],
] as const;

describe("what can be imported", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    it("says for every content at every endpoint whether it is supported, and why not [B8]", async () => {
        const server = await startImageServer();
        const told = async (bytes: Buffer) => {
            const url = server.serve("/image", { bytes, etag: `"${sha256(bytes)}"` });
            const options = { signal: new AbortController().signal, clock: systemClock };
            const path = space.write("image", bytes);
            return Promise.all([
                inspectImage({ kind: "http", url }, options),
                inspectImage({ kind: "file", path }, options),
            ]);
        };
        try {
            for (const { content, codecs, bytes } of supported) {
                for (const { format, codecs: found, refused } of await told(bytes)) {
                    assert.deepEqual(
                        { format, codecs: found, refused },
                        { format: content, codecs, refused: undefined },
                    );
                }
            }
            for (const [name, magic, at] of unsupported) {
                const bytes = Buffer.from(disk);
                bytes.fill(0, 0, 512).write(magic, at, "latin1");
                for (const { refused } of [...(await told(bytes)), ...(await told(gzipSync(bytes)))]) {
                    assert.equal(refused?.code, "unsupported-image", name);
                    assert.ok(refused.reason.includes(`: it is ${name}, which this version does not read; convert it`));
                }
            }
        } finally {
            await server.close();
        }
        for (const endpoint of ["ftp", "ssh", "nbd"]) {
            const line = { operands: [], values: {}, lists: {}, on: new Set<string>() };
            assert.throws(() => readSource(`${endpoint}://there/image`, line), {
                code: "invalid-argument",
                message: `cannot read ${endpoint}://there/image: ${endpoint} is not one of http, https, docker, oci-archive, s3, gs, file`,
            });
        }
    });

    it("needs no scratch space: beside the target nothing but the one partial file ever is [B9]", async () => {
        const images = [...supported.map(({ bytes }) => bytes), gzipSync(makeQcow2(disk, { lateTables: true }))];
        for (const [index, bytes] of images.entries()) {
            const seen: string[][] = [];
            const elsewhere = [`image-${index}`, "target"];
            const source = { kind: "file", path: space.write(`image-${index}`, bytes) } as const;
            let now = 0;
            const clock = { ...systemClock, now: () => (now += 1000) };
            await space.import({ source, clock, progress: () => seen.push([...space.left(), ...space.beside()]) });
            assert.ok(seen.some((names) => names.some((name) => /^\.disk\.img\..+\.partial$/.test(name))));
            for (const names of seen) {
                const rest = names.filter((name) => !elsewhere.includes(name) && !name.endsWith(".partial"));
                assert.deepEqual(rest, []);
                assert.ok(names.filter((name) => name.endsWith(".partial")).length <= 1);
            }
            assert.deepEqual(space.left(), ["disk.img"]);
            space.remove();
            space = new Workspace();
        }
    });
});
