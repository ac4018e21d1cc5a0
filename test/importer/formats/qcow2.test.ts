// qcow2: every shape that the specification allows becomes the same disk; what it forbids or what is unsafe is refused.
import { makeDisk } from "../../images/disk.js";
import { hostileQcow2 } from "../../images/hostile-qcow2.js";
import { lyingQcow2, oddQcow2 } from "../../images/lying-qcow2.js";
import { makeQcow2, type Qcow2Options } from "../../images/qcow2.js";
import { describeFormat } from "./describe-format.js";

const shapes: readonly (Qcow2Options & { readonly reason: string; readonly size?: number })[] = [
    { reason: "version 2 with compressed clusters", version: 2, compression: "zlib" },
    { reason: "version 2 with plain clusters", version: 2 },
    { reason: "version 3 with plain clusters", version: 3 },
    { reason: "version 3 with zlib clusters", compression: "zlib" },
    { reason: "version 3 with zstd clusters", compression: "zstd" },
    { reason: "zero clusters by flag", zeros: "flag" },
    { reason: "zero clusters over allocated ones", zeros: "allocated", compression: "zlib" },
    { reason: "tables behind the data", lateTables: true, compression: "zlib" },
    { reason: "tables far behind the data", lateTables: true, clusterBits: 12, size: 24_000_000 },
    { reason: "an internal snapshot, which is ignored", snapshot: true },
    { reason: "subclusters", extendedL2: true, clusterBits: 14 },
    { reason: "subclusters beside compressed clusters", extendedL2: true, compression: "zlib", zeros: "flag" },
    { reason: "subclusters in large clusters, tables late", extendedL2: true, clusterBits: 21, lateTables: true },
    { reason: "clusters in reverse order", reversed: true, compression: "zlib" },
    { reason: "plain clusters in reverse order", reversed: true, clusterBits: 10 },
    ...Array.from({ length: 13 }, (_, index) => ({
        reason: `clusters of 2^${index + 9} bytes`,
        clusterBits: index + 9,
        compression: "zlib" as const,
    })),
    ...[9, 21].map((clusterBits) => ({
        reason: `zstd clusters of 2^${clusterBits} bytes`,
        clusterBits,
        compression: "zstd" as const,
    })),
];

describeFormat("qcow2", {
    good: [
        ...shapes.map(({ reason, size, ...options }, index) => {
            // Ends within a cluster and within a page, so that nothing depends on round numbers.
            const disk = makeDisk(size ?? 1_500_000 + 512 * index, { seed: index, unit: 3 * 4096 });
            return { reason, disk, image: makeQcow2(disk, options) };
        }),
        { reason: "a disk of zeros", disk: Buffer.alloc(1 << 20), image: makeQcow2(Buffer.alloc(1 << 20)) },
        {
            reason: "a disk that ends within a sector",
            disk: makeDisk(300_001),
            image: makeQcow2(makeDisk(300_001)),
        },
        ...oddQcow2,
    ],
    hostile: [...hostileQcow2, ...lyingQcow2],
});
