// QEMU as the judge: whatever qemu-img writes as qcow2 must import to the bytes that qemu-img itself reads from it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { makeDisk } from "../images/disk.js";
import { makeQcow2 } from "../images/qcow2.js";
import { requireTool } from "../tools.js";
import { sha256, Workspace } from "./workspace.js";

/** Options of `qemu-img create` or `convert`, and what is done with the image afterwards. */
interface Variant {
    readonly reason: string;
    readonly options: readonly string[];
    readonly compressed?: boolean;
    readonly then?: readonly (readonly string[])[];
}

const clusterSizes = ["512", "1k", "2k", "4k", "8k", "16k", "32k", "64k", "128k", "256k", "512k", "1M", "2M"];

const variants: readonly Variant[] = [
    { reason: "version 2", options: ["compat=0.10"] },
    { reason: "version 2, compressed", options: ["compat=0.10"], compressed: true },
    ...clusterSizes.flatMap((size) => [
        { reason: `clusters of ${size}`, options: [`cluster_size=${size}`] },
        { reason: `compressed clusters of ${size}`, options: [`cluster_size=${size}`], compressed: true },
    ]),
    ...["512", "64k", "2M"].map((size) => ({
        reason: `zstd clusters of ${size}`,
        options: ["compression_type=zstd", `cluster_size=${size}`],
        compressed: true,
    })),
    ...["16k", "64k", "2M"].flatMap((size) => [
        { reason: `subclusters in clusters of ${size}`, options: ["extended_l2=on", `cluster_size=${size}`] },
        {
            reason: `subclusters beside compressed clusters of ${size}`,
            options: ["extended_l2=on", `cluster_size=${size}`],
            compressed: true,
        },
    ]),
    ...["metadata", "falloc", "full"].map((mode) => ({
        reason: `preallocation of ${mode}`,
        options: [`preallocation=${mode}`],
    })),
    { reason: "lazy reference counts", options: ["lazy_refcounts=on"] },
    { reason: "reference counts of one bit", options: ["refcount_bits=1"] },
    {
        reason: "an internal snapshot, with data written after it",
        options: [],
        then: [
            ["qemu-img", "snapshot", "-c", "before", "image"],
            ["qemu-io", "-c", "write -P 0x5a 100k 200k", "image"],
            ["qemu-io", "-c", "write -z 1M 128k", "image"],
        ],
    },
    {
        reason: "tables moved behind the data by growing far",
        options: ["cluster_size=4k"],
        then: [
            ["qemu-img", "resize", "image", "400M"],
            ["qemu-io", "-c", "write -P 7 399M 64k", "image"],
        ],
    },
    {
        reason: "discarded and zeroed parts",
        options: ["cluster_size=64k"],
        then: [
            ["qemu-io", "-c", "discard 0 1M", "image"],
            ["qemu-io", "-c", "write -z -u 1M 512k", "image"],
        ],
    },
    {
        reason: "data written over compressed clusters",
        options: [],
        compressed: true,
        then: [["qemu-io", "-c", "write -P 0x77 130k 300k", "image"]],
    },
    {
        reason: "subclusters written one by one",
        options: ["extended_l2=on", "cluster_size=128k"],
        then: [
            ["qemu-io", "-c", "write -P 1 4k 4k", "image"],
            ["qemu-io", "-c", "write -z 12k 4k", "image"],
            ["qemu-io", "-c", "write -P 2 1M 12k", "image"],
        ],
    },
];

describe("qemu-img as the judge", () => {
    const disk = makeDisk(5 * 2 ** 20 + 512 * 3, { seed: 61 });
    let space: Workspace;
    before(function () {
        requireTool(this, "qemu-img");
    });
    beforeEach(() => {
        space = new Workspace();
        space.write("disk.raw", disk);
    });
    afterEach(() => {
        space.remove();
    });
    const run = (program: string, ...parameters: string[]): void => {
        execFileSync(program, parameters, { cwd: space.path, stdio: "pipe" });
    };

    for (const { reason, options, compressed, then = [] } of variants) {
        it(`imports what qemu-img writes with ${reason}`, async function () {
            const flags = [
                ...(compressed === true ? ["-c"] : []),
                ...(options.length > 0 ? ["-o", options.join()] : []),
            ];
            run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", ...flags, "disk.raw", "image");
            for (const [program = "", ...parameters] of then) {
                requireTool(this, program);
                run(program, ...parameters);
            }
            run("qemu-img", "convert", "-O", "raw", "image", "judged");
            const imported = await space.import({ source: { kind: "file", path: join(space.path, "image") } });
            assert.equal(imported.format, "qcow2");
            assert.equal(sha256(space.target), sha256(join(space.path, "judged")));
        });
    }

    it("reads the images that the tests make as the tests mean them, so that these prove something", () => {
        for (const options of [
            { compression: "zlib" },
            { compression: "zstd", clusterBits: 12 },
            { extendedL2: true, zeros: "flag" },
            { version: 2, lateTables: true },
            { zeros: "allocated", reversed: true, clusterBits: 9 },
        ] as const) {
            space.write("image", makeQcow2(disk, { ...options, refcounts: true }));
            run("qemu-img", "convert", "-f", "qcow2", "-O", "raw", "image", "judged");
            assert.equal(sha256(join(space.path, "judged")), sha256(disk), JSON.stringify(options));
        }
    });
});
