// Images that come once, and are too large to be kept: every format goes through standard input, or is refused with what to do.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { Bytes } from "../../provider/importer/contract.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { requireTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

/** More than is ever kept of a stream, in any format. */
const disk = makeDisk(14 << 20, { seed: 52 });

const good: Readonly<Record<string, () => Buffer>> = {
    raw: () => disk,
    qcow2: () => makeQcow2(disk),
    "qcow2 of compressed clusters": () => makeQcow2(disk, { compression: "zstd" }),
    "dynamic VDI": () => makeVdi(disk),
    "static VDI": () => makeVdi(disk, { type: "static" }),
    "dynamic VHD": () => makeVhd(disk),
    "fixed VHD": () => makeFixedVhd(disk),
    VHDX: () => makeVhdx(disk),
    "sparse VMDK": () => makeVmdk(disk),
    "streamOptimized VMDK": () => makeVmdk(disk, { shape: "stream" }),
    "VMDK of compressed grains with its tables in front": () => makeVmdk(disk, { shape: "packed" }),
    "an OVA": () => makeTar([{ path: "disk.vmdk", bytes: makeVmdk(disk, { shape: "stream" }) }]),
};

const late: Readonly<Record<string, () => Buffer>> = {
    "qcow2 with its tables behind its data": () => makeQcow2(disk, { lateTables: true }),
    "qcow2 with its clusters from the last to the first": () => makeQcow2(disk, { lateTables: true, reversed: true }),
};

describe("standard input", function () {
    this.timeout(60_000);
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    const stream = (image: Buffer) => {
        async function* bytes(): Bytes {
            for (let at = 0; at < image.length; at += 65_536) {
                await Promise.resolve();
                yield image.subarray(at, at + 65_536);
            }
        }
        return { source: { kind: "stream" as const, name: "standard input", bytes: bytes() } };
    };

    for (const [name, make] of Object.entries(good)) {
        it(`becomes its disk as it goes by: ${name}, as it is and compressed`, async () => {
            const image = make();
            for (const bytes of [image, gzipSync(image, { level: 1 }), zstdCompressSync(image)]) {
                const imported = await space.import(stream(bytes));
                assert.equal(imported.virtualSize, disk.length);
                assert.equal(imported.digest, `sha256:${sha256(bytes)}`);
                assert.equal(sha256(space.target), sha256(disk));
            }
        });
    }

    for (const options of [[], ["-c"], ["-c", "-o", "compression_type=zstd"]]) {
        it(`becomes its disk as it goes by: what ${["qemu-img convert", ...options].join(" ")} writes`, async function () {
            const program = requireTool(this, "qemu-img");
            const [raw, image] = [space.write("raw", disk), `${space.path}/image.qcow2`];
            execFileSync(program, ["convert", "-f", "raw", "-O", "qcow2", ...options, raw, image]);
            await space.import(stream(readFileSync(image)));
            assert.equal(sha256(space.target), sha256(disk));
        });
    }

    for (const [name, make] of Object.entries(late)) {
        it(`is refused with what to do: ${name}`, async () => {
            for (const bytes of [make(), gzipSync(make(), { level: 1 })]) {
                const error = await space.refused(stream(bytes));
                assert.equal(error.code, "invalid-argument");
                assert.match(error.message, /has to be read twice.+; save it in a file and name that$/);
                const file = { kind: "file" as const, path: space.write("image", bytes) };
                await space.import({ source: file });
                assert.equal(sha256(space.target), sha256(disk), "that works");
            }
        });
    }
});
