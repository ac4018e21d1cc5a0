// VHDX: every shape that the specification allows becomes the same disk; what is unsafe or contradicts itself is refused.
import { makeDisk } from "../../images/disk.js";
import { hostileVhdx } from "../../images/hostile-vhdx.js";
import { makeVhdx, type VhdxOptions } from "../../images/vhdx.js";
import { describeFormat } from "./describe-format.js";

const shapes: readonly (VhdxOptions & { readonly reason: string })[] = [
    { reason: "blocks of 1 MiB" },
    { reason: "blocks of 8 MiB", blockSize: 8 << 20 },
    { reason: "blocks in reverse order", reversed: true },
    { reason: "sectors of 4 KiB", sectorSize: 4096 },
    { reason: "blocks that are undefined", empty: 1 },
    { reason: "blocks marked as zeros", empty: 2 },
    { reason: "blocks that were unmapped", empty: 3 },
    { reason: "a first header that was being written", torn: "first" },
    { reason: "a second header that was being written", torn: "second" },
    { reason: "metadata before the block table", metadataFirst: true },
];

describeFormat("vhdx", {
    good: [
        ...shapes.map(({ reason, ...options }, index) => {
            // Ends within a block, so that nothing depends on round numbers; whole blocks of zeros lie in it.
            const disk = Buffer.concat([makeDisk(2_500_096 + 512 * index, { seed: index }), Buffer.alloc(3 << 20)]);
            disk[disk.length - 1] = 9;
            return { reason, disk, image: makeVhdx(disk, options) };
        }),
        { reason: "a disk of zeros", disk: Buffer.alloc(1 << 20), image: makeVhdx(Buffer.alloc(1 << 20)) },
    ],
    hostile: hostileVhdx,
});
