// What an inspection costs: a few requests and some kilobytes of an image of many megabytes, whatever its format.
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { inspectImage } from "../../provider/importer/inspect.js";
import { systemClock } from "../../provider/model/clock.js";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { makeTar } from "../images/tar.js";
import { makeVdi } from "../images/vdi.js";
import { makeFixedVhd, makeVhd } from "../images/vhd.js";
import { makeVhdx } from "../images/vhdx.js";
import { makeVmdk } from "../images/vmdk.js";
import { makeXz } from "../images/xz.js";
import { startImageServer } from "../servers/image-server.js";

const kibibyte = 1024;
const disk = makeDisk(24 << 20, { seed: 53, unit: 50_000 });
const stream = makeVmdk(disk, { shape: "stream" });

/** Requests and bytes at most. The first is a HEAD, and 64 KiB decide what an image is. */
const costs: readonly (readonly [name: string, image: () => Buffer, requests: number, bytes: number])[] = [
    ["raw", () => disk, 2, 64 * kibibyte],
    ["qcow2", () => makeQcow2(disk), 3, 192 * kibibyte],
    ["qcow2 with its tables behind its data", () => makeQcow2(disk, { lateTables: true }), 4, 192 * kibibyte],
    ["dynamic VDI", () => makeVdi(disk), 2, 64 * kibibyte],
    ["dynamic VHD", () => makeVhd(disk), 2, 64 * kibibyte],
    ["fixed VHD", () => makeFixedVhd(disk), 3, 65 * kibibyte],
    ["VHDX", () => makeVhdx(disk), 7, 768 * kibibyte],
    ["sparse VMDK", () => makeVmdk(disk), 2, 64 * kibibyte],
    ["streamOptimized VMDK", () => stream, 3, 192 * kibibyte],
    ["OVA", () => makeTar([{ path: "a.ovf" }, { path: "a.vmdk", bytes: stream }]), 4, 320 * kibibyte],
    // What is sent already when a stream is left depends on the network between.
    ["raw in gzip", () => gzipSync(disk, { level: 1 }), 3, 3072 * kibibyte],
    ["qcow2 in zstd", () => zstdCompressSync(makeQcow2(disk)), 3, 3072 * kibibyte],
    ["qcow2 in xz", () => makeXz(makeQcow2(disk), { check: 1, blockBytes: 4 << 20 }), 3, 3072 * kibibyte],
];

describe("what an inspection costs", () => {
    for (const [name, image, requests, bytes] of costs) {
        it(`is ${requests} requests and ${bytes / kibibyte} KiB at most: ${name}`, async () => {
            const server = await startImageServer();
            try {
                const url = server.serve("/image", { bytes: image(), etag: '"one"' });
                const options = { signal: new AbortController().signal, clock: systemClock };
                const told = await inspectImage({ kind: "http", url }, options);
                assert.equal(told.refused, undefined);
                if (told.codecs.length === 0 || told.format !== "raw") assert.equal(told.virtualSize, disk.length);
                assert.ok(server.asked.length <= requests, `${server.asked.length} requests`);
                assert.ok(server.sent.bytes <= bytes, `${server.sent.bytes} bytes`);
            } finally {
                await server.close();
            }
        });
    }
});
