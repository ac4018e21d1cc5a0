// VHD: dynamic and fixed disks become what they hold; what is unsafe or contradicts itself is refused.
import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { makeBzip2 } from "../../images/bzip2.js";
import { makeDisk } from "../../images/disk.js";
import { hostileVhd, lyingFixedVhd, makeFixedVhd, makeVhd, type VhdOptions } from "../../images/vhd.js";
import { makeXz } from "../../images/xz.js";
import { startImageServer } from "../../servers/image-server.js";
import { sha256, Workspace } from "../workspace.js";
import { describeFormat } from "./describe-format.js";

const shapes: readonly (VhdOptions & { readonly reason: string; readonly size?: number })[] = [
    { reason: "blocks of 2 MiB" },
    { reason: "blocks in reverse order", reversed: true },
    { reason: "blocks of 512 KiB", blockSize: 1 << 19 },
    { reason: "blocks of 512 bytes", blockSize: 512 },
    { reason: "blocks whose bitmaps take more than a sector", blockSize: 8 << 20 },
    { reason: "a size that its geometry says", creator: "vpc ", geometry: [123, 4, 17], size: 123 * 4 * 17 * 512 },
];

describeFormat("vpc", {
    good: [
        ...shapes.map(({ reason, size, ...options }, index) => {
            const end = size ?? 5_000_192 + 512 * index;
            const disk = Buffer.concat([makeDisk(end - (3 << 20), { seed: index }), Buffer.alloc(3 << 20)]);
            disk[disk.length - 1] = 9;
            return { reason, disk, image: makeVhd(disk, options) };
        }),
        { reason: "a disk of zeros", disk: Buffer.alloc(1 << 20), image: makeVhd(Buffer.alloc(1 << 20)) },
    ],
    hostile: hostileVhd,
});

const encoders: readonly (readonly [string, (image: Buffer) => Buffer])[] = [
    ["gz", gzipSync],
    ["zst", zstdCompressSync],
    ["xz", (image) => makeXz(image, { check: 1 })],
    ["bz2", makeBzip2],
];

describe("fixed VHD", () => {
    let space: Workspace;
    beforeEach(() => {
        space = new Workspace();
    });
    afterEach(() => {
        space.remove();
    });
    const open = (image: Buffer) => ({ source: { kind: "file" as const, path: space.write("image.vhd", image) } });

    for (const size of [1 << 20, 123 * 4 * 17 * 512]) {
        it(`is the disk without its footer, ${size} bytes`, async () => {
            const disk = makeDisk(size, { seed: 3 });
            const imported = await space.import(open(makeFixedVhd(disk)));
            assert.deepEqual([imported.format, imported.virtualSize], ["vpc", size]);
            assert.equal(sha256(space.target), sha256(disk));
        });
    }

    it("fits into room for exactly its disk", async () => {
        const disk = makeDisk(1 << 20, { seed: 3 });
        await space.import({ ...open(makeFixedVhd(disk)), size: disk.length });
        assert.equal(sha256(space.target), sha256(disk));
    });

    for (const [codec, encode] of encoders) {
        it(`is the disk without its footer in ${codec} too, where the end comes last`, async () => {
            const disk = makeDisk(1 << 18, { seed: 4 });
            const image = makeFixedVhd(disk);
            for (const room of [disk.length, 2 * disk.length]) {
                const imported = await space.import({ ...open(encode(image)), size: room });
                assert.deepEqual(
                    [imported.format, imported.virtualSize, imported.codecs],
                    ["vpc", disk.length, [codec]],
                );
                assert.equal(sha256(space.target), sha256(Buffer.concat([disk, Buffer.alloc(room - disk.length)])));
            }
            await space.import({ ...open(encode(image)), format: "vpc" });
            assert.equal(sha256(space.target), sha256(disk), "pinned");
            await space.import({ ...open(encode(image)), format: "raw" });
            assert.equal(sha256(space.target), sha256(image), "pinned as raw");
        });
    }

    it("in a stream is told from a raw disk that holds, or ends in, what looks like a footer", async () => {
        const disk = makeDisk(1 << 18, { seed: 5 });
        const footer = makeFixedVhd(disk).subarray(disk.length);
        const other = makeFixedVhd(makeDisk(1 << 17, { seed: 5 })).subarray(1 << 17);
        for (const raw of [
            Buffer.concat([disk, footer, disk]),
            Buffer.concat([disk, other]),
            Buffer.concat([disk, footer.subarray(0, 300)]),
            Buffer.concat([disk, Buffer.from("conec")]),
            Buffer.concat([disk, Buffer.alloc(1), footer]),
        ]) {
            for (const bytes of [gzipSync(raw), makeXz(raw, { blockBytes: 700, check: 1 })]) {
                const imported = await space.import(open(bytes));
                assert.equal(imported.format, "raw");
                assert.equal(sha256(space.target), sha256(raw));
            }
        }
    });

    it("is refused where it was asked for and the stream ends without a footer", async () => {
        const error = await space.refused({ ...open(gzipSync(makeDisk(1 << 20, { seed: 6 }))), format: "vpc" });
        assert.equal(error.code, "unsupported-image");
        assert.match(error.message, /not vpc, as the format asked for says/);
    });

    it("from a server without ranges is the disk without its footer", async () => {
        const disk = makeDisk(1 << 20, { seed: 7 });
        const server = await startImageServer();
        try {
            const url = server.serve("/disk.vhd", { bytes: makeFixedVhd(disk), etag: '"one"', ranges: false });
            const imported = await space.import({ source: { kind: "http", url }, size: disk.length });
            assert.deepEqual([imported.format, imported.virtualSize], ["vpc", disk.length]);
            assert.equal(sha256(space.target), sha256(disk));
        } finally {
            await server.close();
        }
    });

    it("is a raw disk for whoever says so", async () => {
        const image = makeFixedVhd(makeDisk(1 << 20, { seed: 3 }));
        const imported = await space.import({ ...open(image), format: "raw" });
        assert.deepEqual([imported.format, imported.virtualSize], ["raw", image.length]);
    });

    for (const { reason, image, code } of lyingFixedVhd) {
        it(`is refused with ${reason}`, async () => {
            assert.equal((await space.refused(open(image))).code, code);
        });
    }
});
