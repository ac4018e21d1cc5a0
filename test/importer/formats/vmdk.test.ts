// VMDK: sparse images and streams become the same disk, by ranges and in one go; what is unsafe or contradicts itself is refused.
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { makeDisk } from "../../images/disk.js";
import { hostileVmdk, lyingStreams } from "../../images/hostile-vmdk.js";
import { makeVmdk, type VmdkOptions } from "../../images/vmdk.js";
import { Workspace } from "../workspace.js";
import { describeFormat } from "./describe-format.js";

const shapes: readonly (VmdkOptions & { readonly reason: string })[] = [
    { reason: "a sparse image" },
    { reason: "a sparse image with its grains in reverse order", reversed: true },
    { reason: "a sparse image with marked zeros", zeroed: true },
    { reason: "small grains and small tables", grainBytes: 4096, grainsPerTable: 16 },
    { reason: "a stream as VMware's tools write it", shape: "stream" },
    { reason: "a stream of small grains", shape: "stream", grainBytes: 4096, grainsPerTable: 64 },
    { reason: "a stream with its tables at the beginning, as QEMU writes it", shape: "packed" },
    { reason: "compressed grains in reverse order", shape: "packed", reversed: true },
];

describeFormat("vmdk", {
    good: [
        ...shapes.map(({ reason, ...options }, index) => {
            // Ends within a grain, so that nothing depends on round numbers.
            const disk = Buffer.concat([makeDisk(1_500_160 + 512 * index, { seed: index }), Buffer.alloc(200 * 512)]);
            return { reason, disk, image: makeVmdk(disk, options) };
        }),
        { reason: "a disk of zeros", disk: Buffer.alloc(1 << 20), image: makeVmdk(Buffer.alloc(1 << 20)) },
    ],
    hostile: hostileVmdk,
});

describe("a VMDK that comes as a stream", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });

    for (const { reason, image, code } of lyingStreams) {
        it(`is refused with ${reason}`, async () => {
            const path = space.write("image.gz", gzipSync(image));
            const error = await space.refused({ source: { kind: "file", path } });
            assert.equal(error.code, code, error.message);
        });
    }
});
