// VDI: every shape that the specification allows becomes the same disk; what is unsafe or contradicts itself is refused.
import { makeDisk } from "../../images/disk.js";
import { hostileVdi, makeVdi, type VdiOptions } from "../../images/vdi.js";
import { describeFormat } from "./describe-format.js";

const shapes: readonly (VdiOptions & { readonly reason: string; readonly size?: number })[] = [
    { reason: "a dynamic image", size: 5 << 20 },
    { reason: "a static image", type: "static" },
    { reason: "blocks in reverse order", reversed: true },
    { reason: "discarded blocks", discarded: true, size: 4 << 20 },
    { reason: "blocks of 64 KiB", blockSize: 65_536 },
    { reason: "blocks of 512 bytes", blockSize: 512 },
];

describeFormat("vdi", {
    good: [
        ...shapes.map(({ reason, size, ...options }, index) => {
            // Ends within a block, so that nothing depends on round numbers; whole blocks of zeros lie in it.
            const disk = Buffer.concat([
                makeDisk((size ?? 2_500_000) + 512 * index, { seed: index }),
                Buffer.alloc(3 << 20),
            ]);
            disk[disk.length - 1] = 9;
            return { reason, disk, image: makeVdi(disk, options) };
        }),
        { reason: "a disk of zeros", disk: Buffer.alloc(1 << 20), image: makeVdi(Buffer.alloc(1 << 20)) },
    ],
    hostile: hostileVdi,
});
